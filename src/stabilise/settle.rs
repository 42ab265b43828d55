//! Keeps the documented value wherever only volatile values differ.
//!
//! In: what is documented and what was seen, both without secrets. Out: what was seen, told in
//! documented values. Works by place: a value is compared with what stood at the same place of the
//! same exchange, and what is learnt there holds everywhere else.

use crate::model::{Body, Exchange, Header, Json, Recording, Request, Response, Run, Trail};
use crate::pairing::pairs;

use super::order;
use super::pins::Pins;
use super::volatile::{Class, Piece, Reading, Volatile, both_are};

/// Tells a run in the values of a documented run, and learns pins by doing so.
pub(super) struct Settler<'a> {
    pub(super) volatile: &'a Volatile,
    pub(super) pins: &'a mut Pins,
}

impl Settler<'_> {
    /// The live run in documented values.
    /// `partners` has the documented exchange for each live one.
    pub(super) fn run(&mut self, documented: &Run, live: &Run, partners: &[Option<usize>]) -> Run {
        let recording = self.recording(&documented.recording, &live.recording, partners);
        let outputs = live.outputs.iter().enumerate().map(|(index, output)| {
            self.output(documented.outputs.get(index).map_or("", String::as_str), output)
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
        let body = self.body(&documented.request.body, &live.request.body);
        let asked = Content {
            documented: &documented.request.body,
            live: &live.request.body,
            is_same: body == documented.request.body,
        };
        let request = Request {
            method: live.request.method.clone(),
            url: self.text(&documented.request.url, &live.request.url),
            headers: self.headers(&documented.request.headers, &live.request.headers, asked, None),
            body,
        };
        let response = live.response.as_ref().map(|response| match &documented.response {
            Some(documented) => self.response(documented, response, asked),
            None => self.new_response(response),
        });
        Exchange {
            from: self.text(&documented.from, &live.from),
            to: self.text(&documented.to, &live.to),
            request,
            response,
            process: live.process,
        }
    }

    /// `asked` is the content of the request: a server may answer with the checksum of that.
    fn response(&mut self, documented: &Response, live: &Response, asked: Content<'_>) -> Response {
        let body = self.body(&documented.body, &live.body);
        let (old, new) = (&documented.body, &live.body);
        let content = Content { documented: old, live: new, is_same: body == *old };
        // HTTP/2 and some sources have the number alone, and that says it all.
        let words = documented.status.strip_prefix(&*live.status);
        let is_same = words.is_some_and(|words| words.starts_with(' '));
        let status = if is_same { &documented.status } else { &live.status };
        Response {
            status: status.clone(),
            url: self.text(&documented.url, &live.url),
            headers: self.headers(&documented.headers, &live.headers, content, Some(asked)),
            body,
        }
    }

    fn new_exchange(&self, live: &Exchange) -> Exchange {
        let Request { method, url, headers, body } = &live.request;
        Exchange {
            from: self.apply(&live.from),
            to: self.apply(&live.to),
            request: Request {
                method: method.clone(),
                url: self.apply(url),
                headers: self.new_headers(headers),
                body: self.new_body(body),
            },
            response: live.response.as_ref().map(|response| self.new_response(response)),
            process: live.process,
        }
    }

    fn new_response(&self, live: &Response) -> Response {
        Response {
            status: live.status.clone(),
            url: self.apply(&live.url),
            headers: self.new_headers(&live.headers),
            body: self.new_body(&live.body),
        }
    }

    fn new_headers(&self, live: &[Header]) -> Vec<Header> {
        live.iter()
            .map(|Header { name, value }| Header { name: name.clone(), value: self.apply(value) })
            .collect()
    }

    fn new_body(&self, live: &Body) -> Body {
        match live {
            Body::Text(text) => Body::Text(self.apply(text)),
            Body::Cut { text, length } => Body::Cut { text: self.apply(text), length: *length },
            other => other.clone(),
        }
    }

    fn headers(
        &mut self,
        documented: &[Header],
        live: &[Header],
        content: Content<'_>,
        asked: Option<Content<'_>>,
    ) -> Vec<Header> {
        let is_volatile =
            || content.is_volatile() || content.is_same && asked.is_some_and(Content::is_volatile);
        let mut unused: Vec<&Header> = documented.iter().collect();
        let mut headers = Vec::with_capacity(live.len());
        for Header { name, value } in live {
            let partner = unused.iter().position(|header| header.name.eq_ignore_ascii_case(name));
            let value = match partner.map(|index| unused.remove(index)) {
                Some(old) if content.is_same && name.eq_ignore_ascii_case("content-length") => {
                    old.value.clone()
                }
                Some(old) => {
                    let reading = match self.volatile.header_reading(name) {
                        Reading::Content if is_volatile() => Reading::Whole(Class::Checksum),
                        reading => reading,
                    };
                    self.read(reading, &old.value, value)
                }
                None => self.apply(value),
            };
            headers.push(Header { name: name.clone(), value });
        }
        headers
    }

    fn body(&mut self, documented: &Body, live: &Body) -> Body {
        match (documented, live) {
            (Body::Text(old), Body::Text(new)) => match (Json::parse(old), Json::parse(new)) {
                (Some(old_json), Some(new_json)) => {
                    let settled = self.json("", &old_json, &new_json, None);
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

    pub(super) fn apply(&self, live: &str) -> String {
        self.pins.apply(self.volatile, live)
    }

    /// A value, read as its place wants it.
    fn read(&mut self, reading: Reading, documented: &str, live: &str) -> String {
        match reading {
            Reading::Content => self.pins.content(live),
            Reading::Whole(class) if both_are(class, documented, live) => {
                self.pins.pin(class, live, documented)
            }
            Reading::Shape | Reading::Whole(_) => self.text(documented, live),
        }
    }

    /// One line of text.
    pub(super) fn text(&mut self, documented: &str, live: &str) -> String {
        let (old, new) = (self.volatile.pieces(documented), self.volatile.pieces(live));
        let same_shape =
            old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| old.says_the_same(new));
        if !same_shape {
            return self.apply(live);
        }
        let settled = old.iter().zip(&new).map(|pair| match pair {
            (Piece::Volatile(class, old), Piece::Volatile(_, new)) => {
                self.pins.pin(*class, new, old)
            }
            (_, Piece::Literal(text) | Piece::Volatile(_, text)) => (*text).to_owned(),
        });
        settled.collect()
    }

    /// `name` is the key under which the value stands, inherited by the elements of an array;
    /// `trail` is the way there in the live value.
    pub(super) fn json(
        &mut self,
        name: &str,
        documented: &Json,
        live: &Json,
        trail: Option<&Trail<'_>>,
    ) -> Json {
        match (documented, live) {
            (Json::Object(old), Json::Object(new)) => Json::Object(self.members(old, new, trail)),
            (Json::Array(old), Json::Array(new)) => {
                Json::Array(self.elements(name, old, new, trail))
            }
            (Json::Scalar(old), Json::Scalar(new)) => {
                let reading = self.volatile.reading(name, trail);
                Json::Scalar(match (documented.as_str(), live.as_str()) {
                    (Some(old), Some(new)) => format!("\"{}\"", self.read(reading, old, new)),
                    (None, None) if reading != Reading::Shape => self.read(reading, old, new),
                    _ => new.clone(),
                })
            }
            _ => self.new_json(live),
        }
    }

    fn new_json(&self, live: &Json) -> Json {
        match live {
            Json::Scalar(token) => Json::Scalar(self.apply(token)),
            Json::Array(elements) => {
                Json::Array(elements.iter().map(|element| self.new_json(element)).collect())
            }
            Json::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|(key, value)| (self.apply(key), self.new_json(value)))
                    .collect(),
            ),
        }
    }

    /// Members in the documented order, because the order of keys means nothing; a new one stands
    /// behind the one that it follows on the wire.
    fn members(
        &mut self,
        old: &[(String, Json)],
        new: &[(String, Json)],
        trail: Option<&Trail<'_>>,
    ) -> Vec<(String, Json)> {
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
                let mask = self.volatile.masked(&new[index].0);
                mask == new[index].0 || !place(index, &|key| self.volatile.masked(key) == mask)
            })
            .collect();
        let mut members: Vec<(usize, (String, Json))> = Vec::with_capacity(new.len());
        for ((old_key, old_value), partner) in old.iter().zip(partners) {
            let Some(index) = partner else { continue };
            let (key, value) = &new[index];
            let value = self.json(key, old_value, value, Some(&Trail::member(trail, key)));
            members.push((index, (self.text(old_key, key), value)));
        }
        for index in added {
            let (key, value) = &new[index];
            let before = index.checked_sub(1);
            let place = members.iter().position(|(other, _)| Some(*other) == before);
            let member = (self.apply(key), self.new_json(value));
            members
                .insert(place.map_or(members.len().min(index), |place| place + 1), (index, member));
        }
        members.into_iter().map(|(_, member)| member).collect()
    }

    fn elements(
        &mut self,
        name: &str,
        old: &[Json],
        new: &[Json],
        trail: Option<&Trail<'_>>,
    ) -> Vec<Json> {
        let mask = |(index, element): (usize, &Json)| {
            let trail = Trail::element(trail, index);
            self.volatile.masked_json(name, element, Some(&trail)).indented()
        };
        let masks = |elements: &[Json]| elements.iter().enumerate().map(mask).collect::<Vec<_>>();
        let (old_masks, new_masks) = (masks(old), masks(new));
        let printed: Vec<String> = old.iter().map(Json::indented).collect();
        let shown: Vec<String> =
            new.iter().map(|element| self.new_json(element).indented()).collect();
        if let Some(order) = order::same_but_for_order((&old_masks, &printed), (&new_masks, &shown))
        {
            let pairs = old.iter().zip(order);
            let element = |(old, index): (&Json, usize)| {
                self.json(name, old, &new[index], Some(&Trail::element(trail, index)))
            };
            return pairs.map(element).collect();
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
            .enumerate()
            .zip(partners)
            .map(|((place, element), partner)| match partner {
                Some(index) => {
                    self.json(name, &old[index], element, Some(&Trail::element(trail, place)))
                }
                None => self.new_json(element),
            })
            .collect()
    }
}

/// The content of a message, documented and live.
#[derive(Clone, Copy)]
struct Content<'a> {
    documented: &'a Body,
    live: &'a Body,
    /// Whether the live one says what is documented, so that its length is the documented one.
    is_same: bool,
}

impl Content<'_> {
    /// Whether the two differ, but by volatile values only, so that checksums are volatile too.
    fn is_volatile(self) -> bool {
        let differ = match (self.documented, self.live) {
            // Layout is no difference: a log lays JSON out.
            (Body::Text(old), Body::Text(new)) => {
                old != new
                    && (Json::parse(old), Json::parse(new)) != (None, None)
                    && Json::parse(old) != Json::parse(new)
            }
            (old, new) => old != new,
        };
        self.is_same && differ
    }
}
