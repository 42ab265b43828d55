//! What happens while doctool works, told to whoever listens. Events carry no command output.

use std::time::Duration;

/// Something that happened or begins to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step of bringing up the cloud, or of watching it, begins, such as `installing 125 packages`.
    Cloud(String),
    /// A documented command begins: the page's path below docs_dir, and the command line.
    CommandStarted {
        /// Page path below docs_dir.
        page: String,
        /// The command as documented.
        command: String,
    },
    /// A command has ended, well or not.
    CommandEnded {
        /// Page path below docs_dir.
        page: String,
        /// The command as documented.
        command: String,
        /// How long it ran.
        took: Duration,
    },
    /// All commands of a page have ended.
    PageEnded {
        /// Page path below docs_dir.
        page: String,
    },
    /// Something that the user should know and that stops nothing.
    Warning(String),
}

/// Where events go. Shared between threads, so it decides for itself how to serialise.
pub type Events<'a> = &'a (dyn Fn(Event) + Sync);
