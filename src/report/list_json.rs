//! What `doctool list --format json` prints: pages in, a value to serialise out.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::model::{
    Command, ContainerKind, Diagnostic, Fence, FileCache, FileId, Include, IncludeKind,
    IncludeStatus, NotRun, Page, PagePlan, View,
};

/// Everything that `list` says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing {
    /// In the order of the navigation.
    pub pages: Vec<ListedPage>,
    /// Files with the form of a view that no page includes, relative to the working directory. Only
    /// looked for when the whole site is listed.
    pub orphans: Vec<String>,
    /// Files that several pages include.
    pub shared: Vec<SharedFile>,
}

impl Listing {
    /// The JSON schema of what is printed.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }
}

/// A file that several pages include.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SharedFile {
    /// Relative to the working directory.
    pub file: String,
    /// Files of the pages, relative to the working directory.
    pub pages: Vec<String>,
}

/// A page.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedPage {
    /// Path of the file, relative to the working directory.
    pub path: String,
    /// All includes, those of included files too.
    pub includes: Vec<ListedInclude>,
    /// All fences in the page after its includes.
    pub fences: Vec<ListedFence>,
    /// The documented commands, those that are not run too.
    pub commands: Vec<ListedCommand>,
    /// The parts that a run tells anew.
    pub views: Vec<ListedView>,
    /// What the page's authors should know.
    pub diagnostics: Vec<ListedDiagnostic>,
}

/// A documented command.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedCommand {
    /// The command on one line.
    pub command: String,
    /// The file that documents it, relative to the working directory.
    pub file: String,
    /// 1-based line in that file.
    pub line: usize,
    /// Whether it is run.
    pub runs: bool,
    /// Why it is not run.
    pub reason: Option<String>,
}

/// A generated part.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedView {
    /// `console`, `diagram`, `body` or `log`.
    pub kind: String,
    /// The file that holds it, relative to the working directory.
    pub file: String,
    /// 1-based number of its first line.
    pub line: usize,
    /// How many lines it has now.
    pub lines: usize,
}

/// Something that the page's authors should know.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedDiagnostic {
    /// What sort of finding it is, such as `missing-include`.
    pub kind: &'static str,
    /// `warning` or `error`, as the settings say.
    pub severity: &'static str,
    /// The file, relative to the working directory.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column in characters; 0 for the line as a whole.
    pub column: usize,
    /// 1-based column behind the part that is meant.
    pub end_column: usize,
    /// What is wrong.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
}

/// An include.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedInclude {
    /// The file that holds the directive, relative to the working directory.
    pub file: String,
    /// 1-based line in that file.
    pub line: usize,
    /// `inline`, `block`, or `block-marker` for an escaped marker.
    pub kind: &'static str,
    /// What it names, as written.
    pub target: Option<String>,
    /// What became of it.
    pub status: &'static str,
    /// The file that it found, relative to the working directory.
    pub resolved: Option<String>,
}

/// A fence.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedFence {
    /// The file that holds the opening line.
    pub file: Option<String>,
    /// 1-based line in that file.
    pub line: usize,
    /// The file that holds the closing line.
    pub end_file: Option<String>,
    /// 1-based line in that file.
    pub end_line: usize,
    /// The language; null when there is no word for it.
    pub language: Option<String>,
    /// The title that is shown.
    pub title: Option<String>,
    /// What it stands in, from the outside in.
    pub container: Vec<&'static str>,
    /// Of the content after expansion, lines joined by newlines.
    pub sha256: String,
}

/// A page as `list` shows it.
pub fn page(files: &FileCache, page: &Page, plan: &PagePlan) -> ListedPage {
    let run = plan.commands.iter().map(command);
    let mut commands: Vec<ListedCommand> = run.chain(plan.not_run.iter().map(not_run)).collect();
    commands.sort_by(|one, two| (&one.file, one.line).cmp(&(&two.file, two.line)));
    ListedPage {
        path: shown(files, page.file),
        includes: page.includes.iter().filter_map(|item| include(files, item)).collect(),
        fences: page.fences.iter().map(|item| fence(files, page, item)).collect(),
        commands,
        views: plan.views.iter().map(view).collect(),
        diagnostics: page.diagnostics.iter().map(diagnostic).collect(),
    }
}

fn command(command: &Command) -> ListedCommand {
    ListedCommand {
        command: command.text.clone(),
        file: text(&command.place.file),
        line: command.place.line,
        runs: true,
        reason: None,
    }
}

fn not_run(command: &NotRun) -> ListedCommand {
    ListedCommand {
        command: command.text.clone(),
        file: text(&command.place.file),
        line: command.place.line,
        runs: false,
        reason: Some(command.reason.clone()),
    }
}

fn view(view: &View) -> ListedView {
    ListedView {
        kind: view.kind.to_string(),
        file: text(&view.region.place.file),
        line: view.region.place.line,
        lines: view.region.text.lines().count(),
    }
}

fn diagnostic(diagnostic: &Diagnostic) -> ListedDiagnostic {
    let marked = diagnostic.text.get(diagnostic.span.clone()).unwrap_or_default();
    ListedDiagnostic {
        kind: diagnostic.kind.name(),
        severity: diagnostic.severity.name(),
        file: text(&diagnostic.place.file),
        line: diagnostic.place.line,
        column: diagnostic.place.column,
        end_column: diagnostic.place.column + marked.chars().count(),
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
    }
}

/// None for what the site's settings append: it stands in no file.
fn include(files: &FileCache, include: &Include) -> Option<ListedInclude> {
    let origin = include.origin.as_ref()?;
    Some(ListedInclude {
        file: shown(files, origin.file),
        line: origin.line,
        kind: match include.kind {
            IncludeKind::Inline => "inline",
            IncludeKind::Block => "block",
            IncludeKind::BlockMarker => "block-marker",
        },
        target: include.target.clone(),
        status: match include.status {
            IncludeStatus::Ok => "ok",
            IncludeStatus::Missing => "missing",
            IncludeStatus::OutsideBase => "outside-base",
            IncludeStatus::Escaped => "escaped",
            IncludeStatus::Disabled => "disabled",
            IncludeStatus::Cycle => "cycle",
            IncludeStatus::Error => "error",
        },
        resolved: include.resolved.as_ref().map(|path| text(&files.shown_path(path))),
    })
}

fn fence(files: &FileCache, page: &Page, fence: &Fence) -> ListedFence {
    let opener = page.origin(fence.opener());
    let closer = page.origin(fence.closer());
    let digest = Sha256::digest(fence.text.as_bytes());
    ListedFence {
        file: opener.as_ref().map(|origin| shown(files, origin.file)),
        line: opener.map_or(0, |origin| origin.line),
        end_file: closer.as_ref().map(|origin| shown(files, origin.file)),
        end_line: closer.map_or(0, |origin| origin.line),
        language: fence.language.clone(),
        title: fence.title.clone(),
        container: fence.containers.iter().map(|container| name(container.kind)).collect(),
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn name(kind: ContainerKind) -> &'static str {
    match kind {
        ContainerKind::Admonition => "admonition",
        ContainerKind::Details => "details",
        ContainerKind::Tab => "tab",
        ContainerKind::List => "list",
        ContainerKind::Definition => "definition",
        ContainerKind::Footnote => "footnote",
        ContainerKind::Blockquote => "blockquote",
        ContainerKind::Html => "html",
        ContainerKind::RawHtml => "raw-html",
    }
}

fn shown(files: &FileCache, file: FileId) -> String {
    text(&files.shown(file))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
