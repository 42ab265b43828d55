//! Who owns a URL: the names at the right end of the arrows.
//!
//! In: services whose addresses are known, rules from the settings, and what the exchanges
//! themselves say. Out: a participant name for each URL. The first that knows wins: a known
//! service, a rule, what the cloud's own directory says, else the host and port.

use regex::Regex;

use crate::model::{Directory, Recording, Service};

/// URLs that match belong to this name.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Searched in the absolute URL with its query.
    pub url: Regex,
    /// Participant name.
    pub name: String,
}

/// Gives URLs their owners' names.
#[derive(Debug, Clone, Default)]
pub struct Participants {
    known: Vec<Service>,
    rules: Vec<Rule>,
    directory: Directory,
    learnt: Vec<Service>,
}

impl Participants {
    /// Names from services whose addresses are known beforehand, then from the first rule that
    /// matches.
    pub fn new(known: Vec<Service>, rules: Vec<Rule>) -> Self {
        Self { known, rules, directory: Directory::default(), learnt: Vec::new() }
    }

    /// The same on a cloud whose exchanges tell of it in this way.
    #[must_use]
    pub fn on(self, directory: Directory) -> Self {
        Self { directory, ..self }
    }

    /// How the exchanges tell of the cloud.
    pub fn directory(&self) -> Directory {
        self.directory
    }

    /// Fills in whom each exchange went to. What a directory among the exchanges says holds for
    /// those before it, too, and for later recordings.
    pub fn resolve(&mut self, recording: &mut Recording) {
        for service in self.directory.all_services(&recording.exchanges) {
            if !self.learnt.contains(&service) {
                self.learnt.push(service);
            }
        }
        for exchange in &mut recording.exchanges {
            exchange.to = self.name(&exchange.request.url);
        }
    }

    /// Fills in whom those exchanges went to of which nobody has said it.
    pub fn resolve_missing(&mut self, recording: &mut Recording) {
        let said: Vec<String> = recording.exchanges.iter().map(|it| it.to.clone()).collect();
        self.resolve(recording);
        for (exchange, said) in recording.exchanges.iter_mut().zip(said) {
            if !said.is_empty() {
                exchange.to = said;
            }
        }
    }

    /// The program that names itself by this product.
    pub fn program(&self, product: &str) -> String {
        (self.directory.program)(product).unwrap_or(product).to_owned()
    }

    /// The name of the URL's owner.
    pub fn name(&self, url: &str) -> String {
        let place = Place::of(url);
        let rule = || self.rules.iter().find(|rule| rule.url.is_match(url)).map(|rule| &rule.name);
        longest(&self.known, &place)
            .or_else(rule)
            .or_else(|| longest(&self.learnt, &place))
            .map_or_else(|| place.authority.clone(), Clone::clone)
    }
}

/// The name of the service with the longest prefix that the place lies under.
fn longest<'a>(services: &'a [Service], place: &Place<'_>) -> Option<&'a String> {
    let mut best: Option<(usize, &String)> = None;
    for service in services {
        let root = Place::of(&service.url);
        // The first of equals wins, so that a second version of a service changes nothing.
        if place.is_under(&root) && best.is_none_or(|(length, _)| root.path.len() > length) {
            best = Some((root.path.len(), &service.name));
        }
    }
    best.map(|(_, name)| name)
}

/// A URL, taken apart as far as ownership goes.
struct Place<'a> {
    scheme: String,
    /// Host and port, in lower case, without the port that the scheme implies.
    authority: String,
    /// Without the slash at its end and the query.
    path: &'a str,
}

impl<'a> Place<'a> {
    fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let path = rest[end..].split(['?', '#']).next().unwrap_or_default();
        let scheme = scheme.to_ascii_lowercase();
        let implied = if scheme == "https" { ":443" } else { ":80" };
        let authority = rest[..end].to_ascii_lowercase();
        let authority = authority.strip_suffix(implied).unwrap_or(&authority).to_owned();
        Self { scheme, authority, path: path.trim_end_matches('/') }
    }

    fn is_under(&self, root: &Place<'_>) -> bool {
        let below = self.path.strip_prefix(root.path);
        self.scheme == root.scheme
            && self.authority == root.authority
            && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str, url: &str) -> Service {
        Service { name: name.into(), url: url.into() }
    }

    #[test]
    fn the_longest_prefix_wins_and_ends_at_a_slash() {
        let known = vec![
            service("front", "http://h"),
            service("glance-api", "http://h/image/"),
            service("other", "http://H:80/image/v9"),
        ];
        let names = Participants::new(known, Vec::new());
        assert_eq!(names.name("http://h/image"), "glance-api");
        assert_eq!(names.name("http://h:80/image?x=/y"), "glance-api");
        assert_eq!(names.name("http://h/images"), "front");
        assert_eq!(names.name("http://h/image/v9/a"), "other");
        assert_eq!(names.name("http://H2:9292/image"), "h2:9292");
    }

    #[test]
    fn known_services_come_before_rules_and_rules_before_what_was_learnt() {
        let rules = vec![
            Rule { url: Regex::new("^http://h/special").unwrap(), name: "ruled".into() },
            Rule { url: Regex::new("image").unwrap(), name: "late".into() },
        ];
        let mut names = Participants::new(vec![service("known", "http://h/special/k")], rules);
        names.learnt = vec![service("learnt", "http://h")];
        assert_eq!(names.name("http://h/special/k/1"), "known");
        assert_eq!(names.name("http://h/special/image"), "ruled");
        assert_eq!(names.name("http://h/image"), "late");
        assert_eq!(names.name("http://h/rest"), "learnt");
    }
}
