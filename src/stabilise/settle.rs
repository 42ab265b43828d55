//! Keeps the documented value wherever only volatile values differ.
//!
//! In: what is documented and what was seen, both without secrets. Out: what was seen, told in
//! documented values. Works by place: a value is compared with what stood at the same place of the
//! same exchange, and what is learnt there holds everywhere else.

use crate::model::{Body, Exchange, Header, Json, Recording, Request, Response, Run};
use crate::pairing::pairs;

use super::order;
use super::pins::Pins;
use super::volatile::{Class, Piece, Reading, masked, pieces, reading};

/// Tells a run in the values of a documented run, and learns pins by doing so.
pub(super) struct Settler<'a> {
    pub(super) pins: &'a mut Pins,
}

impl Settler<'_> {
    /// The live run in documented values.
    /// `partners` has the documented exchange for each live one.
    pub(super) fn run(&mut self, documented: &Run, live: &Run, partners: &[Option<usize>]) -> Run {
        let recording = self.recording(&documented.recording, &live.recording, partners);
        let outputs = live.outputs.iter().enumerate().map(|(index, output)| {
            self.lines(documented.outputs.get(index).map_or("", String::as_str), output)
        });
        Run { outputs: outputs.collect(), recording }
    }

    fn recording(
        &mut self,
        documented: &Recording,
        live: &Recording,
        partners: &[Option<usize>],
    ) -> Recording {
        let exchanges =
            live.exchanges.iter().zip(partners).map(|(exchange, partner)| match partner {
                Some(index) => self.exchange(&documented.exchanges[*index], exchange),
                None => self.new_exchange(exchange),
            });
        Recording { exchanges: exchanges.collect(), messages: live.messages.clone() }
    }

    fn exchange(&mut self, documented: &Exchange, live: &Exchange) -> Exchange {
        let request = &live.request;
        let body = self.body(&documented.request.body, &request.body);
        let same_body = body == documented.request.body;
        let request = Request {
            method: request.method.clone(),
            url: self.text(&documented.request.url, &request.url),
            headers: self.headers(&documented.request.headers, &request.headers, same_body),
            body,
        };
        let response = live.response.as_ref().map(|response| match &documented.response {
            Some(documented) => self.response(documented, response),
            None => self.new_response(response),
        });
        Exchange { from: live.from.clone(), to: live.to.clone(), request, response }
    }

    fn response(&mut self, documented: &Response, live: &Response) -> Response {
        let body = self.body(&documented.body, &live.body);
        let same_body = body == documented.body;
        Response {
            status: live.status.clone(),
            url: self.text(&documented.url, &live.url),
            headers: self.headers(&documented.headers, &live.headers, same_body),
            body,
        }
    }

    fn new_exchange(&self, live: &Exchange) -> Exchange {
        let Request { method, url, headers, body } = &live.request;
        Exchange {
            from: live.from.clone(),
            to: live.to.clone(),
            request: Request {
                method: method.clone(),
                url: self.pins.apply(url),
                headers: self.new_headers(headers),
                body: self.new_body(body),
            },
            response: live.response.as_ref().map(|response| self.new_response(response)),
        }
    }

    fn new_response(&self, live: &Response) -> Response {
        Response {
            status: live.status.clone(),
            url: self.pins.apply(&live.url),
            headers: self.new_headers(&live.headers),
            body: self.new_body(&live.body),
        }
    }

    fn new_headers(&self, live: &[Header]) -> Vec<Header> {
        live.iter()
            .map(|Header { name, value }| Header {
                name: name.clone(),
                value: self.pins.apply(value),
            })
            .collect()
    }

    fn new_body(&self, live: &Body) -> Body {
        match live {
            Body::Text(text) => Body::Text(self.pins.apply(text)),
            Body::Cut { text, length } => {
                Body::Cut { text: self.pins.apply(text), length: *length }
            }
            other => other.clone(),
        }
    }

    /// `same_body`: whether the content is the documented one, so that its length is too.
    fn headers(&mut self, documented: &[Header], live: &[Header], same_body: bool) -> Vec<Header> {
        let mut unused: Vec<&Header> = documented.iter().collect();
        let mut headers = Vec::with_capacity(live.len());
        for Header { name, value } in live {
            let partner = unused.iter().position(|header| header.name.eq_ignore_ascii_case(name));
            let value = match partner.map(|index| unused.remove(index)) {
                Some(old) if same_body && name.eq_ignore_ascii_case("content-length") => {
                    old.value.clone()
                }
                Some(old) => self.named(name, &old.value, value),
                None => self.pins.apply(value),
            };
            headers.push(Header { name: name.clone(), value });
        }
        headers
    }

    fn body(&mut self, documented: &Body, live: &Body) -> Body {
        match (documented, live) {
            (Body::Text(old), Body::Text(new)) => match (Json::parse(old), Json::parse(new)) {
                (Some(old_json), Some(new_json)) => {
                    let settled = self.json("", &old_json, &new_json);
                    let same = settled == old_json;
                    Body::Text(if same { old.clone() } else { settled.indented() })
                }
                _ => Body::Text(self.lines(old, new)),
            },
            (Body::Cut { text: old, .. }, Body::Cut { text: new, length }) => {
                Body::Cut { text: self.lines(old, new), length: *length }
            }
            (Body::Bytes { head: old, length: None }, Body::Bytes { head: new, .. })
                if old == new =>
            {
                documented.clone()
            }
            _ => self.new_body(live),
        }
    }

    /// A header's or a JSON string's value, read as its name wants it.
    fn named(&mut self, name: &str, documented: &str, live: &str) -> String {
        match reading(name) {
            Reading::Shape => self.text(documented, live),
            Reading::Literal => {
                self.pins.mean(live);
                live.to_owned()
            }
            Reading::Whole(class) => self.pins.pin(class, live, documented),
        }
    }

    /// One line of text.
    fn text(&mut self, documented: &str, live: &str) -> String {
        let (old, new) = (pieces(documented), pieces(live));
        let same_shape = old.len() == new.len()
            && old.iter().zip(&new).all(|pair| match pair {
                (Piece::Literal(old), Piece::Literal(new)) => old == new,
                (Piece::Volatile(old, _), Piece::Volatile(new, _)) => old == new,
                _ => false,
            });
        if !same_shape {
            return self.pins.apply(live);
        }
        let settled = old.iter().zip(&new).map(|pair| match pair {
            (Piece::Volatile(class, old), Piece::Volatile(_, new)) => {
                if self.pins.is_meaningful(new) && !self.pins.has(new) {
                    (*new).to_owned()
                } else {
                    self.pins.pin(*class, new, old)
                }
            }
            (_, Piece::Literal(text) | Piece::Volatile(_, text)) => (*text).to_owned(),
        });
        settled.collect()
    }

    /// Text of several lines. Lines correspond when they say the same but for volatile values.
    fn lines(&mut self, documented: &str, live: &str) -> String {
        let old: Vec<&str> = documented.split('\n').collect();
        let new: Vec<&str> = live.split('\n').collect();
        let masks = |lines: &[&str]| lines.iter().map(|line| masked(line)).collect::<Vec<_>>();
        let (old_masks, new_masks) = (masks(&old), masks(&new));
        let shown: Vec<String> = new.iter().map(|line| self.pins.apply(line)).collect();
        if let Some(order) = order::same_but_for_order((&old_masks, &old), (&new_masks, &shown)) {
            let settled = old.iter().zip(order).map(|(old, index)| self.text(old, new[index]));
            return settled.collect::<Vec<_>>().join("\n");
        }
        let mut partners = vec![None; new.len()];
        for (old_index, new_index) in pairs(&old_masks, &new_masks) {
            partners[new_index] = Some(old[old_index]);
        }
        let settled = new.iter().zip(partners).map(|(line, partner)| match partner {
            Some(old) => self.text(old, line),
            None => self.pins.apply(line),
        });
        settled.collect::<Vec<_>>().join("\n")
    }

    /// `name` is the key under which the value stands, inherited by the elements of an array.
    fn json(&mut self, name: &str, documented: &Json, live: &Json) -> Json {
        match (documented, live) {
            (Json::Object(old), Json::Object(new)) => Json::Object(self.members(old, new)),
            (Json::Array(old), Json::Array(new)) => Json::Array(self.elements(name, old, new)),
            (Json::Scalar(_), Json::Scalar(token)) => match (documented.as_str(), live.as_str()) {
                (Some(old), Some(new)) => {
                    Json::Scalar(format!("\"{}\"", self.named(name, old, new)))
                }
                _ => Json::Scalar(token.clone()),
            },
            _ => self.new_json(live),
        }
    }

    fn new_json(&self, live: &Json) -> Json {
        match live {
            Json::Scalar(token) => Json::Scalar(self.pins.apply(token)),
            Json::Array(elements) => {
                Json::Array(elements.iter().map(|element| self.new_json(element)).collect())
            }
            Json::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|(key, value)| (self.pins.apply(key), self.new_json(value)))
                    .collect(),
            ),
        }
    }

    /// Members in the documented order, because the order of keys means nothing; a new one stands
    /// behind the one that it follows on the wire.
    fn members(&mut self, old: &[(String, Json)], new: &[(String, Json)]) -> Vec<(String, Json)> {
        let mut partners: Vec<Option<usize>> = vec![None; old.len()];
        let mut place = |partner: usize, fits: &dyn Fn(&str) -> bool| {
            let free =
                (0..old.len()).find(|&index| partners[index].is_none() && fits(&old[index].0));
            if let Some(index) = free {
                partners[index] = Some(partner);
            }
            free.is_some()
        };
        let unnamed: Vec<usize> =
            (0..new.len()).filter(|&index| !place(index, &|key| key == new[index].0)).collect();
        let added: Vec<usize> = unnamed
            .into_iter()
            .filter(|&index| {
                let mask = masked(&new[index].0);
                mask == new[index].0 || !place(index, &|key| masked(key) == mask)
            })
            .collect();
        let mut members: Vec<(usize, (String, Json))> = Vec::with_capacity(new.len());
        for ((old_key, old_value), partner) in old.iter().zip(partners) {
            let Some(index) = partner else { continue };
            let (key, value) = &new[index];
            let key = self.text(old_key, key);
            let value = self.json(&key, old_value, value);
            members.push((index, (key, value)));
        }
        for index in added {
            let (key, value) = &new[index];
            let before = index.checked_sub(1);
            let place = members.iter().position(|(other, _)| Some(*other) == before);
            let member = (self.pins.apply(key), self.new_json(value));
            members
                .insert(place.map_or(members.len().min(index), |place| place + 1), (index, member));
        }
        members.into_iter().map(|(_, member)| member).collect()
    }

    fn elements(&mut self, name: &str, old: &[Json], new: &[Json]) -> Vec<Json> {
        let masks = |elements: &[Json]| elements.iter().map(mask).collect::<Vec<_>>();
        let (old_masks, new_masks) = (masks(old), masks(new));
        let printed: Vec<String> = old.iter().map(Json::indented).collect();
        let shown: Vec<String> =
            new.iter().map(|element| self.new_json(element).indented()).collect();
        if let Some(order) = order::same_but_for_order((&old_masks, &printed), (&new_masks, &shown))
        {
            let pairs = old.iter().zip(order);
            return pairs.map(|(old, index)| self.json(name, old, &new[index])).collect();
        }
        let mut partners = vec![None; new.len()];
        let mut left: Vec<bool> = vec![true; old.len()];
        for (old_index, new_index) in pairs(&old_masks, &new_masks) {
            partners[new_index] = Some(old_index);
            left[old_index] = false;
        }
        // What changed in part stands for what stood between the same neighbours.
        for index in 0..new.len() {
            let after = index.checked_sub(1).map_or(Some(0), |before| Some(partners[before]? + 1));
            if partners[index].is_none()
                && let Some(free) = after.filter(|&free| free < old.len() && left[free])
            {
                partners[index] = Some(free);
                left[free] = false;
            }
        }
        new.iter()
            .zip(partners)
            .map(|(element, partner)| match partner {
                Some(index) => self.json(name, &old[index], element),
                None => self.new_json(element),
            })
            .collect()
    }
}

/// What a value says, without its volatile values and the order of its keys.
fn mask(json: &Json) -> String {
    masked_under("", json).indented()
}

fn masked_under(name: &str, json: &Json) -> Json {
    match json {
        Json::Scalar(token) => Json::Scalar(match (reading(name), json.as_str()) {
            (Reading::Literal, _) => token.clone(),
            (Reading::Whole(class), Some(_)) => replaced_whole(class),
            _ => masked(token),
        }),
        Json::Array(elements) => {
            Json::Array(elements.iter().map(|element| masked_under(name, element)).collect())
        }
        Json::Object(members) => {
            let mut members: Vec<(String, Json)> = members
                .iter()
                .map(|(key, value)| (masked(key), masked_under(key, value)))
                .collect();
            members.sort_by(|(one, _), (two, _)| one.cmp(two));
            Json::Object(members)
        }
    }
}

fn replaced_whole(class: Class) -> String {
    format!("\"\u{0}{class:?}\u{0}\"")
}
