//! What `check` says, in every form: a [`CheckReport`] in, text out; one file a format.
//!
//! The report is a value of its own. It holds what is shown, without secrets, so that no format has
//! to hide any, and so that the reports of several runs can be joined and told as one.

mod events;
mod gathered;
mod github;
mod json;
mod junit;
mod markdown;
mod merged;
mod sarif;
mod text;
mod value;

pub use events::{CheckEvent, Events};
pub use github::GitHub;
pub use json::Json;
pub use junit::JUnit;
pub use markdown::Markdown;
pub use merged::merged;
pub use sarif::Sarif;
pub use text::Text;
pub use value::{
    CheckReport, CheckedPage, CheckedView, Failure, Found, Secret, SkippedPage, Summary,
};

/// A form in which a report is told.
pub trait Report {
    /// The whole report in this form.
    fn told(&self, report: &CheckReport) -> String;

    /// Says the same in several parts, one behind the other: reports may be long.
    fn tell(&self, report: &CheckReport, say: &mut dyn FnMut(&str)) {
        say(&self.told(report));
    }
}
