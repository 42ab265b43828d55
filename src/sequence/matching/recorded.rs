//! Recorded messages, prepared for being laid on a diagram: what is alike, and what comes after what.
//!
//! In: what was said, and how strictly its order counts. Out: chains, in each of which messages keep
//! their order, and for each message those of other chains that must come before it.

use std::collections::HashMap;

use super::{Order, Said};

/// Everything that was recorded.
pub(super) struct Recorded<'a> {
    /// In the order of the recording.
    pub(super) messages: Vec<Message>,
    /// Messages that keep their order.
    pub(super) chains: Vec<Vec<u32>>,
    /// For each class one message of it: messages of a class say the same.
    pub(super) classes: Vec<&'a Said>,
    /// Who speaks to whom, and whether it is a reply; with the chain.
    pub(super) kinds: HashMap<(&'a str, &'a str, bool), (u32, u32)>,
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
    /// For a reply its request, if it was recorded.
    pub(super) request: Option<u32>,
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
        };
        let mut classes = HashMap::new();
        let mut chains = HashMap::new();
        let mut requests = HashMap::new();
        for (index, message) in said.iter().enumerate() {
            let index = number(index);
            let Said { from, to, text, query, exchange, is_reply } = message;
            let caller = match order {
                Order::Strict => "",
                Order::Causal => message.caller(),
            };
            let chain = *chains.entry(caller).or_insert(number(recorded.chains.len()));
            if chain as usize == recorded.chains.len() {
                recorded.chains.push(Vec::new());
            }
            let place = number(recorded.chains[chain as usize].len());
            recorded.chains[chain as usize].push(index);
            let kinds = number(recorded.kinds.len());
            let ends = (from.as_str(), to.as_str(), *is_reply);
            let kind = recorded.kinds.entry(ends).or_insert((kinds, chain)).0;
            let class = *classes.entry((kind, text, query)).or_insert_with(|| {
                recorded.classes.push(message);
                number(recorded.classes.len() - 1)
            });
            let request = if *is_reply { requests.remove(exchange) } else { None };
            if let Some(request) = request {
                let request: &mut Message = &mut recorded.messages[request as usize];
                request.is_answered = true;
            } else if !is_reply {
                requests.insert(exchange, index);
            }
            recorded.messages.push(Message {
                class,
                kind,
                chain,
                place,
                after: Vec::new(),
                request,
                is_answered: false,
            });
        }
        if order == Order::Causal {
            recorded.nest(said);
        }
        recorded
    }

    /// Keeps exchanges inside those that caused them: any that was open when they began and whose
    /// service they come from may have.
    fn nest(&mut self, said: &[Said]) {
        let mut reply_of: HashMap<u32, u32> = HashMap::new();
        for (index, message) in self.messages.iter().enumerate() {
            if let Some(request) = message.request {
                reply_of.insert(request, number(index));
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
            if let Some(&first) = causes.first() {
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

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a recording has fewer messages")
}
