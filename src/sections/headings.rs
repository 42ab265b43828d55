//! A heading of a request/response page: a line in, its level, its step number and its title out.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr;
use regex::Regex;

use super::{Step, pattern};

static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?<level>#{1,6})[ \t]*(?:(?<step>\((?<number>[0-9]{1,9})\))[ \t]*)?(?<title>.*?)(?:[ \t]+\{:?[ \t]*[#.][^{}]*\})?[ \t]*$",
    )
});
/// A heading's parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) level: usize,
    pub(super) step: Option<Step>,
    pub(super) title: Range<usize>,
}

/// The parts of a line that is a heading.
pub(super) fn heading(line: &str) -> Option<Heading> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count().min(6);
    if level == 0 {
        return None;
    }
    if memchr(b'{', line.as_bytes()).is_some() {
        return attributed_heading(line);
    }
    let blank = [' ', '\t'];
    let rest = line[level..].trim_start_matches(blank);
    let (step, rest) = match step(rest, line.len() - rest.len()) {
        Some((step, behind)) => (Some(step), behind.trim_start_matches(blank)),
        None => (None, rest),
    };
    let start = line.len() - rest.len();
    Some(Heading { level, step, title: start..start + rest.trim_end_matches(blank).len() })
}

/// A heading that may have an attribute list behind it.
fn attributed_heading(line: &str) -> Option<Heading> {
    let found = HEADING.captures(line)?;
    let span = |name| found.name(name).map_or(0..0, |part: regex::Match<'_>| part.range());
    let step = found.name("number").and_then(|number| number.as_str().parse().ok());
    let step = step.map(|number| Step { number, span: span("step") });
    Some(Heading { level: span("level").len(), step, title: span("title") })
}

/// The step number that a text begins with, and what is behind it.
fn step(text: &str, start: usize) -> Option<(Step, &str)> {
    let inside = text.strip_prefix('(')?;
    let (number, behind) = inside.split_at(inside.bytes().take_while(u8::is_ascii_digit).count());
    let behind = behind.strip_prefix(')').filter(|_| number.len() <= 9)?;
    let span = start..start + number.len() + 2;
    number.parse().ok().map(|number| (Step { number, span }, behind))
}

#[cfg(test)]
mod tests {
    use super::{attributed_heading, heading};

    /// Parts of lines in any order, so that the short way is compared with the pattern.
    #[test]
    fn a_heading_without_attributes_is_read_as_the_pattern_reads_it() {
        const PARTS: [&str; 12] =
            ["#", "##", " ", "\t", "(", ")", "12", "1234567890", "GET /x", "`a`", "한", "\r"];
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        for _ in 0..20_000 {
            let mut line = String::new();
            for _ in 0..8 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let index =
                    usize::try_from((state >> 33) % PARTS.len() as u64).expect("it is small");
                line.push_str(PARTS[index]);
            }
            assert_eq!(heading(&line), attributed_heading(&line), "{line:?}");
        }
    }
}
