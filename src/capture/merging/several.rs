//! Several sources of exchanges as one source.

use super::merged;
use crate::capture::proxy::Unseen;
use crate::capture::seen::Seen;
use crate::capture::{Capture, Prepared};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Exchange, Recording};

/// Sources that are asked together.
pub struct Several {
    sources: Vec<(&'static str, Box<dyn Capture + Send>)>,
    /// Whether one of them tells of exchanges as they end.
    has_witness: bool,
    /// Headers of an answer that tell it from all others.
    ids: &'static [&'static str],
}

impl Several {
    /// These sources, each with what to call it, the one that is trusted most first. `has_witness` says
    /// that one of them tells of exchanges as they end, so that nobody needs to be asked.
    pub fn new(
        sources: Vec<(&'static str, Box<dyn Capture + Send>)>,
        has_witness: bool,
        ids: &'static [&'static str],
    ) -> Self {
        Self { sources, has_witness, ids }
    }

    fn each(&self) -> impl Iterator<Item = &dyn Capture> {
        self.sources.iter().map(|(_, source)| &**source as &dyn Capture)
    }
}

impl Capture for Several {
    fn environment(&self, caller: &str) -> Vec<(String, String)> {
        self.each().flat_map(|source| source.environment(caller)).collect()
    }

    fn secrets(&self, caller: &str) -> Vec<(String, String)> {
        self.each().flat_map(|source| source.secrets(caller)).collect()
    }

    fn unseen(&self) -> Vec<Unseen> {
        self.each().flat_map(Capture::unseen).collect()
    }

    fn prepared(&self, argv: &[String], caller: &str) -> Prepared {
        let mut asked: Option<Vec<String>> = None;
        let mut is_seen = false;
        for source in self.each() {
            match source.prepared(asked.as_deref().unwrap_or(argv), caller) {
                Prepared::AsItIs => is_seen = true,
                Prepared::Asked(words) => asked = Some(words),
                Prepared::Unseen => {}
            }
        }
        match asked {
            Some(words) => Prepared::Asked(words),
            None if is_seen => Prepared::AsItIs,
            None => Prepared::Unseen,
        }
    }

    fn printed(&self, output: String) -> Result<String> {
        self.each().try_fold(output, |output, source| source.printed(output))
    }

    fn begin(&mut self) -> Result<()> {
        self.sources.iter_mut().try_for_each(|(_, source)| source.begin())
    }

    fn settle(&self) {
        self.each().for_each(Capture::settle);
    }

    fn news(&self) -> Result<Vec<Exchange>> {
        if self.has_witness {
            return Ok(Vec::new());
        }
        let news: Vec<Vec<Exchange>> = self.each().map(Capture::news).collect::<Result<_>>()?;
        Ok(news.concat())
    }

    fn end(&mut self) -> Result<Recording> {
        Ok(self.seen()?.recording)
    }

    fn seen(&mut self) -> Result<Seen> {
        // All of them end, also where one cannot.
        let all: Vec<(&str, Result<Seen>)> =
            self.sources.iter_mut().map(|(name, source)| (*name, source.seen())).collect();
        let (mut whole, mut silent) = (None, Vec::new());
        for (name, seen) in all {
            let seen = seen?;
            if seen.recording.messages.is_empty() {
                silent.push(name);
            }
            whole = Some(match whole {
                Some(before) => merged(before, seen, self.ids),
                None => seen,
            });
        }
        let mut whole: Seen = whole
            .ok_or_else(|| Error::new(ErrorKind::Settings, "there is no source of exchanges"))?;
        if !whole.recording.messages.is_empty() {
            whole.left_out.extend(silent.iter().map(|name| format!("anything by `{name}`")));
        }
        Ok(whole)
    }
}
