//! A view as it stands and the view as it is now, made into one that keeps what people wrote.
//!
//! In: the region with its text, and the new text. Out: the [`Change`], whose text is the region's
//! own where there is nothing to tell. Structure first: a request/response page is merged section by
//! section, a diagram line by line. What doctool generates (headings, messages, the content of
//! fences, output) follows the run; what stands around it is a person's and stays.

mod body;
mod console;
mod diagram;

use crate::model::{Change, View, ViewKind};

/// What is to stand in the view's place.
pub fn merge(view: &View, new: &str) -> Change {
    let old = &*view.region.text;
    let text = match view.kind {
        ViewKind::Console(_) => console::merge(old, new),
        ViewKind::Diagram => diagram::merge(old, new),
        ViewKind::Body => body::merge(old, new),
        ViewKind::Log => new.to_owned(),
    };
    Change { kind: view.kind, region: view.region.clone(), text }
}
