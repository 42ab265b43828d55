//! A run told by the page's diagram: what the diagram leaves open and did not happen this time stays
//! as it is documented, and what it shows once is told once.

use std::collections::{HashMap, HashSet};

use crate::model::{Message, Recording, Run};

use super::StableRecording;

/// Which arrow of a diagram each message of two runs is, in the order of their messages.
pub struct Laying<'a> {
    /// Of the page's last run.
    pub documented: &'a [Option<usize>],
    /// Of the new one; the rounds of a loop have the same arrows.
    pub live: &'a [Option<usize>],
    /// Whether an arrow may be missing from a run.
    pub may_miss: &'a dyn Fn(usize) -> bool,
}

/// A message of the run that is told: of which run, and which.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Live(Message),
    Documented(Message),
}

impl StableRecording {
    /// The run as the page's diagram tells it. Messages that it does not know stay behind those
    /// that they followed.
    #[must_use]
    pub fn laid(&self, documented: &Self, laying: &Laying<'_>) -> Self {
        let old = &documented.run.recording;
        let seen: HashSet<usize> = laying.live.iter().flatten().copied().collect();
        let stays = |arrow: &usize| !seen.contains(arrow) && (laying.may_miss)(*arrow);
        let asks = |message: &Message| matches!(message, Message::Request(_));
        let of_request = |messages: &[Message], arrows: &[Option<usize>]| {
            let requests = messages.iter().zip(arrows).filter(|(message, _)| asks(message));
            requests.map(|(message, arrow)| (exchange(*message), *arrow)).collect::<HashMap<_, _>>()
        };
        let old_arrows = of_request(&old.messages, laying.documented);
        let new_arrows = of_request(&self.run.recording.messages, laying.live);
        let kept: HashSet<usize> = old_arrows
            .iter()
            .filter(|(_, arrow)| arrow.is_some_and(|arrow| stays(&arrow)))
            .map(|(exchange, _)| *exchange)
            .collect();
        let mut first_rounds = HashMap::new();
        for message in self.run.recording.messages.iter().filter(|message| asks(message)) {
            let exchange = exchange(*message);
            if let Some(arrow) = new_arrows[&exchange] {
                first_rounds.entry(arrow).or_insert(exchange);
            }
        }
        let is_told = |exchange: usize| {
            new_arrows
                .get(&exchange)
                .copied()
                .flatten()
                .is_none_or(|arrow| first_rounds[&arrow] == exchange)
        };

        // Sorted by arrow; what has none keeps to what it followed.
        let mut parts: Vec<(Option<usize>, Part)> = Vec::new();
        let mut last = None;
        for (message, arrow) in self.run.recording.messages.iter().zip(laying.live) {
            if is_told(exchange(*message)) {
                last = arrow.or(last);
                parts.push((last, Part::Live(*message)));
            }
        }
        last = None;
        for (message, arrow) in old.messages.iter().zip(laying.documented) {
            if kept.contains(&exchange(*message)) {
                last = arrow.or(last);
                parts.push((last, Part::Documented(*message)));
            }
        }
        parts.sort_by_key(|(arrow, _)| *arrow);
        let with_arrow =
            old_arrows.iter().filter_map(|(exchange, arrow)| Some(((*arrow)?, *exchange)));
        let of_arrow: HashMap<usize, usize> = with_arrow.collect();
        let documented_as = |exchange: usize| {
            let arrow = new_arrows.get(&exchange).copied().flatten()?;
            of_arrow.get(&arrow).copied()
        };
        self.rebuilt(documented, parts.into_iter().map(|(_, part)| part), documented_as)
    }

    /// The run that consists of these messages.
    fn rebuilt(
        &self,
        documented: &Self,
        parts: impl Iterator<Item = Part>,
        documented_as: impl Fn(usize) -> Option<usize>,
    ) -> Self {
        let mut recording = Recording::default();
        let mut partners: Vec<Option<usize>> = Vec::new();
        let mut taken = HashSet::new();
        let mut places: HashMap<Part, usize> = HashMap::new();
        for part in parts {
            let (Part::Live(message) | Part::Documented(message)) = part;
            let old = exchange(message);
            let (asked, run, partner) = match part {
                Part::Live(_) => (
                    Part::Live(Message::Request(old)),
                    &self.run,
                    documented_as(old)
                        .and_then(|documented_as| documented.partners[documented_as])
                        .or(self.partners[old]),
                ),
                Part::Documented(_) => (
                    Part::Documented(Message::Request(old)),
                    &documented.run,
                    documented.partners[old],
                ),
            };
            let place = *places.entry(asked).or_insert_with(|| {
                recording.exchanges.push(run.recording.exchanges[old].clone());
                partners.push(partner.filter(|partner| taken.insert(*partner)));
                recording.exchanges.len() - 1
            });
            recording.messages.push(match message {
                Message::Request(_) => Message::Request(place),
                Message::Response(_) => Message::Response(place),
            });
        }
        let outputs = self.run.outputs.clone();
        Self { run: Run { outputs, recording }, partners }
    }
}

/// The exchange that a message belongs to.
fn exchange(message: Message) -> usize {
    let (Message::Request(exchange) | Message::Response(exchange)) = message;
    exchange
}
