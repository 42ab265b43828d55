//! Which arrow each message stands for when their order does not count.
//!
//! In: what was recorded. Out: for each message an arrow that says the same and that no other message
//! has. Replies stay with their requests.

use super::fits::Fits;
use super::recorded::Recorded;
use super::{Order, Said, Specification};

impl Specification {
    /// For each message an arrow that it stands for, whatever the order; of several the first that is
    /// answered as it is.
    pub fn regardless_of_order(&self, said: &[Said]) -> Vec<Option<usize>> {
        let recorded = Recorded::of(said, Order::Strict);
        let fits = Fits::of(self, &recorded);
        let says = |arrow: usize, message: usize| {
            let arrow = u32::try_from(arrow).expect("a diagram has fewer arrows");
            fits.says(arrow, recorded.messages[message].class)
        };
        let mut reply_of = vec![None; said.len()];
        for (index, message) in recorded.messages.iter().enumerate() {
            if let Some(request) = message.request {
                reply_of[request as usize] = Some(index);
            }
        }
        let mut laid: Vec<Option<usize>> = vec![None; said.len()];
        let mut is_free = vec![true; self.compiled.lines.len()];
        for (index, message) in recorded.messages.iter().enumerate() {
            let free = (0..is_free.len()).filter(|&arrow| is_free[arrow] && says(arrow, index));
            let found = match message.request {
                None => {
                    let is_answered = |arrow: &usize| match reply_of[index] {
                        Some(reply) => self.replies(*arrow).any(|arrow| says(arrow, reply)),
                        None => self.replies(*arrow).next().is_none(),
                    };
                    free.clone().find(is_answered).or_else(|| free.clone().next())
                }
                Some(request) => {
                    let request = laid[request as usize];
                    free.clone().find(|&arrow| {
                        request.is_some_and(|request| self.replies(request).any(|it| it == arrow))
                    })
                }
            };
            if let Some(arrow) = found {
                is_free[arrow] = false;
                laid[index] = Some(arrow);
            }
        }
        laid
    }

    /// The arrows that answer a request.
    fn replies(&self, request: usize) -> impl Iterator<Item = usize> {
        let lines = self.compiled.lines.iter().enumerate();
        lines.filter_map(move |(arrow, line)| {
            let asked = line.as_ref()?.request?;
            (asked as usize == request).then_some(arrow)
        })
    }
}
