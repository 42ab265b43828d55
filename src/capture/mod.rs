//! Where exchanges come from: one trait, one file a source.
//!
//! In: a command that is about to run. Out: the [`Recording`] of everything it and the services
//! behind it said. The sources are the forward proxy in [`proxy`], the log of the services' middleware in
//! [`requestshook`], and what clients tell of themselves in [`debug`]; others are files beside them and
//! need nothing of them.

pub mod debug;
pub mod har;
mod hops;
pub mod merging;
pub mod participants;
pub mod proxy;
pub mod relay;
pub mod replay;
pub mod requestshook;
pub mod seen;

use crate::error::Result;
use crate::model::{Exchange, Recording};

use seen::Seen;

/// How a source wants a command to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// As it is.
    AsItIs,
    /// With these words, so that it tells what it sends.
    Asked(Vec<String>),
    /// As it is; the source will not see what it sends.
    Unseen,
}

/// A source of exchanges.
///
/// What is said before [`begin`](Capture::begin) and after [`end`](Capture::end) belongs to nobody
/// and is not kept, so that commands that only prepare a page leave no trace in it.
pub trait Capture {
    /// The variables that a command of this name needs so that its exchanges are seen. They
    /// replace those that are set; one with an empty value counts as not set.
    fn environment(&self, caller: &str) -> Vec<(String, String)>;

    /// The secrets in the variables of [`environment`](Capture::environment), as (kind, value).
    fn secrets(&self, _caller: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The connections so far, while something was recorded, that nobody could look into.
    fn unseen(&self) -> Vec<proxy::Unseen> {
        Vec::new()
    }

    /// A source beside this one, with this number from 1 on, which may record while others do that have
    /// other numbers, and this one does not. None where recordings cannot be told apart.
    fn beside(&self, _number: usize) -> Option<Box<dyn Capture + Send>> {
        None
    }

    /// How a command is started so that its exchanges are seen.
    fn prepared(&self, _argv: &[String], _caller: &str) -> Prepared {
        Prepared::AsItIs
    }

    /// What the last command that was [prepared](Capture::prepared) printed, without what it printed
    /// because of that.
    ///
    /// # Errors
    ///
    /// When what it told of itself cannot be read.
    fn printed(&self, output: String) -> Result<String> {
        Ok(output)
    }

    /// From now on, what is seen belongs to the recording.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, or a recording has begun and not ended.
    fn begin(&mut self) -> Result<()>;

    /// Waits for a bounded time until nothing is under way, so that all that was said until now has
    /// been seen. Sources that see nothing before the end need not wait.
    fn settle(&self) {}

    /// How many exchanges the recording has so far, which lie before all that begin later; none where
    /// that is known at the end only.
    fn count(&self) -> Option<usize> {
        None
    }

    /// The exchanges since this was last asked, of a source that tells nobody of them as they end. Waits
    /// like [`settle`](Capture::settle).
    ///
    /// # Errors
    ///
    /// When the source cannot be read.
    fn news(&self) -> Result<Vec<Exchange>> {
        Ok(Vec::new())
    }

    /// Waits for a bounded time until nothing is under way, and hands over what was seen.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, or no recording has begun.
    fn end(&mut self) -> Result<Recording>;

    /// What services sent during the last recording, of which it is not known whether it belongs there or
    /// to one that went on at the same time. It is in neither.
    fn doubtful(&mut self) -> Vec<Exchange> {
        Vec::new()
    }

    /// Ends the recording as [`end`](Capture::end) does, and hands over all that the source knows of it.
    ///
    /// # Errors
    ///
    /// As there.
    fn seen(&mut self) -> Result<Seen> {
        Ok(Seen::at_no_time(self.end()?))
    }
}
