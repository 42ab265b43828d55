//! Which live values the documented ones that people type stand for, on one cloud.
//!
//! In: what pages document and what their runs said. Out: command lines with live values in the
//! places of documented ones, and [`Pins`] for the way back. Whole values are replaced, never parts
//! of words.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Body, Exchange, Json, Run, path_of};

use super::pins::Pins;
use super::volatile::{Class, Piece, Volatile};
use super::{Redacted, learn};

/// Documented values and the live ones that they stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bindings {
    live: BTreeMap<String, String>,
}

/// A text in live values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The text.
    pub text: String,
    /// The documented values in it that people type to name a thing, and what they became; none
    /// where nothing is known.
    pub values: Vec<(String, Option<String>)>,
}

impl Bindings {
    /// Bindings of documented to live values.
    pub fn new(pairs: BTreeMap<String, String>) -> Self {
        Self { live: pairs }
    }

    /// Documented and live values.
    pub fn pairs(&self) -> &BTreeMap<String, String> {
        &self.live
    }

    /// Binds a documented value that a person named. Says no if it is none that doctool knows for
    /// volatile, so that it could not be told apart from a word.
    pub fn bind(&mut self, volatile: &Volatile, documented: &str, live: &str) -> bool {
        let is_typed = volatile.class(documented).is_some_and(Class::is_typed);
        if is_typed {
            self.live.insert(documented.to_owned(), live.to_owned());
        }
        is_typed
    }

    /// Learns from where values stand in a run and in what its page documents.
    pub fn learn(&mut self, volatile: &Volatile, documented: &Redacted, live: &Redacted) {
        let named = named_values(volatile, documented.run());
        let pins = learn(volatile, documented, live);
        let pairs = pins.pairs().filter(|(_, documented)| named.contains(*documented));
        self.live.extend(pairs.map(|(live, documented)| (documented.to_owned(), live.to_owned())));
    }

    /// Learns from what things are called: what has the same name and is of the same sort, such as
    /// an image, has one id as documented and another one live.
    pub fn learn_by_name(&mut self, volatile: &Volatile, documented: &Run, live: &Run) {
        let live = things(volatile, live);
        for (thing, ids) in things(volatile, documented) {
            let (Some(old), Some(new)) = (only(&ids), live.get(&thing).and_then(only)) else {
                continue;
            };
            self.live.insert(old.clone(), new.clone());
        }
    }

    /// The text with live values in the places of documented ones.
    pub fn translated(&self, volatile: &Volatile, text: &str) -> Translated {
        let mut values = Vec::new();
        let text = volatile.replaced(text, |class, value| {
            let live = self.live.get(value);
            if class.is_typed() {
                values.push((value.to_owned(), live.cloned()));
            }
            live.map_or(value, String::as_str).to_owned()
        });
        Translated { text, values }
    }

    /// The way back: what to show for live values.
    pub fn pins(&self, volatile: &Volatile) -> Pins {
        let mut pins = Pins::default();
        for (documented, live) in &self.live {
            if let Some(class) = volatile.class(documented) {
                pins.pin(class, live, documented);
            }
        }
        pins
    }
}

fn only(ids: &BTreeSet<String>) -> Option<&String> {
    ids.first().filter(|_| ids.len() == 1)
}

/// The values by which people might name a thing: those in outputs, addresses and answers, and not
/// those in headers, which number requests.
fn named_values(volatile: &Volatile, run: &Run) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    let mut add = |text: &str| {
        let pieces = volatile.pieces(text).into_iter();
        values.extend(pieces.filter_map(|piece| match piece {
            Piece::Volatile(class, value) if class.is_typed() => Some(value.to_owned()),
            _ => None,
        }));
    };
    run.outputs.iter().for_each(|output| add(output));
    for Exchange { request, response, .. } in &run.recording.exchanges {
        add(&request.url);
        if let Some(Body::Text(text)) = response.as_ref().map(|response| &response.body) {
            add(text);
        }
    }
    values
}

/// A sort of thing, and its name.
type Thing = (String, String);

/// The ids of all things that are named in answers.
fn things(volatile: &Volatile, run: &Run) -> BTreeMap<Thing, BTreeSet<String>> {
    let mut things = BTreeMap::new();
    for Exchange { request, response, .. } in &run.recording.exchanges {
        let Some(Body::Text(text)) = response.as_ref().map(|response| &response.body) else {
            continue;
        };
        if let Some(json) = Json::parse(text) {
            let mut segments = path_of(&request.url).rsplit('/');
            let kind = segments
                .find(|segment| !segment.is_empty() && volatile.masked(segment) == *segment);
            add_things(volatile, kind.unwrap_or_default(), &json, &mut things);
        }
    }
    things
}

/// `kind` is the key under which the JSON stands, or the part of the path that says it.
fn add_things(
    volatile: &Volatile,
    kind: &str,
    json: &Json,
    things: &mut BTreeMap<Thing, BTreeSet<String>>,
) {
    match json {
        Json::Scalar(_) => {}
        Json::Array(elements) => {
            elements.iter().for_each(|element| add_things(volatile, kind, element, things));
        }
        Json::Object(members) => {
            let text = |key| json.get(key).and_then(Json::as_str);
            if let (Some(id), Some(name)) = (text("id"), text("name"))
                && volatile.class(id).is_some_and(Class::is_typed)
            {
                // `images` holds what is an image elsewhere.
                let thing = (kind.trim_end_matches('s').to_owned(), name.to_owned());
                things.entry(thing).or_default().insert(id.to_owned());
            }
            members.iter().for_each(|(key, value)| add_things(volatile, key, value, things));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bindings, Translated};
    use crate::model::{Body, Exchange, Recording, Request, Response, Run};
    use crate::stabilise::volatile::Volatile;

    const OLD: &str = "a42bfade-78ec-4c95-b7b4-272ba265072c";
    const NEW: &str = "00000000-0000-4000-8000-000000000001";
    const OTHER: &str = "00000000-0000-4000-8000-000000000002";

    fn answer(path: &str, body: &str) -> Run {
        let url = format!("http://h{path}");
        let request = Request {
            method: "GET".to_owned(),
            url: url.clone(),
            headers: Vec::new(),
            body: Body::Empty,
        };
        let response = Response {
            status: "200 OK".to_owned(),
            url,
            headers: Vec::new(),
            body: Body::Text(body.to_owned()),
        };
        let exchange = Exchange {
            from: "a".to_owned(),
            to: "b".to_owned(),
            request,
            response: Some(response),
            process: None,
        };
        let recording = Recording { exchanges: vec![exchange], messages: Vec::new() };
        Run { outputs: Vec::new(), recording }
    }

    fn thing(id: &str, name: &str) -> String {
        format!(r#"{{"id": "{id}", "name": "{name}"}}"#)
    }

    fn bound_by_name(documented: &Run, live: &Run) -> Option<String> {
        let mut bindings = Bindings::default();
        bindings.learn_by_name(&Volatile::everywhere(), documented, live);
        bindings.pairs().get(OLD).cloned()
    }

    #[test]
    fn whole_values_are_replaced_and_parts_of_words_are_not() {
        let bindings = Bindings::new([(OLD.to_owned(), NEW.to_owned())].into());
        let translated = |text: &str| bindings.translated(&Volatile::everywhere(), text);
        for (typed, run) in [
            (OLD.to_owned(), NEW.to_owned()),
            (format!("--id={OLD}"), format!("--id={NEW}")),
            (format!("x{OLD}"), format!("x{OLD}")),
            (format!("/v2/images/{OLD}/file"), format!("/v2/images/{NEW}/file")),
            (OTHER.to_owned(), OTHER.to_owned()),
            ("a42bfade".to_owned(), "a42bfade".to_owned()),
        ] {
            assert_eq!(translated(&typed).text, run);
        }
        assert_eq!(
            translated(&format!("{OLD} {OTHER} word")),
            Translated {
                text: format!("{NEW} {OTHER} word"),
                values: vec![(OLD.to_owned(), Some(NEW.to_owned())), (OTHER.to_owned(), None)],
            }
        );
    }

    #[test]
    fn a_thing_of_the_same_sort_and_name_is_the_same_thing() {
        let documented = answer(&format!("/v2/images/{OLD}"), &thing(OLD, "cirros"));
        let made = answer("/v2/images", &thing(NEW, "cirros"));
        assert_eq!(bound_by_name(&documented, &made).as_deref(), Some(NEW));
        let listed = answer(
            "/image/v2/images?name=cirros",
            &format!(r#"{{"images": [{}, {}]}}"#, thing(OTHER, "debian"), thing(NEW, "cirros")),
        );
        assert_eq!(bound_by_name(&documented, &listed).as_deref(), Some(NEW));
    }

    #[test]
    fn what_might_be_another_thing_is_not_bound() {
        let documented = answer(&format!("/v2/images/{OLD}"), &thing(OLD, "cirros"));
        let twice =
            format!(r#"{{"images": [{}, {}]}}"#, thing(OTHER, "cirros"), thing(NEW, "cirros"));
        for live in [
            answer("/v2/images", &thing(NEW, "debian")),
            answer("/v2/volumes", &thing(NEW, "cirros")),
            answer("/v2/images", &twice),
            answer("/v2/images", r#"{"id": null, "name": "cirros"}"#),
        ] {
            assert_eq!(bound_by_name(&documented, &live), None);
        }
    }

    #[test]
    fn only_what_is_volatile_can_be_bound() {
        let mut bindings = Bindings::default();
        assert!(bindings.bind(&Volatile::everywhere(), OLD, NEW));
        assert!(!bindings.bind(&Volatile::everywhere(), "cirros", NEW));
        assert_eq!(bindings.pairs().len(), 1);
    }
}
