//! What the text of an arrow says about the messages that it stands for.
//!
//! In: the arrow's text as it is written. Out: a [`Documented`] that tells which recorded messages it
//! stands for, and which values its names in braces have then.

use std::sync::LazyLock;

use regex::Regex;

static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{(?<name>[A-Za-z_][\w-]*)\}").expect("the pattern is valid"));

static ENTITY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"#(?<code>\d+|[a-z]+);").expect("the pattern is valid"));

/// How many ways of reading names into one message are looked at.
const READINGS: usize = 16;

/// How many steps reading names into one message may take: names side by side can be read in many ways.
const STEPS: usize = 10_000;

/// The text of an arrow.
#[derive(Debug, Clone)]
pub(super) struct Documented {
    /// The whole text, entities resolved.
    pub(super) text: String,
    /// What recorded texts may be: with and without the words that stand behind.
    pub(super) ways: Vec<Vec<Piece>>,
    /// The parameters that a query must have.
    pub(super) query: Vec<Vec<Piece>>,
    /// Where the message goes, as it is written.
    pub(super) path: Option<String>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Stands for itself.
    Literal(String),
    /// Stands for a segment of a path or a part of one.
    Name(u32),
}

/// Names with what they stand for.
pub(super) type Reading<'a> = Vec<(u32, &'a str)>;

impl Documented {
    /// Reads the text of an arrow; none if it does not begin as a message does, with a method or a
    /// status. `names` are those of the diagram; new ones are added.
    pub(super) fn of(text: &str, names: &mut Vec<String>) -> Option<Self> {
        let text = resolved(text);
        let first = text.split(|next: char| next.is_whitespace() || next == '<').next()?;
        let is_method = first.len() > 1 && first.bytes().all(|next| next.is_ascii_uppercase());
        let is_status = first.len() == 3 && first.bytes().all(|next| next.is_ascii_digit());
        if !is_method && !is_status {
            return None;
        }
        let start = path_start(&text);
        let end = start.map_or(first.len(), |start| token_end(&text, start));
        let asked = start.and_then(|start| Some(start + text[start..end].find('?')?));
        let path = start.map(|start| text[start..asked.unwrap_or(end)].to_owned());
        let query = asked.map_or("", |asked| &text[asked + 1..end]);
        let said = format!("{}{}", &text[..asked.unwrap_or(end)], &text[end..]);
        // Words stand behind a blank or a line break, and none of them belongs to the path.
        let shortest = asked.unwrap_or(end);
        let behind = said[shortest..].match_indices([' ', '<']).map(|(at, _)| shortest + at);
        let mut ends: Vec<usize> = behind.chain([said.len()]).collect();
        ends.dedup();
        let mut pieces = |text: &str| pieces(text, names);
        let ways = ends.into_iter().map(|end| pieces(&said[..end])).collect();
        let query = query.split('&').filter(|pair| !pair.is_empty()).map(&mut pieces).collect();
        Some(Self { ways, query, path, text })
    }

    /// The ways in which it stands for a recorded message; empty if it does not.
    pub(super) fn readings<'a>(&self, text: &'a str, query: Option<&'a str>) -> Vec<Reading<'a>> {
        let mut readings = Vec::new();
        for way in &self.ways {
            read(way, text, Vec::new(), &mut readings, &mut STEPS.clone());
        }
        if !self.query.is_empty() {
            let sent: Vec<&str> = query.unwrap_or_default().split('&').collect();
            readings = readings.into_iter().filter_map(|read| self.asked(read, &sent)).collect();
        }
        readings
    }

    /// A reading with the names of the query, if all of its parameters were sent.
    fn asked<'a>(&self, mut reading: Reading<'a>, sent: &[&'a str]) -> Option<Reading<'a>> {
        for pair in &self.query {
            reading = sent.iter().find_map(|sent| {
                let mut readings = Vec::new();
                read(pair, sent, reading.clone(), &mut readings, &mut STEPS.clone());
                readings.into_iter().next()
            })?;
        }
        Some(reading)
    }

    /// Whether names stand in it.
    pub(super) fn has_names(&self) -> bool {
        let is_name = |piece: &Piece| matches!(piece, Piece::Name(_));
        self.ways.iter().chain(&self.query).flatten().any(is_name)
    }

    /// The texts that it stands for, where no names are in it.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.ways.iter().map(|way| match &way[..] {
            [Piece::Literal(text)] => text.as_str(),
            _ => "",
        })
    }
}

/// Where the path begins: at the first word that begins with a slash.
fn path_start(text: &str) -> Option<usize> {
    let slashes = text.match_indices('/').map(|(at, _)| at);
    slashes.into_iter().find(|&at| text[..at].ends_with(char::is_whitespace))
}

fn token_end(text: &str, start: usize) -> usize {
    let end = text[start..].find(|next: char| next.is_whitespace() || next == '<');
    end.map_or(text.len(), |end| start + end)
}

/// A text with its entities, such as `#59;`, as the characters that they stand for.
pub(super) fn resolved(text: &str) -> String {
    if !text.contains('#') {
        return text.trim().to_owned();
    }
    let character = |found: &regex::Captures<'_>| {
        let code = &found["code"];
        let named = match code {
            "amp" => Some('&'),
            "apos" => Some('\''),
            "colon" => Some(':'),
            "comma" => Some(','),
            "gt" => Some('>'),
            "lt" => Some('<'),
            "num" => Some('#'),
            "quot" => Some('"'),
            "semi" => Some(';'),
            _ => code.parse().ok().and_then(char::from_u32),
        };
        named.map_or_else(|| found[0].to_owned(), String::from)
    };
    ENTITY.replace_all(text, character).trim().to_owned()
}

fn pieces(text: &str, names: &mut Vec<String>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut from = 0;
    if text.contains('{') {
        for found in NAME.captures_iter(text) {
            let whole = found.get(0).expect("the whole match is there");
            if from < whole.start() {
                pieces.push(Piece::Literal(text[from..whole.start()].to_owned()));
            }
            let name = &found["name"];
            let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            pieces.push(Piece::Name(u32::try_from(index).expect("a diagram has fewer names")));
            from = whole.end();
        }
    }
    if from < text.len() {
        pieces.push(Piece::Literal(text[from..].to_owned()));
    }
    pieces
}

/// Gathers the ways of reading a text as the pieces, those with long values first.
fn read<'a>(
    pieces: &[Piece],
    text: &'a str,
    known: Reading<'a>,
    readings: &mut Vec<Reading<'a>>,
    steps: &mut usize,
) {
    if readings.len() == READINGS || *steps == 0 {
        return;
    }
    *steps -= 1;
    let Some((piece, rest)) = pieces.split_first() else {
        if text.is_empty() && !readings.contains(&known) {
            readings.push(known);
        }
        return;
    };
    let expected = match piece {
        Piece::Literal(literal) => Some(literal.as_str()),
        Piece::Name(name) => known.iter().find(|(other, _)| other == name).map(|(_, value)| *value),
    };
    if let Some(expected) = expected {
        if let Some(behind) = text.strip_prefix(expected) {
            read(rest, behind, known, readings, steps);
        }
        return;
    }
    let Piece::Name(name) = piece else { return };
    let ends = |next: char| next == '/' || next == '?' || next.is_whitespace();
    let longest = text.find(ends).unwrap_or(text.len());
    let stops = text[..longest].char_indices().map(|(at, next)| at + next.len_utf8());
    let stops: Vec<usize> = stops.collect();
    for stop in stops.into_iter().rev() {
        let mut known = known.clone();
        known.push((*name, &text[..stop]));
        read(rest, &text[stop..], known, readings, steps);
    }
}

#[cfg(test)]
mod tests {
    use super::Documented;

    fn fits(documented: &str, text: &str, query: Option<&str>) -> bool {
        let documented = Documented::of(documented, &mut Vec::new()).expect("it is a message");
        !documented.readings(text, query).is_empty()
    }

    #[test]
    fn words_behind_a_message_do_not_matter() {
        assert!(fits("GET /v2/images (cached)", "GET /v2/images", None));
        assert!(fits("GET /v2/images<br/>again", "GET /v2/images", None));
        assert!(fits("200 OK", "200 OK", None));
        assert!(!fits("GET /v2/images-old", "GET /v2/images", None));
        assert!(!fits("GET /v2", "GET /v2/images", None));
        assert!(!fits("200 OK", "200 OK /v2", None), "the path is missing");
    }

    #[test]
    fn a_documented_query_must_be_there() {
        assert!(fits("GET /v2?b=2&a=1 (why?)", "GET /v2", Some("a=1&b=2&c=3")));
        assert!(fits("GET /v2 (why?)", "GET /v2", Some("a=1")));
        assert!(!fits("GET /v2?a=1", "GET /v2", Some("a=2")));
        assert!(!fits("GET /v2?a=1", "GET /v2", None));
        assert!(fits("GET /v2?marker={id}", "GET /v2", Some("marker=7c")));
    }

    #[test]
    fn a_name_stands_for_a_segment_or_a_part_of_one() {
        assert!(fits("GET /v1/AUTH_{account}/{id}", "GET /v1/AUTH_7c/a4", None));
        assert!(!fits("GET /v1/{id}", "GET /v1/7c/a4", None));
        assert!(!fits("GET /v1/{id}", "GET /v1/", None));
        assert!(fits("GET /{id}-{id}", "GET /a-b-a-b", None));
        assert!(!fits("GET /{id}-{id}", "GET /a-b", None));
    }

    #[test]
    fn what_begins_with_neither_a_method_nor_a_status_is_no_message() {
        for text in ["", "asks for a token", "Note", "20 times", "A"] {
            assert!(Documented::of(text, &mut Vec::new()).is_none(), "{text}");
        }
    }

    #[test]
    fn entities_stand_for_their_characters() {
        assert!(fits("GET /a#59;b#35;c", "GET /a;b#c", None));
    }
}
