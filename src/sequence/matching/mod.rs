//! Whether what was recorded satisfies a documented diagram.
//!
//! In: a [`Diagram`] and the recorded messages. Out: a [`Fit`]: which arrow each message lies on, and the
//! smallest set of changes where they do not fit.
//!
//! What blocks mean:
//!
//! * `opt` happens or not. `alt` goes exactly one of its ways. `critical` happens, or one of its `option`
//!   branches instead.
//! * `loop` goes any number of rounds, none among them, unless its label counts them: `3`, `3 times`, or a
//!   range such as `1..5`, `2..` or `..4`. Words may stand behind `times` and behind a range.
//! * The branches of `par` happen in any interleaving, each in its own order.
//! * `break` happens or not; if it does, the whole sequence ends with it.
//! * `rect`, boxes, notes, and arrows whose text begins with neither a method nor a status mean nothing.

mod documented;
mod drawn;
mod explanation;
mod expression;
mod fits;
mod machine;
mod prefixes;
mod recorded;
mod search;
mod tree;
mod unordered;

use std::collections::HashMap;

use super::diagram::Diagram;
use crate::model::{Arrow, Exchange, Message, Process, Recording};

use fits::Fits;
use machine::{Machine, Move};
use recorded::Recorded;
use tree::Compiled;

/// A recorded message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who sent it: of a reply, the service.
    pub from: String,
    /// Who got it: of a reply, the caller.
    pub to: String,
    /// What a diagram says of it: `GET /v2/images`, or `200 OK /v2/images`.
    pub text: String,
    /// The query of the request, for requests and replies alike.
    pub query: Option<String>,
    /// Which exchange it is a half of.
    pub exchange: usize,
    /// Whether it is the reply.
    pub is_reply: bool,
    /// Which process began the exchange, where that is known.
    pub process: Option<Process>,
}

/// How much of the recorded order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// All of it.
    Strict,
    /// What causes bring about: the messages of each caller keep their order, a reply comes after its
    /// request, and an exchange stays inside the exchange that caused it. Of processes of one caller that
    /// ran at the same time, each is a caller of its own.
    #[default]
    Causal,
}

/// A diagram that is read as what may happen.
pub struct Specification {
    compiled: Compiled,
    /// For arrows the query that their message has, where that is known.
    queries: HashMap<usize, Option<String>>,
}

/// How recorded messages lie on a diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// For each recorded message the arrow that it lies on, an index in [`Diagram::arrows`]. Those in a
    /// loop have several messages.
    pub of_recorded: Vec<Option<usize>>,
    /// What would have to change, in the order of the diagram.
    pub changes: Vec<Deviation>,
    /// The names in braces that were used, with what they stand for.
    pub values: Vec<(String, String)>,
    /// Whether no smaller set of changes exists. False where looking for it would have taken too long;
    /// the changes are true all the same.
    pub is_smallest: bool,
}

/// One change. Arrows are indices in [`Diagram::arrows`], recorded messages those of what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deviation {
    /// An arrow that must have a message and has none.
    Missing {
        /// The arrow.
        arrow: usize,
    },
    /// A message that lies on no arrow.
    Added {
        /// The message.
        recorded: usize,
        /// The arrow of the message before it, if there is one.
        after: Option<usize>,
        /// The arrow of the message behind it, if there is one.
        before: Option<usize>,
    },
    /// A message that says something else than its arrow.
    Changed {
        /// The arrow.
        arrow: usize,
        /// The message.
        recorded: usize,
    },
    /// A message that was sent in another place than documented.
    Moved {
        /// The arrow that says the same.
        arrow: usize,
        /// The message.
        recorded: usize,
        /// The arrow of the message before it, if there is one.
        after: Option<usize>,
        /// The arrow of the message behind it, if there is one.
        before: Option<usize>,
    },
    /// A loop that went another number of rounds than its label says.
    Rounds {
        /// The first arrow in it.
        arrow: usize,
        /// Its label.
        label: String,
        /// How many rounds it went.
        rounds: usize,
    },
}

impl Said {
    /// All messages of a recording, as they are drawn.
    pub fn all(recording: &Recording) -> Vec<Self> {
        let said = |arrow: Arrow<'_>| {
            let (Message::Request(exchange) | Message::Response(exchange)) = arrow.message;
            let is_reply = arrow.status.is_some();
            let [from, to] = if is_reply { [arrow.to, arrow.from] } else { [arrow.from, arrow.to] };
            let Exchange { request, process, .. } = &recording.exchanges[exchange];
            Self {
                from: from.to_owned(),
                to: to.to_owned(),
                text: arrow.label(),
                query: request.url.split_once('?').map(|(_, query)| query.to_owned()),
                exchange,
                is_reply,
                process: *process,
            }
        };
        recording.arrows().map(said).collect()
    }

    /// Who began the exchange.
    pub fn caller(&self) -> &str {
        if self.is_reply { &self.to } else { &self.from }
    }
}

impl Fit {
    /// Whether the recording is one of those that the diagram stands for.
    pub fn is_satisfied(&self) -> bool {
        self.changes.is_empty()
    }
}

impl Specification {
    /// Reads a diagram as what may happen.
    pub fn of(diagram: &Diagram) -> Self {
        Self { compiled: Compiled::of(diagram), queries: HashMap::new() }
    }

    /// The same, where arrows stand only for messages with the query that they had when they were drawn.
    /// Most diagrams leave queries out. So of processes that run at the same time, one could be taken for
    /// another that asks for something else.
    #[must_use]
    pub fn as_sent(self, drawn: &[Said], laid: &[Option<usize>]) -> Self {
        let query = |(said, arrow): (&Said, &Option<usize>)| Some(((*arrow)?, said.query.clone()));
        Self { queries: drawn.iter().zip(laid).filter_map(query).collect(), ..self }
    }

    /// Whether an arrow stands for a message between the same two, whatever names in braces stand for.
    pub fn says(&self, arrow: usize, said: &Said) -> bool {
        let line = self.compiled.lines.get(arrow).and_then(Option::as_ref);
        line.is_some_and(|line| !line.said.readings(&said.text, said.query.as_deref()).is_empty())
    }

    /// Lays what was recorded on the diagram, with as few changes as possible.
    pub fn fit(&self, said: &[Said], order: Order) -> Fit {
        let recorded = Recorded::of(said, order);
        let fits = Fits::of(self, &recorded);
        let mut machine = Machine::new(self, &recorded, &fits, false);
        let way = match search::smallest(&mut machine) {
            // Names mostly agree, so they are looked at only when they do not.
            Ok(way) if self.values(&recorded, &fits, &way.moves).is_some() => way,
            Ok(_) => {
                machine = Machine::new(self, &recorded, &fits, true);
                match search::smallest(&mut machine) {
                    Ok(way) => way,
                    Err(least) => search::narrow(&mut machine, least),
                }
            }
            Err(least) => {
                let has_names = !self.compiled.names.is_empty();
                machine = Machine::new(self, &recorded, &fits, has_names);
                search::narrow(&mut machine, least)
            }
        };
        let messages = machine.messages(&recorded.chains, &way.moves);
        let values = self.values(&recorded, &fits, &way.moves).unwrap_or_default();
        let values = self.compiled.names.iter().zip(values).filter(|(_, value)| *value != 0);
        let values =
            values.map(|(name, value)| (name.clone(), fits.values[value as usize - 1].to_owned()));
        let values = values.collect();
        let (of_recorded, changes) =
            explanation::changes(self, &recorded, &fits, &way.moves, &messages);
        Fit { of_recorded, changes, values, is_smallest: way.is_smallest }
    }

    /// What names stand for on a way, by their index; none if one stands for two things.
    fn values(&self, recorded: &Recorded<'_>, fits: &Fits<'_>, moves: &[Move]) -> Option<Vec<u32>> {
        let mut values = vec![0; self.compiled.names.len()];
        for taken in moves {
            let Move::Lay { arrow, head, is_same: true, .. } = taken else { continue };
            let class = recorded.prefixes.nodes[head.node as usize].class;
            let names = fits.names(*arrow, class, &values).into_iter().next()?;
            names.into_iter().for_each(|(name, value)| values[name as usize] = value);
        }
        Some(values)
    }
}
