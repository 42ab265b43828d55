//! What `doctool list --format json` prints: pages in, a value to serialise out.

use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::model::{
    ContainerKind, Fence, FileCache, FileId, Include, IncludeKind, IncludeStatus, Page,
};

/// Everything that `list` says.
#[derive(Debug, Serialize)]
pub struct Listing {
    /// In the order of the navigation.
    pub pages: Vec<ListedPage>,
}

/// A page.
#[derive(Debug, Serialize)]
pub struct ListedPage {
    /// Path of the file, relative to the working directory.
    pub path: String,
    /// All includes, those of included files too.
    pub includes: Vec<ListedInclude>,
    /// All fences in the page after its includes.
    pub fences: Vec<ListedFence>,
}

/// An include.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
pub fn page(files: &FileCache, page: &Page) -> ListedPage {
    ListedPage {
        path: shown(files, page.file),
        includes: page.includes.iter().filter_map(|item| include(files, item)).collect(),
        fences: page.fences.iter().map(|item| fence(files, page, item)).collect(),
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
