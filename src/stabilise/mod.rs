//! Makes a run fit to be shown: no secret in it, and documented values wherever only volatile
//! values differ.
//!
//! In: what a run printed and sent, what the page documents, the values that must not be shown.
//! Out: a [`StableRecording`], the only thing that `render` draws, so that drawing something
//! unredacted does not compile.

mod align;
mod encodings;
mod find;
mod order;
mod pins;
mod places;
mod published;
mod redact;
mod settle;
mod volatile;

pub use find::Found;
pub use pins::Pins;
pub use published::{Published, ShortSecrets};
pub use redact::{Redacted, Secrets};

use settle::Settler;

use crate::model::{Recording, Run};
use crate::settings::doctool::RedactSettings;

/// A run without secrets, told in documented values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StableRecording(Run);

impl StableRecording {
    /// What a page documents, as it stands there but for secrets that can be told by their place.
    pub fn documented(run: &Run) -> Self {
        Self(Secrets::of(&[], run, &RedactSettings::default()).redact(run).into_run())
    }

    /// What each command printed.
    pub fn outputs(&self) -> &[String] {
        &self.0.outputs
    }

    /// What was sent.
    pub fn recording(&self) -> &Recording {
        &self.0.recording
    }
}

/// Which documented values a run's live values stand for, from comparing it with what its page
/// documents.
pub fn learn(documented: &Run, live: &Redacted) -> Pins {
    let mut pins = Pins::default();
    Settler { pins: &mut pins }.run(documented, live.run());
    pins
}

/// The run as the page is to show it. `pins` holds what was [learnt](learn) from this page and
/// from the others of the same run.
pub fn stabilise(documented: &Run, live: &Redacted, mut pins: Pins) -> StableRecording {
    StableRecording(Settler { pins: &mut pins }.run(documented, live.run()))
}
