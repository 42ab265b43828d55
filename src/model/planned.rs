//! What a run would do, before it does it.

use super::{Command, Created, Effect, Expected};

/// What a run would do for one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPage {
    /// The page's path below docs_dir.
    pub path: String,
    /// What it would start, in order.
    pub steps: Vec<PlannedStep>,
    /// What it would create, as its last recording shows.
    pub creates: Vec<Created>,
}

/// A command that a run would start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStep {
    /// What the command is for.
    pub phase: Phase,
    /// The command, and where it stands.
    pub command: Command,
    /// What it does to the cloud.
    pub effect: Effect,
    /// Whether the profile permits that.
    pub permitted: bool,
    /// How it is to fail, if the page expects that.
    pub expected: Option<Expected>,
}

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It prepares the page.
    Setup,
    /// It looks up what a documented value is called on the cloud.
    LookUp,
    /// It is documented.
    Documented,
    /// It cleans up.
    Teardown,
}
