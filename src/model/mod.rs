//! The values that the stages hand on. Imports nothing else of doctool.

mod adoption;
pub(crate) mod clock;
mod cloud;
mod confined;
mod created;
mod diagnostic;
mod directory;
mod effect;
mod entry;
mod event;
mod excerpt;
mod exchange;
mod fate;
mod fence_text;
mod file_text;
mod files;
mod finding;
mod json;
mod json_path;
mod lines;
mod noise;
mod outcome;
mod page;
mod place;
mod plan;
mod planned;
mod presentation;
mod publication;
mod remote;
mod survey;

pub use adoption::{AdoptedView, Adoption, HandEdit, HandEditKind, Unplaced};
pub use cloud::{CERTIFICATE_VARIABLES, Caller, Cloud, Relay, Service, host_of, names_host};
pub use confined::LeavesSite;
pub use created::{Asked, Created};
pub use diagnostic::{Diagnostic, DiagnosticKind, Severity, Told, distinct};
pub use directory::Directory;
pub use effect::Effect;
pub use entry::{Content, Entry, Line};
pub use event::{Event, Events};
pub use excerpt::Excerpt;
pub use exchange::{
    Arrow, Body, Exchange, Header, Message, Process, Recording, Request, Response, Run, path_of,
};
pub use fate::{Expected, Fate, Fault, is_failure};
pub use fence_text::FenceText;
pub use file_text::FileText;
pub(crate) use file_text::newlines;
pub use files::{FileCache, FileId};
pub use finding::{Finding, FindingKind, Sides};
pub use json::Json;
pub use json_path::{JsonPath, Trail};
pub use lines::Lines;
pub use noise::{Noise, NoiseCall};
pub use outcome::{Hold, Level, Outcome, PageOutcome, Share, Skipped};
pub use page::{
    Container, ContainerKind, ContentLine, Fence, FencedBlock, FrontMatter, Include, IncludeKind,
    IncludeStatus, Note, Origin, Page,
};
pub use place::Place;
pub use plan::{
    Change, Command, ConsoleFence, DiagramPart, NotRun, PagePlan, Prose, Region, Variable, View,
    ViewKind,
};
pub use planned::{Phase, PlannedPage, PlannedStep};
pub use presentation::{Presentation, StepRule};
pub use publication::{Edit, Leak, TextForm};
pub use remote::{Fetched, Remote, is_url};
pub use survey::{StarterFile, Survey};
