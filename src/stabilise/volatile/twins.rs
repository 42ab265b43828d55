//! What messages say, and which of their volatile values are free.
//!
//! Clients that run at the same time send the same, and nobody can say which of them was the first
//! last time. So a value that stands in one message and nowhere else, such as the id of a request, may be
//! that of another one, and so may one that stands only in messages of which there are several alike.

use std::collections::{HashMap, HashSet};

use super::{Class, Piece, Reading, Volatile};
use crate::model::{Body, Exchange, Header, Json, Run, Trail};

/// A message without its volatile values, and those of them that stand for one thing.
#[derive(Default)]
pub(in crate::stabilise) struct Told {
    mask: String,
    values: Vec<String>,
}

impl Told {
    fn add(&mut self, class: Class, value: &str) {
        self.mask += &class.mark(value);
        // A time stands for nothing.
        if class.is_identity() {
            self.values.push(value.to_owned());
        }
    }
}

/// The volatile values that may change places.
pub(in crate::stabilise) struct Free {
    free: HashSet<String>,
    /// All that the page documents.
    documented: HashSet<String>,
}

impl Free {
    /// Those of a documented run.
    pub(in crate::stabilise) fn of(volatile: &Volatile, run: &Run) -> Self {
        let mut alike: HashMap<String, Vec<Vec<String>>> = HashMap::new();
        let mut bound = Told::default();
        for exchange in &run.recording.exchanges {
            volatile.text(&exchange.request.url, &mut bound);
            let halves = [Some(volatile.request(exchange)), volatile.response(exchange)];
            for told in halves.into_iter().flatten() {
                alike.entry(told.mask).or_default().push(told.values);
            }
        }
        run.outputs.iter().for_each(|output| volatile.text(output, &mut bound));
        let mut bound: HashSet<String> = bound.values.into_iter().collect();
        // In how many messages each value stands, and whether all of them have others alike.
        let mut stands: HashMap<String, (usize, bool)> = HashMap::new();
        for messages in alike.into_values() {
            let several = messages.len() > 1;
            for message in messages {
                for value in message.into_iter().collect::<HashSet<String>>() {
                    let (count, alike) = stands.entry(value).or_insert((0, true));
                    *count += 1;
                    *alike &= several;
                }
            }
        }
        let mut free = HashSet::new();
        for (value, (count, alike)) in stands {
            if bound.contains(&value) {
                continue;
            }
            if alike || count == 1 {
                free.insert(value)
            } else {
                bound.insert(value)
            };
        }
        let documented = free.union(&bound).cloned().collect();
        Self { free, documented }
    }

    /// Whether a message says what a documented one does, but for values that may change places.
    pub(in crate::stabilise) fn are_alike(&self, documented: &Told, told: &Told) -> bool {
        let may_be = |(documented, told): (&String, &String)| {
            documented == told
                || self.free.contains(documented)
                    && (self.free.contains(told) || !self.documented.contains(told))
        };
        documented.mask == told.mask
            && documented.values.len() == told.values.len()
            && documented.values.iter().zip(&told.values).all(may_be)
    }
}

impl Volatile {
    /// What a request says.
    pub(in crate::stabilise) fn request(&self, exchange: &Exchange) -> Told {
        let mut told = Told { mask: exchange.request.method.clone(), values: Vec::new() };
        self.text(&exchange.request.url, &mut told);
        self.headers(&exchange.request.headers, &mut told);
        self.body(&exchange.request.body, &mut told);
        told
    }

    /// What a response says, if there is one.
    pub(in crate::stabilise) fn response(&self, exchange: &Exchange) -> Option<Told> {
        let response = exchange.response.as_ref()?;
        let mut told = Told { mask: response.status.clone(), values: Vec::new() };
        self.text(&response.url, &mut told);
        self.headers(&response.headers, &mut told);
        self.body(&response.body, &mut told);
        Some(told)
    }

    fn headers(&self, headers: &[Header], told: &mut Told) {
        for Header { name, value } in headers {
            told.mask += &format!("\n{}: ", name.to_ascii_lowercase());
            match self.header_reading(name) {
                Reading::Content => told.mask += value,
                Reading::Whole(class) if class.fits(value) => told.add(class, value),
                _ => self.text(value, told),
            }
        }
    }

    fn body(&self, body: &Body, told: &mut Told) {
        match body {
            Body::Text(text) => match Json::parse(text) {
                Some(json) => self.json("", &json, None, told),
                None => self.text(text, told),
            },
            other => told.mask += &format!("\n{other:?}"),
        }
    }

    fn json(&self, name: &str, json: &Json, trail: Option<&Trail<'_>>, told: &mut Told) {
        match json {
            Json::Scalar(token) => match self.reading(name, trail) {
                Reading::Content => told.mask += token,
                Reading::Whole(class) if class.fits(json.as_str().unwrap_or(token)) => {
                    told.add(class, json.as_str().unwrap_or(token));
                }
                _ => self.text(token, told),
            },
            Json::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    told.mask.push('[');
                    self.json(name, element, Some(&Trail::element(trail, index)), told);
                }
            }
            Json::Object(members) => {
                let mut members: Vec<&(String, Json)> = members.iter().collect();
                members.sort_by(|(one, _), (two, _)| one.cmp(two));
                for (key, value) in members {
                    told.mask += &format!("{{{key}:");
                    self.json(key, value, Some(&Trail::member(trail, key)), told);
                }
                told.mask.push('}');
            }
        }
    }

    fn text(&self, text: &str, told: &mut Told) {
        for piece in self.pieces(text) {
            match piece {
                Piece::Literal(literal) => told.mask += literal,
                Piece::Volatile(class, value) => told.add(class, value),
            }
        }
    }
}
