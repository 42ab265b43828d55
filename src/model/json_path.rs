//! Paths to values in JSON: the part of JSONPath (RFC 9535) that names places without looking at
//! values: `$`, `.key`, `['key']`, `[0]`, `[*]`, `.*` and `..key`.

use std::iter;

/// A path such as `$.servers[*].serial`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    what: What,
    /// Whether any number of steps may come before this one: `..`.
    anywhere: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Key(String),
    Index(usize),
    Any,
}

/// The way from the top of a JSON value to a value in it, from there back.
#[derive(Debug, Clone, Copy)]
pub struct Trail<'a> {
    before: Option<&'a Trail<'a>>,
    part: Part<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Trail<'a> {
    /// The way on to the value under a key.
    pub fn member(before: Option<&'a Self>, key: &'a str) -> Self {
        Self { before, part: Part::Key(key) }
    }

    /// The way on to an element.
    pub fn element(before: Option<&'a Self>, index: usize) -> Self {
        Self { before, part: Part::Index(index) }
    }
}

impl JsonPath {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it: lower case, no full stop.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.strip_prefix('$').ok_or("a path begins with `$`")?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let anywhere = rest.starts_with("..");
            let (what, behind) = if anywhere {
                let behind = &rest[2..];
                if behind.starts_with('[') { bracket(behind)? } else { name(behind)? }
            } else if let Some(behind) = rest.strip_prefix('.') {
                name(behind)?
            } else {
                bracket(rest)?
            };
            steps.push(Step { what, anywhere });
            rest = behind;
        }
        if steps.is_empty() {
            return Err("a path leads to a part of the whole, as `$.id` does".to_owned());
        }
        Ok(Self { steps })
    }

    /// Whether the path leads where the trail does; none is the top.
    pub fn leads_to(&self, trail: Option<&Trail<'_>>) -> bool {
        lead_to(&self.steps, trail)
    }
}

fn lead_to(steps: &[Step], trail: Option<&Trail<'_>>) -> bool {
    match (steps.split_last(), trail) {
        (None, None) => true,
        (Some((last, before)), Some(trail)) if last.what.fits(trail.part) => {
            let mut ancestors = iter::successors(trail.before, |trail| trail.before);
            lead_to(before, trail.before)
                || last.anywhere
                    && (ancestors.any(|ancestor| lead_to(before, Some(ancestor)))
                        || lead_to(before, None))
        }
        _ => false,
    }
}

impl What {
    fn fits(&self, part: Part<'_>) -> bool {
        match (self, part) {
            (Self::Any, _) => true,
            (Self::Key(one), Part::Key(other)) => one == other,
            (Self::Index(one), Part::Index(other)) => *one == other,
            _ => false,
        }
    }
}

/// A name or `*` at the beginning of the text, and what is behind it.
fn name(text: &str) -> Result<(What, &str), String> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, behind) = text.split_at(end);
    match name {
        "" => Err("a name is missing behind a `.`".to_owned()),
        "*" => Ok((What::Any, behind)),
        name => Ok((What::Key(name.to_owned()), behind)),
    }
}

/// `[0]`, `[*]`, `['key']` or `["key"]` at the beginning of the text, and what is behind it.
fn bracket(text: &str) -> Result<(What, &str), String> {
    let unknown = || format!("`{text}` is no part of a path that is understood here");
    let inside = text.strip_prefix('[').ok_or_else(unknown)?;
    if let Some(quote) = inside.chars().next().filter(|first| ['\'', '"'].contains(first)) {
        let (key, behind) = inside[1..].split_once(quote).ok_or_else(unknown)?;
        let behind = behind.strip_prefix(']').ok_or_else(unknown)?;
        return Ok((What::Key(key.to_owned()), behind));
    }
    let (inside, behind) = inside.split_once(']').ok_or_else(unknown)?;
    match inside.trim() {
        "*" => Ok((What::Any, behind)),
        number => Ok((What::Index(number.parse().map_err(|_| unknown())?), behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonPath, Trail};

    /// Whether the path leads to `servers`, element 3, `serial`.
    fn leads(path: &str) -> bool {
        let servers = Trail::member(None, "servers");
        let third = Trail::element(Some(&servers), 3);
        let serial = Trail::member(Some(&third), "serial");
        JsonPath::parse(path).expect("it is a path").leads_to(Some(&serial))
    }

    #[test]
    fn a_path_leads_to_its_place_and_to_no_other() {
        for path in [
            "$.servers[*].serial",
            "$['servers'][3][\"serial\"]",
            "$..serial",
            "$.servers..serial",
            "$..[3].serial",
            "$.*[*].*",
            "$..*",
        ] {
            assert!(leads(path), "{path}");
        }
        for path in [
            "$.serial",
            "$.servers[*]",
            "$.servers[2].serial",
            "$.servers.serial",
            "$..servers",
            "$..id",
        ] {
            assert!(!leads(path), "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in ["", "servers", "$", "$.", "$.a..", "$[a]", "$['a'", "$[?(@.x)]", "$x"] {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
    }
}
