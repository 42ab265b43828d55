//! Times as others write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A date and a time of day in UTC; none where there is no such day after 1970.
pub(crate) fn utc(
    [year, month, day]: [u64; 3],
    [hour, minute, second]: [u64; 3],
) -> Option<SystemTime> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1970..10_000).contains(&year) {
        return None;
    }
    // Counted from March, so that the day that comes and goes is the last.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let seconds = days.checked_sub(719_468)? * 86_400 + hour * 3600 + minute * 60 + second;
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// A time as RFC 3339 writes it, with any number of digits behind the seconds. Without a zone it is in UTC.
pub(crate) fn rfc3339(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let date = [number(0..4)?, number(5..7)?, number(8..10)?];
    let time = [number(11..13)?, number(14..16)?, number(17..19)?];
    let rest = text.get(19..)?;
    let digits = rest.strip_prefix(['.', ',']).unwrap_or("");
    let digits =
        &digits[..digits.find(|other: char| !other.is_ascii_digit()).unwrap_or(digits.len())];
    let zone = &rest[if digits.is_empty() { 0 } else { digits.len() + 1 }..];
    let nanoseconds: u32 = format!("{digits:0<9}").get(..9)?.parse().ok()?;
    let local = utc(date, time)? + Duration::new(0, nanoseconds);
    let Some((sign, hours)) =
        zone.split_at_checked(1).filter(|(sign, _)| matches!(*sign, "+" | "-"))
    else {
        return matches!(zone, "" | "Z" | "z").then_some(local);
    };
    let hours = hours.replace(':', "");
    let (hour, minute) = (hours.get(..2)?.parse::<u64>().ok()?, hours.get(2..).unwrap_or("0"));
    let minute = if minute.is_empty() { 0 } else { minute.parse::<u64>().ok()? };
    let ahead = Duration::from_secs(hour * 3600 + minute * 60);
    if sign == "+" { local.checked_sub(ahead) } else { local.checked_add(ahead) }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::rfc3339;

    #[test]
    fn times_are_read_in_every_zone() {
        let at = |milliseconds| Some(UNIX_EPOCH + Duration::from_millis(milliseconds));
        for (text, time) in [
            ("1970-01-01T00:00:00Z", at(0)),
            ("2000-02-29T23:59:59.5Z", at(951_868_799_500)),
            ("2026-11-28T14:32:26.454321987+00:00", at(1_795_876_346_454)),
            ("2026-11-28T16:32:26.454+0200", at(1_795_876_346_454)),
            ("2026-11-28 09:02:26.454-05:30", at(1_795_876_346_454)),
            ("2026-11-28T14:32:26.454", at(1_795_876_346_454)),
            ("2026-13-28T14:32:26Z", None),
            ("yesterday", None),
            ("", None),
        ] {
            let read = rfc3339(text).map(|time| {
                let since = time.duration_since(UNIX_EPOCH).expect("it is later");
                UNIX_EPOCH + Duration::from_millis(u64::try_from(since.as_millis()).unwrap_or(0))
            });
            assert_eq!(read, time, "{text}");
        }
    }
}
