//! Recorded messages as a diagram tells them: which request a reply answers is seen by who speaks to
//! whom, and by the path.
//!
//! A client that asks the same twice at once gets two answers, and no drawing says which is which. So
//! a recording satisfies a diagram, too, if it does with the replies that its own drawing has.

use super::{Fit, Order, Said, Specification};

impl Specification {
    /// Lays a recording on the diagram, with the replies as they were sent or as they would be drawn,
    /// whichever takes fewer changes.
    pub fn best_fit(&self, recorded: &[Said], order: Order) -> Fit {
        let sent = self.fit(recorded, order);
        if sent.is_satisfied() {
            return sent;
        }
        let drawn = as_drawn(recorded);
        if drawn == recorded {
            return sent;
        }
        let drawn = self.fit(&drawn, order);
        if drawn.changes.len() < sent.changes.len() { drawn } else { sent }
    }
}

/// Each reply with the latest open request between the same two, if possible with the same path.
fn as_drawn(recorded: &[Said]) -> Vec<Said> {
    let mut drawn = recorded.to_vec();
    let mut open: Vec<usize> = Vec::new();
    for (index, said) in recorded.iter().enumerate() {
        if !said.is_reply {
            open.push(index);
            continue;
        }
        let is_between = |&request: &usize| {
            let request = &recorded[request];
            (&request.from, &request.to) == (&said.to, &said.from)
                && request.process == said.process
        };
        let has_path = |&request: &usize| path(&recorded[request].text) == path(&said.text);
        let both = |request: &usize| is_between(request) && has_path(request);
        let found = open.iter().rposition(both).or_else(|| open.iter().rposition(is_between));
        if let Some(found) = found {
            drawn[index].exchange = recorded[open.remove(found)].exchange;
        }
    }
    drawn
}

fn path(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::super::{Order, Said, Specification};
    use crate::sequence::diagram::Diagram;

    /// A client that asks twice at once, and is answered in the order in which it asked.
    fn said() -> Vec<Said> {
        let message = |exchange, is_reply| {
            let (from, to, text) = match is_reply {
                false => ("a", "b", "GET /x"),
                true => ("b", "a", "200 OK /x"),
            };
            let [from, to, text] = [from, to, text].map(str::to_owned);
            Said { from, to, text, query: None, exchange, is_reply, process: None }
        };
        vec![message(0, false), message(1, false), message(0, true), message(1, true)]
    }

    #[test]
    fn who_is_answered_first_is_not_drawn() {
        let text = "a->>b: GET /x\na->>b: GET /x\nb-->>a: 200 OK /x\nb-->>a: 200 OK /x\n";
        let specification = Specification::of(&Diagram::parse(text).expect("it is a diagram"));
        let said = said();
        for order in [Order::Causal, Order::Strict] {
            assert!(specification.best_fit(&said, order).is_satisfied());
            assert!(!specification.best_fit(&said[..3], order).is_satisfied());
        }
    }
}
