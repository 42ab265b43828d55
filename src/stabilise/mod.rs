//! Makes a run fit to be shown: no secret in it, and documented values wherever only volatile
//! values differ.
//!
//! In: what a run printed and sent, what the page documents, the values that must not be shown.
//! Out: a [`StableRecording`], the only thing that `render` draws, so that drawing something
//! unredacted does not compile.

mod align;
mod bindings;
mod encodings;
mod filter;
mod find;
mod finder;
mod laid;
mod long_values;
mod order;
mod outputs;
mod pairs;
mod pins;
mod places;
mod published;
mod redact;
mod sent;
mod settle;
mod tables;
mod volatile;
mod windows;

pub use bindings::{Bindings, Translated};
pub use filter::{Filter, Memory, StableEntry};
pub use find::Found;
pub use laid::Laying;
pub use pins::Pins;
pub use published::{Published, ShortSecrets, Sight, Sighted};
pub use redact::{Learnt, Redacted, Secrets};
pub use sent::SeenMessages;
pub use volatile::Volatile;

use settle::Settler;

use crate::model::{Recording, Run};
use crate::settings::doctool::RedactSettings;

/// A run without secrets, told in documented values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StableRecording {
    run: Run,
    partners: Vec<Option<usize>>,
}

impl StableRecording {
    /// What a page documents, as it stands there but for secrets that can be told by their place.
    pub fn documented(run: &Run) -> Self {
        Self::redacted(Secrets::of(&[], run, &RedactSettings::default()).redact(run))
    }

    /// What a page documents, as it stands there but for secrets.
    pub fn redacted(run: Redacted) -> Self {
        let run = run.into_run();
        let partners = (0..run.recording.exchanges.len()).map(Some).collect();
        Self { run, partners }
    }

    /// What each command printed.
    pub fn outputs(&self) -> &[String] {
        &self.run.outputs
    }

    /// What was sent.
    pub fn recording(&self) -> &Recording {
        &self.run.recording
    }

    /// For each exchange the index of the documented one that it repeats, if there is one.
    pub fn partners(&self) -> &[Option<usize>] {
        &self.partners
    }
}

/// Which documented values a run's live values stand for, from comparing it with what its page
/// documents.
pub fn learn(volatile: &Volatile, documented: &Redacted, live: &Redacted) -> Pins {
    let mut pins = Pins::default();
    let partners = partners(volatile, documented, live);
    Settler { volatile, pins: &mut pins }.run(documented.run(), live.run(), &partners);
    pins
}

/// The run as the page is to show it. `pins` holds what was [learnt](learn) from this page and
/// from the others of the same run.
pub fn stabilise(
    volatile: &Volatile,
    documented: &Redacted,
    live: &Redacted,
    mut pins: Pins,
) -> StableRecording {
    let partners = partners(volatile, documented, live);
    let settler = &mut Settler { volatile, pins: &mut pins };
    let run = settler.run(documented.run(), live.run(), &partners);
    StableRecording { run, partners }
}

fn partners(volatile: &Volatile, documented: &Redacted, live: &Redacted) -> Vec<Option<usize>> {
    let [old, new] = [documented, live].map(|redacted| &*redacted.run().recording.exchanges);
    align::exchanges(volatile, old, new)
}
