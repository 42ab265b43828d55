//! How far clocks are apart.
//!
//! In: exchanges of which two sources know when they took place. Out: what has to be added to a time of the
//! second source. The shorter view of an exchange lies inside the longer one, as the server's inside the
//! client's; so each exchange gives bounds, and all of them together a narrow span.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When an exchange took place by one clock, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) asked: Option<i128>,
    pub(super) answered: Option<i128>,
}

impl Span {
    pub(super) fn moved(self, skew: i128) -> Self {
        let moved = |time: Option<i128>| time.map(|time| time + skew);
        Self { asked: moved(self.asked), answered: moved(self.answered) }
    }

    /// Whether one of the two may lie inside the other, give or take so much; yes where nobody knows.
    pub(super) fn may_be(self, other: Self, slack: i128) -> bool {
        match (self.asked, other.asked, self.answered, other.answered) {
            (Some(own), Some(other), Some(own_end), Some(other_end)) => {
                let inside = other >= own - slack && other_end <= own_end + slack;
                inside || (own >= other - slack && own_end <= other_end + slack)
            }
            (Some(own), Some(other), ..) => (own - other).abs() <= slack,
            _ => true,
        }
    }
}

/// What is to be added to times, for each host whose clock is one of its own.
#[derive(Debug, Default)]
pub(super) struct Skews {
    all: Option<i128>,
    hosts: BTreeMap<String, i128>,
}

/// The least and the most that a skew may be.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: i128,
    most: i128,
}

impl Skews {
    /// The skews by exchanges that are known to be the same: whose clock the second view's is, and when
    /// they took place.
    pub(super) fn of(pairs: &[(String, Span, Span)]) -> Self {
        let bounds = |host: Option<&str>| {
            let pairs = pairs.iter().filter(|(owner, ..)| host.is_none_or(|host| host == owner));
            pairs.filter_map(|(_, own, other)| Bounds::of(*own, *other)).collect::<Vec<_>>()
        };
        let all = bounds(None);
        let mut skews = Self { all: middle(&all), hosts: BTreeMap::new() };
        if !all.is_empty() && narrowed(&all).is_none() {
            // No single clock is like that.
            for (host, ..) in pairs {
                let own = bounds(Some(host));
                if let Some(skew) = middle(&own) {
                    skews.hosts.insert(host.clone(), skew);
                }
            }
        }
        skews
    }

    /// What is to be added to a time that was told where this host is the one asked.
    pub(super) fn of_host(&self, host: &str) -> Option<i128> {
        self.hosts.get(host).copied().or(self.all)
    }
}

impl Bounds {
    fn of(own: Span, other: Span) -> Option<Self> {
        let asked = own.asked? - other.asked?;
        let Some((own_end, other_end)) = own.answered.zip(other.answered) else {
            return Some(Self { least: asked, most: asked });
        };
        let answered = own_end - other_end;
        Some(Self { least: asked.min(answered), most: asked.max(answered) })
    }
}

/// What all bounds allow; none where they contradict each other.
fn narrowed(all: &[Bounds]) -> Option<Bounds> {
    let least = all.iter().map(|bounds| bounds.least).max()?;
    let most = all.iter().map(|bounds| bounds.most).min()?;
    (least <= most).then_some(Bounds { least, most })
}

/// The middle of what the bounds allow; where they contradict each other, what half of them are below.
fn middle(all: &[Bounds]) -> Option<i128> {
    if let Some(Bounds { least, most }) = narrowed(all) {
        return Some(i128::midpoint(least, most));
    }
    let mut middles: Vec<i128> =
        all.iter().map(|bounds| i128::midpoint(bounds.least, bounds.most)).collect();
    middles.sort_unstable();
    middles.get(middles.len() / 2).copied()
}

/// A time as a number.
pub(super) fn nanoseconds(time: SystemTime) -> i128 {
    let number = |duration: Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX / 4);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => number(since),
        Err(before) => -number(before.duration()),
    }
}

/// A number as a time.
pub(super) fn time(nanoseconds: i128) -> Option<SystemTime> {
    let number = u64::try_from(nanoseconds.abs()).ok().map(Duration::from_nanos)?;
    if nanoseconds < 0 { UNIX_EPOCH.checked_sub(number) } else { UNIX_EPOCH.checked_add(number) }
}
