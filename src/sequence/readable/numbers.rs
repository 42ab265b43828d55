//! Which number Mermaid shows at each message.

use super::Drawing;

/// The numbers of a diagram's messages.
pub(super) struct Numbers {
    /// For each message its number, and how far the next one is from it.
    of_messages: Vec<(u64, u64)>,
    /// For each message whether its number is shown.
    is_shown: Vec<bool>,
}

impl Numbers {
    /// `is_on` says whether numbers are shown from the beginning, `first` with which one they begin.
    pub(super) fn of(drawing: &Drawing<'_>, is_on: bool, first: Option<u64>) -> Self {
        let (mut is_on, mut next, mut step) = (is_on, first.unwrap_or(1), 1);
        let mut numbers = Self { of_messages: Vec::new(), is_shown: Vec::new() };
        for line in &drawing.lines {
            if line.message.is_some() {
                numbers.of_messages.push((next, step));
                numbers.is_shown.push(is_on);
                next += step;
            } else if line.word().as_deref() == Some("autonumber") {
                let words: Vec<&str> = line.text.split_whitespace().skip(1).collect();
                is_on = words.first() != Some(&"off");
                next = words.first().and_then(|word| word.parse().ok()).unwrap_or(next);
                step = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(step);
            }
        }
        numbers
    }

    /// The number of a message.
    pub(super) fn of_message(&self, message: usize) -> u64 {
        self.of_messages[message].0
    }

    /// The line that makes Mermaid go on with the number of a message; none where it shows none.
    pub(super) fn line(&self, message: usize) -> Option<String> {
        let (number, step) = *self.of_messages.get(message)?;
        self.is_shown[message].then(|| match step {
            1 => format!("autonumber {number}"),
            _ => format!("autonumber {number} {step}"),
        })
    }

    /// How people refer to these messages, the last one included.
    pub(super) fn range(&self, first: usize, last: usize) -> String {
        match (self.of_message(first), self.of_message(last)) {
            (first, last) if first == last => format!("({first})"),
            (first, last) => format!("({first}-{last})"),
        }
    }
}
