//! What `doctool adopt --format json` prints: what is known of pages in, a value to serialise out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{AdoptedView, Adoption, HandEdit, HandEditKind, Leak, Place, Unplaced};

/// Everything that `adopt` says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AdoptionReport {
    /// Pages with views, or with something to say, in the order of the navigation.
    pub pages: Vec<AdoptedPage>,
    /// How many hand edits of each kind all pages have.
    pub edits: BTreeMap<&'static str, usize>,
    /// How many places are not recognised.
    pub unplaced: usize,
    /// How many secrets of each kind all pages publish.
    pub secrets: BTreeMap<String, usize>,
}

/// A page.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AdoptedPage {
    /// Path of the page below docs_dir.
    pub path: String,
    /// Messages in its recording; null when it has none.
    pub messages: Option<usize>,
    /// Its views.
    pub views: Vec<ReportedView>,
    /// What people edited and a refresh keeps.
    pub edits: Vec<ReportedEdit>,
    /// What a refresh would not know what to do with.
    pub unplaced: Vec<ReportedPlace>,
    /// Published secrets, by place and kind only.
    pub secrets: Vec<ReportedSecret>,
}

/// A view as it stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedView {
    /// `console`, `diagram`, `body` or `log`.
    pub kind: String,
    /// The file that holds it, relative to the working directory.
    pub file: String,
    /// 1-based number of its first line.
    pub line: usize,
    /// How many messages it tells; null for console output.
    pub messages: Option<usize>,
    /// How many of them, and of those it lacks, are not as in the recording; null where there is
    /// nothing to compare it with.
    pub differing: Option<usize>,
}

/// Something that a person edited.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedEdit {
    /// What sort of edit it is, such as `step-reference`.
    pub kind: &'static str,
    /// The file, relative to the working directory.
    pub file: String,
    /// 1-based line where it begins.
    pub line: usize,
    /// A block's label, or a reference as it is written; empty for others.
    pub text: String,
}

/// Something that is not recognised.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedPlace {
    /// The file, relative to the working directory.
    pub file: String,
    /// 1-based line where it begins.
    pub line: usize,
    /// What is the matter.
    pub reason: String,
}

/// A published secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedSecret {
    /// What it is, such as `token`.
    pub kind: String,
    /// The file, relative to the working directory.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column in characters.
    pub column: usize,
    /// The same number for the same value.
    pub value: usize,
}

impl AdoptionReport {
    /// What is known of some pages.
    pub fn of(adoptions: &[Adoption]) -> Self {
        let edits = adoptions.iter().flat_map(|page| &page.edits);
        let leaks = adoptions.iter().flat_map(|page| &page.leaks);
        let mut report = Self {
            pages: adoptions.iter().filter(|page| has_something(page)).map(page).collect(),
            edits: HandEditKind::ALL.into_iter().map(|kind| (kind.name(), 0)).collect(),
            unplaced: adoptions.iter().map(|page| page.unplaced.len()).sum(),
            secrets: BTreeMap::new(),
        };
        edits.for_each(|edit| *report.edits.entry(edit.kind.name()).or_default() += 1);
        leaks.for_each(|leak| *report.secrets.entry(leak.kind.clone()).or_default() += 1);
        report
    }

    /// The JSON schema of what is printed.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }
}

/// Whether there is anything to say about a page.
pub(super) fn has_something(page: &Adoption) -> bool {
    !(page.views.is_empty() && page.edits.is_empty() && page.leaks.is_empty())
}

fn page(page: &Adoption) -> AdoptedPage {
    AdoptedPage {
        path: page.path.clone(),
        messages: page.messages,
        views: page.views.iter().map(view).collect(),
        edits: page.edits.iter().map(edit).collect(),
        unplaced: page.unplaced.iter().map(unplaced).collect(),
        secrets: page.leaks.iter().map(secret).collect(),
    }
}

fn view(view: &AdoptedView) -> ReportedView {
    ReportedView {
        kind: view.kind.to_string(),
        file: file(&view.place),
        line: view.place.line,
        messages: view.messages,
        differing: view.differing,
    }
}

fn edit(edit: &HandEdit) -> ReportedEdit {
    ReportedEdit {
        kind: edit.kind.name(),
        file: file(&edit.place),
        line: edit.place.line,
        text: edit.text.clone(),
    }
}

fn unplaced(unplaced: &Unplaced) -> ReportedPlace {
    ReportedPlace {
        file: file(&unplaced.place),
        line: unplaced.place.line,
        reason: unplaced.reason.clone(),
    }
}

fn secret(leak: &Leak) -> ReportedSecret {
    ReportedSecret {
        kind: leak.kind.clone(),
        file: file(&leak.place),
        line: leak.place.line,
        column: leak.place.column,
        value: leak.value,
    }
}

fn file(place: &Place) -> String {
    place.file.to_string_lossy().into_owned()
}
