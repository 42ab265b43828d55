//! A run told by the page's diagram: what the diagram leaves open and did not happen this time stays
//! as it is documented, and what it shows once is told once.

use std::collections::{HashMap, HashSet};

use crate::model::{Exchange, Message, Recording, Run};

use super::volatile::twins::{Free, Told};
use super::{StableRecording, Volatile};

/// Which arrow of a diagram each message of two runs is, in the order of their messages.
pub struct Laying<'a> {
    /// Of the page's last run.
    pub documented: &'a [Option<usize>],
    /// Of the new one; the rounds of a loop have the same arrows.
    pub live: &'a [Option<usize>],
    /// Whether an arrow may be missing from a run.
    pub may_miss: &'a dyn Fn(usize) -> bool,
    /// What differs in each run.
    pub volatile: &'a Volatile,
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
        let mut parts: Vec<(Option<usize>, Option<usize>, Part)> = Vec::new();
        let mut last = None;
        for (message, &arrow) in self.run.recording.messages.iter().zip(laying.live) {
            if is_told(exchange(*message)) {
                last = arrow.or(last);
                parts.push((last, arrow, Part::Live(*message)));
            }
        }
        last = None;
        for (message, &arrow) in old.messages.iter().zip(laying.documented) {
            if kept.contains(&exchange(*message)) {
                last = arrow.or(last);
                parts.push((last, arrow, Part::Documented(*message)));
            }
        }
        parts.sort_by_key(|(place, ..)| *place);
        let mut at = HashMap::new();
        for (message, arrow) in old.messages.iter().zip(laying.documented) {
            arrow.iter().for_each(|&arrow| {
                at.entry(arrow).or_insert(*message);
            });
        }
        let mut telling = Telling {
            live: self,
            documented,
            volatile: laying.volatile,
            free: self
                .run
                .recording
                .has_several_at_once()
                .then(|| Free::of(laying.volatile, &documented.run)),
            at,
            recording: Recording::default(),
            partners: Vec::new(),
            taken: HashSet::new(),
            places: HashMap::new(),
            as_documented: HashMap::new(),
        };
        parts.into_iter().for_each(|(_, arrow, part)| telling.tell(part, arrow));
        let Telling { recording, partners, .. } = telling;
        let outputs = self.run.outputs.clone();
        Self { run: Run { outputs, recording }, partners }
    }
}

/// A run that is being told, message by message.
struct Telling<'a> {
    live: &'a StableRecording,
    documented: &'a StableRecording,
    volatile: &'a Volatile,
    /// What may change places, if processes ran at the same time.
    free: Option<Free>,
    /// The documented message on each arrow.
    at: HashMap<usize, Message>,
    recording: Recording,
    partners: Vec<Option<usize>>,
    /// The partners that are somebody's.
    taken: HashSet<usize>,
    /// The place of each exchange that was told, by its request.
    places: HashMap<Part, usize>,
    /// The places of those that are documented, by their index there.
    as_documented: HashMap<usize, usize>,
}

impl Telling<'_> {
    fn tell(&mut self, part: Part, arrow: Option<usize>) {
        let documented = arrow.and_then(|arrow| self.at.get(&arrow)).copied().map(exchange);
        let (Part::Live(message) | Part::Documented(message)) = part;
        match message {
            Message::Request(_) => {
                let place = self.asked(part, documented);
                self.recording.messages.push(Message::Request(place));
            }
            Message::Response(_) => {
                let place = self.place(part, documented);
                let (run, index) = self.of(part);
                let twin = self.twin(part, documented, Volatile::response);
                let told = twin.unwrap_or(&run.run.recording.exchanges[index]).response.clone();
                self.recording.exchanges[place].response = told;
                self.recording.messages.push(Message::Response(place));
            }
        }
    }

    /// The run that a message is of.
    fn of(&self, part: Part) -> (&StableRecording, usize) {
        match part {
            Part::Live(message) => (self.live, exchange(message)),
            Part::Documented(message) => (self.documented, exchange(message)),
        }
    }

    /// Begins an exchange.
    fn asked(&mut self, part: Part, documented: Option<usize>) -> usize {
        let (run, index) = self.of(part);
        let told = &run.run.recording.exchanges[index];
        let asks = |volatile: &Volatile, exchange: &Exchange| Some(volatile.request(exchange));
        let twin = self.twin(part, documented, asks);
        let request = twin.map_or(&told.request, |twin| &twin.request).clone();
        let told = Exchange { request, response: None, ..told.clone() };
        let partner = match part {
            Part::Live(_) => documented
                .and_then(|documented| self.documented.partners[documented])
                .or(self.live.partners[index]),
            Part::Documented(_) => self.documented.partners[index],
        };
        let place = self.recording.exchanges.len();
        self.recording.exchanges.push(told);
        self.partners.push(partner.filter(|partner| self.taken.insert(*partner)));
        self.places.insert(part, place);
        if let Some(documented) = documented {
            self.as_documented.insert(documented, place);
        }
        place
    }

    /// The documented exchange on an arrow, if a message of the run says the same as its one but for
    /// values that may change places.
    fn twin(
        &self,
        part: Part,
        documented: Option<usize>,
        told: impl Fn(&Volatile, &Exchange) -> Option<Told>,
    ) -> Option<&Exchange> {
        let Part::Live(message) = part else { return None };
        let documented = &self.documented.run.recording.exchanges[documented?];
        let live = &self.live.run.recording.exchanges[exchange(message)];
        let free = self.free.as_ref()?;
        let is_alike =
            free.are_alike(&told(self.volatile, documented)?, &told(self.volatile, live)?);
        is_alike.then_some(documented)
    }

    /// Where a response is told. Who asked the same at the same time is answered as it is drawn.
    fn place(&mut self, part: Part, documented: Option<usize>) -> usize {
        let request = match part {
            Part::Live(message) => Part::Live(Message::Request(exchange(message))),
            Part::Documented(message) => Part::Documented(Message::Request(exchange(message))),
        };
        let own = match self.places.get(&request) {
            Some(&own) => own,
            None => self.asked(request, None),
        };
        let exchanges = &self.recording.exchanges;
        let is_twin = |place: &usize| {
            let (one, other) = (&exchanges[*place], &exchanges[own]);
            (&one.from, &one.to, &one.request.method)
                == (&other.from, &other.to, &other.request.method)
                && one.request.url == other.request.url
        };
        let drawn = documented.and_then(|documented| self.as_documented.get(&documented)).copied();
        let drawn = drawn.filter(is_twin);
        let twins = (0..exchanges.len()).filter(is_twin);
        let mut free = drawn
            .into_iter()
            .chain([own])
            .chain(twins)
            .filter(|&place| exchanges[place].response.is_none());
        match free.next() {
            Some(place) => place,
            None => self.asked(request, None),
        }
    }
}

/// The exchange that a message belongs to.
fn exchange(message: Message) -> usize {
    let (Message::Request(exchange) | Message::Response(exchange)) = message;
    exchange
}
