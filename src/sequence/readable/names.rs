//! Names for the ids in the paths of a diagram: the same name for the same id wherever it stands.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::sequence::{Template, label};

use super::{Drawing, Mark, mark};

/// Ids as services make them, whole segments of a path or the end of one behind `_`.
static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:[a-z]+_)?(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$")
        .expect("the pattern is valid")
});

static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{(?<name>[A-Za-z_][\w-]*)\}").expect("the pattern is valid"));

/// A diagram with names.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// The whole diagram.
    pub text: String,
    /// Its names in the order in which they appear, each with what it stands for, if that is known.
    pub names: Vec<(String, Option<String>)>,
}

/// A whole diagram with names for the ids in it. `drawn` is the diagram of what was sent, and tells what
/// names stand for that people gave; `known` are names and their ids that the page tells.
pub fn named(whole: &str, drawn: &str, known: &[(String, String)]) -> Named {
    let mut naming = Naming::default();
    naming.learn(whole, drawn, known);
    let text: String = whole.lines().map(|line| format!("{}\n", naming.line(line))).collect();
    let names = naming.used(&text);
    Named { text, names }
}

#[derive(Default)]
struct Naming {
    of_ids: BTreeMap<String, String>,
    /// What each name stands for.
    ids: BTreeMap<String, Option<String>>,
}

impl Naming {
    fn bind(&mut self, name: &str, id: &str) {
        self.ids.entry(name.to_owned()).or_default().get_or_insert_with(|| id.to_owned());
        self.of_ids.entry(id.to_owned()).or_insert_with(|| name.to_owned());
    }

    /// Learns what the names in a diagram stand for.
    fn learn(&mut self, whole: &str, drawn: &str, known: &[(String, String)]) {
        let said = |text: &str| {
            let drawing = Drawing::read(text);
            let messages = 0..drawing.messages.len();
            let labels = messages.filter_map(|message| label(drawing.message(message)));
            labels.map(|(_, label)| label.to_owned()).collect::<Vec<String>>()
        };
        let (standing, sent) = (said(whole), said(drawn));
        for (index, label) in standing.iter().enumerate() {
            let Some(template) = Template::of(label).filter(Template::has_names) else { continue };
            for found in NAME.captures_iter(label) {
                self.ids.entry(found["name"].to_owned()).or_default();
            }
            // The message at the same place, or else one that agrees with what is known so far.
            let agrees = |sent: &&String| {
                template.fits(sent)
                    && template.values(sent).iter().all(|(name, id)| {
                        let bound = self.ids.get(name).and_then(Option::as_ref);
                        bound.is_none_or(|bound| bound == id)
                            && self.of_ids.get(id).is_none_or(|other| other == name)
                    })
            };
            let same_place = sent.get(index).filter(|_| sent.len() == standing.len());
            let found = same_place.filter(agrees).or_else(|| sent.iter().find(agrees));
            for (name, id) in found.map(|sent| template.values(sent)).unwrap_or_default() {
                self.bind(&name, &id);
            }
        }
        let is_name = |name: &str| {
            NAME.captures(&format!("{{{name}}}")).is_some_and(|found| found["name"] == *name)
        };
        for (name, id) in known.iter().filter(|(name, id)| is_name(name) && ID.is_match(id)) {
            self.bind(name, id);
        }
    }

    /// A line with names.
    fn line(&mut self, line: &str) -> String {
        let start = match mark(line) {
            Some(Mark::Step(said)) if said.contains(" × ") => Some(line.len() - said.len()),
            Some(_) => None,
            None => label(line).map(|(start, _)| start),
        };
        let Some(start) = start else { return line.to_owned() };
        let mut out = line.to_owned();
        for (span, resource) in ids(line, start).into_iter().rev() {
            let name = self.name(&line[span.clone()], &resource);
            out.replace_range(span, &format!("{{{name}}}"));
        }
        out
    }

    /// The name of an id of something.
    fn name(&mut self, id: &str, resource: &str) -> String {
        if let Some(name) = self.of_ids.get(id) {
            return name.clone();
        }
        let numbered = (2..).map(|number| format!("{resource}_{number}"));
        let mut names = [resource.to_owned()].into_iter().chain(numbered);
        let name =
            names.find(|name| !self.ids.contains_key(name)).expect("there is no end of numbers");
        self.bind(&name, id);
        name
    }

    fn used(&self, text: &str) -> Vec<(String, Option<String>)> {
        let drawing = Drawing::read(text);
        let mut names: Vec<(String, Option<String>)> = Vec::new();
        for &line in &drawing.messages {
            let Some((_, label)) = label(drawing.lines[line].text) else { continue };
            for found in NAME.captures_iter(label) {
                let name = found["name"].to_owned();
                if !names.iter().any(|(known, _)| *known == name) {
                    let id = self.ids.get(&name).cloned().flatten();
                    names.push((name, id));
                }
            }
        }
        names
    }
}

/// Where ids stand in the path of a line from `start` on, each with what its name is to be.
fn ids(line: &str, start: usize) -> Vec<(Range<usize>, String)> {
    let text = &line[start..];
    let Some(path) = text.find('/') else { return Vec::new() };
    let end = text[path..].find([' ', '?', '<']).map_or(text.len(), |end| path + end);
    let mut ids = Vec::new();
    let mut before = "";
    let mut at = start + path;
    for segment in text[path..end].split('/') {
        if let Some(id) = ID.captures(segment).and_then(|found| found.name("id")) {
            let kind = match &segment[..id.start()] {
                "" => singular(before),
                prefix => prefix.trim_end_matches('_').to_lowercase(),
            };
            ids.push((at + id.start()..at + id.end(), kind));
        }
        at += segment.len() + 1;
        before = segment;
    }
    ids
}

/// What the id of one of these is called.
fn singular(resources: &str) -> String {
    let word = resources.to_lowercase().replace('-', "_");
    let is_version = word
        .strip_prefix('v')
        .is_some_and(|rest| rest.chars().all(|letter| letter.is_ascii_digit() || letter == '.'));
    let is_word = word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !is_word || is_version {
        return "id".to_owned();
    }
    let one = if let Some(stem) = word.strip_suffix("ies") {
        format!("{stem}y")
    } else if let Some(stem) =
        word.strip_suffix("es").filter(|stem| stem.ends_with(['x', 's']) || stem.ends_with("ch"))
    {
        stem.to_owned()
    } else {
        let stem = word.strip_suffix('s').filter(|stem| !stem.ends_with('s'));
        stem.unwrap_or(&word).to_owned()
    };
    format!("{one}_id")
}

#[cfg(test)]
mod tests {
    use super::{named, singular};

    const ONE: &str = "98b68b53-2939-474e-aab1-64a49c57e941";
    const OTHER: &str = "a42bfade-78ec-4c95-b7b4-272ba265072c";

    #[test]
    fn the_same_id_has_the_same_name_wherever_it_stands() {
        let text = format!(
            "a->>b: GET /v2/images/{ONE}\na->>b: GET /v2/images/{OTHER}/file?x=1\nb-->>a: 200 OK /v2/shared/{ONE}\na->>b: GET /v1/AUTH_7c5d6e0f7c5d6e0f7c5d6e0f7c5d6e0f\n"
        );
        let sent = text.replace("?x=1", "");
        let named = named(&text, &sent, &[]);
        assert_eq!(
            named.text,
            "a->>b: GET /v2/images/{image_id}\na->>b: GET /v2/images/{image_id_2}/file?x=1\nb-->>a: 200 OK /v2/shared/{image_id}\na->>b: GET /v1/AUTH_{auth}\n"
        );
        assert_eq!(named.names[0], ("image_id".to_owned(), Some(ONE.to_owned())));
        assert_eq!(super::named(&named.text, &sent, &[]), named, "names are given once");
    }

    #[test]
    fn names_that_people_gave_stay() {
        let drawn = format!("a->>b: GET /v2/images/{ONE}\na->>b: GET /v2/images/{OTHER}\n");
        let text = format!("a->>b: GET /v2/images/{{mine}}\na->>b: GET /v2/images/{OTHER}\n");
        let known = [("other".to_owned(), OTHER.to_owned())];
        let named = named(&text, &drawn, &known);
        assert_eq!(named.text, "a->>b: GET /v2/images/{mine}\na->>b: GET /v2/images/{other}\n");
        assert_eq!(named.names[0], ("mine".to_owned(), Some(ONE.to_owned())));
    }

    #[test]
    fn a_name_is_that_of_one_thing() {
        for (resources, name) in [
            ("images", "image_id"),
            ("policies", "policy_id"),
            ("floatingips", "floatingip_id"),
            ("security-groups", "security_group_id"),
            ("boxes", "box_id"),
            ("access", "access_id"),
            ("v3", "id"),
            ("", "id"),
        ] {
            assert_eq!(singular(resources), name);
        }
    }
}
