//! The values that the stages hand on. Imports nothing else of doctool.

mod cloud;
mod diagnostic;
mod event;
mod exchange;
mod files;
mod finding;
mod json;
mod lines;
mod outcome;
mod page;
mod place;
mod plan;

pub use cloud::{Caller, Cloud, Relay, Service};
pub use diagnostic::{Diagnostic, DiagnosticKind};
pub use event::{Event, Events};
pub use exchange::{
    Arrow, Body, Exchange, Header, Message, Recording, Request, Response, Run, path_of,
};
pub use files::{FileCache, FileId};
pub use finding::{Finding, FindingKind, Sides};
pub use json::Json;
pub use lines::Lines;
pub use outcome::{Outcome, PageOutcome};
pub use page::{
    Container, ContainerKind, ContentLine, Fence, FrontMatter, Include, IncludeKind, IncludeStatus,
    Note, Origin, Page,
};
pub use place::Place;
pub use plan::{Change, Command, ConsoleFence, NotRun, PagePlan, Region, View, ViewKind};
