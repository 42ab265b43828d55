//! What chains have in common: those that begin alike share the nodes of a tree.
//!
//! In: the messages of chains, with what each has to wait for. Out: nodes, each of which stands for the
//! messages that say the same after the same. Clients that run at the same time begin alike, and only
//! later does what they send show who is who. So one counts how many have come how far, and who of them
//! it was is said when all is laid: those that end at the same node have sent the same.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::recorded::Message;

/// The nodes that chains go through. A family is those chains that begin alike.
#[derive(Default)]
pub(super) struct Prefixes {
    /// The first one stands for nothing yet. Behind it, nodes stand in the order of a walk that goes
    /// deep first.
    pub(super) nodes: Vec<Node>,
    pub(super) families: Vec<Family>,
    /// For each place in the families the chain that it has in the order of the tree.
    chains: Vec<u32>,
    /// For each of these chains the node of its last message.
    ends: Vec<u32>,
}

/// Chains that begin alike.
pub(super) struct Family {
    /// Their first node.
    pub(super) top: u32,
    /// Which places they have among all chains.
    pub(super) chains: Range<usize>,
}

/// Messages that say the same after the same.
#[derive(Default)]
pub(super) struct Node {
    /// What they say.
    pub(super) class: u32,
    /// Who speaks to whom.
    pub(super) kind: u32,
    /// The messages, one of each chain that goes through it.
    pub(super) messages: Vec<u32>,
    /// How many messages there are up to it.
    pub(super) depth: u32,
    /// The node behind those that can only be reached through it.
    pub(super) end: u32,
    /// What comes next.
    pub(super) children: Vec<u32>,
    /// The chains that it may be in.
    pub(super) family: u32,
    /// All messages of these nodes must come before.
    pub(super) after: Vec<u32>,
    /// The service that must be busy when it comes.
    pub(super) within: Option<u32>,
    /// The services that are busy behind it.
    pub(super) busy: Vec<u32>,
    /// The nodes up to it with requests that are answered behind it.
    pub(super) open: Vec<u32>,
    /// For a reply which one of those that were open before it is its request.
    pub(super) answers: Option<usize>,
    /// Whether it is a request whose reply was recorded.
    pub(super) is_answered: bool,
}

impl Prefixes {
    pub(super) fn of(messages: &[Message], chains: &[Vec<u32>]) -> Self {
        let keys = keys(messages, chains);
        let key = |message: &u32| keys[*message as usize];
        let mut order: Vec<u32> = (0..number(chains.len())).collect();
        order.sort_by(|one, other| {
            let [one, other] = [one, other].map(|&chain| chains[chain as usize].iter().map(key));
            one.cmp(other)
        });
        let mut prefixes = Self { nodes: vec![Node::default()], ..Self::default() };
        let mut node_of = vec![0; messages.len()];
        let mut path: Vec<u32> = Vec::new();
        for chain in order {
            let place = prefixes.chains.len();
            let chain_of = &chains[chain as usize];
            let first_of = |node: &u32| prefixes.nodes[*node as usize].messages[0];
            let shared = path.iter().zip(chain_of);
            let shared =
                shared.take_while(|(node, message)| key(&first_of(node)) == key(message)).count();
            prefixes.close(&mut path, shared);
            if shared == 0 {
                let top = number(prefixes.nodes.len());
                prefixes.families.push(Family { top, chains: place..place });
            }
            for (depth, &message) in chain_of.iter().enumerate() {
                if depth >= shared {
                    path.push(prefixes.add(&path, &messages[message as usize]));
                }
                let node = path[depth];
                prefixes.nodes[node as usize].messages.push(message);
                node_of[message as usize] = node;
            }
            prefixes.families.last_mut().expect("it has one").chains.end += 1;
            prefixes.chains.push(chain);
            prefixes.ends.push(*path.last().expect("no chain is empty"));
        }
        prefixes.close(&mut path, 0);
        for node in &mut prefixes.nodes[1..] {
            node.messages.sort_unstable();
            let after = messages[node.messages[0] as usize].after.iter();
            node.after = after.map(|&other| node_of[other as usize]).collect();
            node.after.sort_unstable();
            node.after.dedup();
        }
        prefixes
    }

    fn close(&mut self, path: &mut Vec<u32>, depth: usize) {
        let end = number(self.nodes.len());
        path.drain(depth..).for_each(|node| self.nodes[node as usize].end = end);
    }

    /// Adds a node behind the last of a path.
    fn add(&mut self, path: &[u32], message: &Message) -> u32 {
        let index = number(self.nodes.len());
        let parent = path.last().map_or(0, |&parent| parent as usize);
        let Node { open, busy, .. } = &self.nodes[parent];
        let (mut open, mut busy) = (open.clone(), busy.clone());
        let asked = message.answers.map(|place| path[place as usize]);
        let answers = asked.and_then(|asked| open.iter().position(|&node| node == asked));
        if let Some(answers) = answers {
            open.remove(answers);
        }
        if let Some(place) = busy.iter().position(|service| Some(*service) == message.works) {
            busy.remove(place);
        }
        busy.extend(message.asks);
        if message.is_answered {
            open.push(index);
        }
        if parent > 0 {
            self.nodes[parent].children.push(index);
        }
        self.nodes.push(Node {
            class: message.class,
            kind: message.kind,
            depth: number(path.len() + 1),
            family: number(self.families.len() - 1),
            within: message.within,
            busy,
            open,
            answers,
            is_answered: message.is_answered,
            ..Node::default()
        });
        index
    }

    /// For each place among the chains, given the node that its chain came to and in an order in which
    /// chains that say the same are to be taken, the chain.
    pub(super) fn chains(&self, ended: &[u32], order: &[usize]) -> Vec<u32> {
        let mut free: HashMap<u32, Vec<u32>> = HashMap::new();
        for (&chain, &end) in self.chains.iter().zip(&self.ends).rev() {
            free.entry(end).or_default().push(chain);
        }
        let mut chains = vec![0; ended.len()];
        for &place in order {
            let free = free.get_mut(&ended[place]).and_then(Vec::pop);
            chains[place] = free.expect("as many come to a node as end there");
        }
        chains
    }
}

/// For each message a number that it shares with those that say the same and have to wait for the same,
/// and that the same waits for. Where no two chains begin with the same, no message shares its own.
fn keys(messages: &[Message], chains: &[Vec<u32>]) -> Vec<u32> {
    let mut begun = HashSet::new();
    if chains.iter().all(|chain| begun.insert(messages[chain[0] as usize].class)) {
        return (0..number(messages.len())).collect();
    }
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); messages.len()];
    for (index, message) in messages.iter().enumerate() {
        message.after.iter().for_each(|&other| before[other as usize].push(number(index)));
    }
    let mut numbers = HashMap::new();
    let keys = messages.iter().zip(before).map(|(message, before)| {
        let Message { class, within, answers, is_answered, .. } = *message;
        let next = number(numbers.len());
        *numbers
            .entry((class, within, answers, is_answered, &message.after, before))
            .or_insert(next)
    });
    keys.collect()
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a recording has fewer messages")
}
