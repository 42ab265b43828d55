//! What became of a page's commands, beside what they printed and sent.

use super::Place;

/// What became of a page's commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate {
    /// Why there is no run of the page.
    pub failed: Option<Fault>,
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
