//! Recorded messages, prepared for being laid on a diagram: what is alike, and what comes after what.
//!
//! In: what was said, and how strictly its order counts. Out: chains, in each of which messages keep
//! their order, with what they have in common, and for each message those of other chains that must come
//! before it.

use std::collections::{HashMap, HashSet};

use super::prefixes::Prefixes;
use super::{Order, Said};
use crate::model::Process;

/// Everything that was recorded.
pub(super) struct Recorded<'a> {
    /// In the order of the recording.
    pub(super) messages: Vec<Message>,
    /// Messages that keep their order.
    pub(super) chains: Vec<Vec<u32>>,
    /// For each class one message of it: messages of a class say the same.
    pub(super) classes: Vec<&'a Said>,
    /// Who speaks to whom, and whether it is a reply.
    pub(super) kinds: HashMap<(&'a str, &'a str, bool), u32>,
    /// What chains have in common.
    pub(super) prefixes: Prefixes,
}

/// A recorded message.
pub(super) struct Message {
    /// What it says.
    pub(super) class: u32,
    /// Who speaks to whom.
    pub(super) kind: u32,
    /// The chain that it is in.
    pub(super) chain: u32,
    /// Which one of the chain it is.
    pub(super) place: u32,
    /// Messages of other chains that come before it.
    pub(super) after: Vec<u32>,
    /// The service that must be busy for somebody when it comes.
    pub(super) within: Option<u32>,
    /// The service that is busy from it on.
    pub(super) asks: Option<u32>,
    /// The service that was busy up to it.
    pub(super) works: Option<u32>,
    /// For a reply its request, if it was recorded.
    pub(super) request: Option<u32>,
    /// Which one of the chain its request is.
    pub(super) answers: Option<u32>,
    /// Whether it is a request whose reply was recorded.
    pub(super) is_answered: bool,
}

impl<'a> Recorded<'a> {
    pub(super) fn of(said: &'a [Said], order: Order) -> Self {
        let mut recorded = Self {
            messages: Vec::with_capacity(said.len()),
            chains: Vec::new(),
            classes: Vec::new(),
            kinds: HashMap::new(),
            prefixes: Prefixes::default(),
        };
        let processes = processes(said);
        let caused_by_several = caused_by_several(&processes, said);
        let mut classes = HashMap::new();
        let mut chains = HashMap::new();
        let mut requests = HashMap::new();
        for (index, message) in said.iter().enumerate() {
            let index = number(index);
            let Said { from, to, text, query, exchange, is_reply, .. } = message;
            let caller = match order {
                Order::Strict => ("", None, None),
                Order::Causal => {
                    let caller = message.caller();
                    let process = message.process.filter(|_| processes.contains_key(caller));
                    let alone = caused_by_several.contains(exchange).then_some(exchange);
                    (caller, process.map(|process| process.id), alone)
                }
            };
            let chain = *chains.entry(caller).or_insert(number(recorded.chains.len()));
            if chain as usize == recorded.chains.len() {
                recorded.chains.push(Vec::new());
            }
            let place = number(recorded.chains[chain as usize].len());
            recorded.chains[chain as usize].push(index);
            let kinds = number(recorded.kinds.len());
            let ends = (from.as_str(), to.as_str(), *is_reply);
            let kind = *recorded.kinds.entry(ends).or_insert(kinds);
            let class = *classes.entry((kind, text, query)).or_insert_with(|| {
                recorded.classes.push(message);
                number(recorded.classes.len() - 1)
            });
            let mut request = if *is_reply { requests.remove(exchange) } else { None };
            // A chain has what it asks and what it is told.
            request = request.filter(|&asked| recorded.messages[asked as usize].chain == chain);
            let answers = request.map(|asked| {
                let asked: &mut Message = &mut recorded.messages[asked as usize];
                asked.is_answered = true;
                asked.place
            });
            if !is_reply {
                requests.insert(exchange, index);
            }
            recorded.messages.push(Message {
                class,
                kind,
                chain,
                place,
                after: Vec::new(),
                within: None,
                asks: None,
                works: None,
                request,
                answers,
                is_answered: false,
            });
        }
        if order == Order::Causal {
            recorded.follow(&processes, said);
            recorded.nest(&caused_by_several, said);
        }
        recorded.prefixes = Prefixes::of(&recorded.messages, &recorded.chains);
        recorded
    }

    /// Keeps processes of a caller in order that did not run at the same time.
    fn follow(&mut self, processes: &HashMap<&str, Vec<Process>>, said: &[Said]) {
        for (caller, processes) in processes {
            let ends = |process: &Process| {
                let is_of = |message: &&(usize, &Said)| {
                    message.1.caller() == *caller
                        && message.1.process.is_some_and(|its| its.id == process.id)
                };
                let mut messages = said.iter().enumerate();
                let first = messages.clone().find(|message| is_of(&message))?.0;
                let last = messages.rfind(|message| is_of(&message))?.0;
                Some((number(first), number(last)))
            };
            for (before, after) in pairs(processes) {
                if let (Some((_, last)), Some((first, _))) = (ends(before), ends(after)) {
                    self.orders(last, first);
                }
            }
        }
    }

    /// Keeps exchanges inside those that caused them: any that was open when they began and whose
    /// service they come from may have. Where processes asked at the same time, another one of them may
    /// be the first next time, so it is enough that the service is busy.
    fn nest(&mut self, caused_by_several: &HashSet<usize>, said: &[Said]) {
        let mut reply_of: HashMap<u32, u32> = HashMap::new();
        for (index, message) in self.messages.iter().enumerate() {
            if let Some(request) = message.request {
                reply_of.insert(request, number(index));
            }
        }
        let mut services: HashMap<&str, u32> = HashMap::new();
        if !caused_by_several.is_empty() {
            for (message, said) in self.messages.iter_mut().zip(said) {
                let next = number(services.len());
                let mut service = |name| Some(*services.entry(name).or_insert(next));
                match said.is_reply {
                    false => message.asks = service(said.to.as_str()),
                    true if message.request.is_some() => message.works = service(&said.from),
                    true => {}
                }
            }
        }
        let mut open: HashMap<&str, Vec<u32>> = HashMap::new();
        for (index, message) in said.iter().enumerate() {
            let index = number(index);
            if let Some(request) = self.messages[index as usize].request {
                let open = open.get_mut(said[request as usize].to.as_str());
                open.expect("the request was seen").retain(|&other| other != request);
            }
            if message.is_reply {
                continue;
            }
            let causes = open.get(message.from.as_str()).map_or(&[][..], |causes| causes);
            if caused_by_several.contains(&message.exchange) {
                self.messages[index as usize].within = services.get(&*message.from).copied();
            } else if let Some(&first) = causes.first() {
                self.orders(first, index);
                let last = reply_of.get(&index).copied().unwrap_or(index);
                // Where one of them is never answered, the exchange may end whenever it likes.
                let ends: Option<Vec<u32>> =
                    causes.iter().map(|cause| reply_of.get(cause).copied()).collect();
                if let Some(end) = ends.and_then(|ends| ends.into_iter().max())
                    && last < end
                {
                    self.orders(last, end);
                }
            }
            open.entry(message.to.as_str()).or_default().push(index);
        }
    }

    fn orders(&mut self, before: u32, after: u32) {
        if self.messages[before as usize].chain != self.messages[after as usize].chain {
            self.messages[after as usize].after.push(before);
        }
    }
}

/// The processes of each caller of whom they all are known, if some of them ran at the same time.
fn processes(said: &[Said]) -> HashMap<&str, Vec<Process>> {
    let mut of: HashMap<&str, Option<Vec<Process>>> = HashMap::new();
    for message in said {
        let known = of.entry(message.caller()).or_insert_with(|| Some(Vec::new()));
        match message.process {
            None => *known = None,
            Some(process) => {
                if let Some(known) = known
                    && known.iter().all(|other| other.id != process.id)
                {
                    known.push(process);
                }
            }
        }
    }
    let several = |(caller, known): (_, Option<Vec<Process>>)| {
        let known = known.filter(|known| known.iter().any(|one| has_company(one, known)));
        known.map(|known| (caller, known))
    };
    of.into_iter().filter_map(several).collect()
}

/// The exchanges that began while their service worked for one of several processes. It may work for
/// some of them at the same time, so among these there is no order.
fn caused_by_several(processes: &HashMap<&str, Vec<Process>>, said: &[Said]) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut open: HashMap<usize, &Said> = HashMap::new();
    for message in said {
        if message.is_reply {
            open.remove(&message.exchange);
            continue;
        }
        let is_cause = |cause: &&Said| {
            let of_caller = processes.get(&*cause.from).zip(cause.process);
            let is_of_several = || of_caller.is_some_and(|(all, one)| has_company(&one, all));
            cause.to == message.from && (is_of_several() || found.contains(&cause.exchange))
        };
        if open.values().any(is_cause) {
            found.insert(message.exchange);
        }
        open.insert(message.exchange, message);
    }
    found
}

/// Whether another one of these processes ran at the same time.
fn has_company(one: &Process, all: &[Process]) -> bool {
    all.iter().any(|other| other.id != one.id && one.is_beside(other))
}

/// Processes of which the first was over when the second began.
fn pairs(processes: &[Process]) -> impl Iterator<Item = (&Process, &Process)> {
    let with = |before| processes.iter().map(move |after| (before, after));
    processes
        .iter()
        .flat_map(with)
        .filter(|(before, after): &(&Process, &Process)| before.is_before(after))
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a recording has fewer messages")
}
