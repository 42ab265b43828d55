//! What became of a page's commands, beside what they printed and sent.

use std::time::Duration;

use super::Place;

/// What became of a page's commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate {
    /// Why there is no run of the page.
    pub failed: Option<Fault>,
    /// What was to fail and did not, or not as the page says.
    pub unexpected: Vec<Fault>,
    /// How long all of its runs took; none where nothing ran.
    pub took: Option<Duration>,
    /// How long each documented command took, when they ran first.
    pub commands: Vec<Duration>,
}

/// How a command is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The HTTP status that it fails with, if the page says one.
    pub status: Option<u16>,
}

impl Expected {
    /// Reads `fail`, or `fail 409`.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        if words.next() != Some("fail") {
            return None;
        }
        let status = words.next().map(|word| word.parse().ok().filter(|code| is_failure(*code)));
        match (status, words.next()) {
            (None, _) => Some(Self { status: None }),
            (Some(Some(status)), None) => Some(Self { status: Some(status) }),
            _ => None,
        }
    }
}

/// Whether an HTTP status says that a request failed.
pub fn is_failure(status: u16) -> bool {
    (400..600).contains(&status)
}

/// A command that did otherwise than its page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where the command is documented.
    pub place: Place,
    /// Lower case, no full stop, names in backticks.
    pub message: String,
    /// What the command said, without secrets.
    pub said: Option<String>,
    /// What may help; begins with a verb.
    pub hint: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::Expected;

    #[test]
    fn a_failure_is_read_with_its_status_and_nothing_else() {
        assert_eq!(Expected::read("fail"), Some(Expected { status: None }));
        assert_eq!(Expected::read(" fail  409 "), Some(Expected { status: Some(409) }));
        for text in ["", "409", "fails", "fail 200", "fail 99999", "fail x", "fail 409 404"] {
            assert_eq!(Expected::read(text), None, "{text}");
        }
    }
}
