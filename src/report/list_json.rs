//! What `doctool list --format json` prints: pages in, values to serialise out, and those one after
//! another as one JSON document.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;

use memchr::memchr_iter;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::model::{
    Command, Container, ContainerKind, Diagnostic, Fence, FileCache, FileId, Include, IncludeKind,
    IncludeStatus, NotRun, Page, PagePlan, View,
};

/// Everything that `list` says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing<'a> {
    /// In the order of the navigation.
    pub pages: Vec<ListedPage<'a>>,
    #[serde(flatten)]
    #[allow(missing_docs, reason = "its fields are described, and stand beside the pages")]
    pub site: SiteListing,
}

/// What `list` says of the site as a whole.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct SiteListing {
    /// Files with the form of a view that no page includes, relative to the working directory. Only
    /// looked for when the whole site is listed.
    pub orphans: Vec<String>,
    /// Files that several pages include.
    pub shared: Vec<SharedFile>,
}

impl Listing<'_> {
    /// The JSON schema of what is printed.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }
}

/// Writes a [`Listing`] page by page, so that not all of it has to be there at once.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    is_first: bool,
}

impl<W: Write> Writer<W> {
    /// A listing without pages yet.
    ///
    /// # Errors
    ///
    /// When it cannot be written, as for the other steps.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(b"{\"pages\":[")?;
        Ok(Self { out, is_first: true })
    }

    /// Adds a page, which [`json`] has made.
    pub fn page(&mut self, json: &[u8]) -> io::Result<()> {
        if !std::mem::take(&mut self.is_first) {
            self.out.write_all(b",")?;
        }
        self.out.write_all(json)
    }

    /// Ends the listing with what is to be said of the whole site.
    pub fn finish(mut self, site: &SiteListing) -> io::Result<()> {
        self.out.write_all(b"],")?;
        let site = json(site);
        self.out.write_all(&site[1..])?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// Bytes that most pages need at least.
const ROOM: usize = 16 << 10;

/// A value as JSON.
pub fn json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut json = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut json, value).expect("a listing has text for keys, and no maps");
    json
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
pub struct ListedPage<'a> {
    /// Path of the file, relative to the working directory.
    pub path: String,
    /// All includes, those of included files too.
    pub includes: Vec<ListedInclude<'a>>,
    /// All fences in the page after its includes.
    pub fences: Vec<ListedFence<'a>>,
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

/// The path of a file, with the JSON of it: a page has few files, and each fence tells two of them.
#[derive(Debug, Clone)]
pub struct FileName {
    text: Rc<str>,
    json: Rc<RawValue>,
}

impl From<String> for FileName {
    fn from(text: String) -> Self {
        let json = to_raw_value(&text).expect("a text is JSON").into();
        Self { text: text.into(), json }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for FileName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// An include.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedInclude<'a> {
    /// The file that holds the directive, relative to the working directory.
    #[schemars(with = "String")]
    pub file: FileName,
    /// 1-based line in that file.
    pub line: usize,
    /// `inline`, `block`, or `block-marker` for an escaped marker.
    pub kind: &'static str,
    /// What it names, as written.
    pub target: Option<&'a str>,
    /// What became of it.
    pub status: &'static str,
    /// The file that it found, relative to the working directory.
    #[schemars(with = "Option<String>")]
    pub resolved: Option<FileName>,
}

/// A fence.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedFence<'a> {
    /// The file that holds the opening line.
    #[schemars(with = "Option<String>")]
    pub file: Option<FileName>,
    /// 1-based line in that file.
    pub line: usize,
    /// The file that holds the closing line.
    #[schemars(with = "Option<String>")]
    pub end_file: Option<FileName>,
    /// 1-based line in that file.
    pub end_line: usize,
    /// The language; null when there is no word for it.
    pub language: Option<&'a str>,
    /// The title that is shown.
    pub title: Option<&'a str>,
    /// What it stands in, from the outside in.
    #[schemars(with = "Vec<String>")]
    pub container: Containers<'a>,
    /// Of the content after expansion, lines joined by newlines.
    #[schemars(with = "String")]
    pub sha256: Hexadecimal,
}

/// Containers, of which the names are listed.
#[derive(Debug)]
pub struct Containers<'a>(&'a [Container]);

impl Serialize for Containers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|container| name(container.kind)))
    }
}

/// Bytes, listed with two digits each.
#[derive(Debug)]
pub struct Hexadecimal([u8; 32]);

impl Serialize for Hexadecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (digits, byte) in text.as_chunks_mut().0.iter_mut().zip(self.0) {
            *digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        serializer.serialize_str(str::from_utf8(&text).expect("digits are ASCII"))
    }
}

/// A page as `list` shows it.
pub fn page<'a>(files: &FileCache, page: &'a Page, plan: &PagePlan) -> ListedPage<'a> {
    let names = Names { files, known: RefCell::default() };
    let run = plan.commands.iter().map(command);
    let mut commands: Vec<ListedCommand> = run.chain(plan.not_run.iter().map(not_run)).collect();
    commands.sort_by(|one, two| (&one.file, one.line).cmp(&(&two.file, two.line)));
    ListedPage {
        path: names.of(page.file).to_string(),
        includes: page.includes.iter().filter_map(|item| include(&names, item)).collect(),
        fences: page.fences.iter().map(|item| fence(&names, page, item)).collect(),
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
        lines: memchr_iter(b'\n', view.region.text.as_bytes()).count(),
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
fn include<'a>(names: &Names<'_>, include: &'a Include) -> Option<ListedInclude<'a>> {
    let origin = include.origin.as_ref()?;
    Some(ListedInclude {
        file: names.of(origin.file),
        line: origin.line,
        kind: match include.kind {
            IncludeKind::Inline => "inline",
            IncludeKind::Block => "block",
            IncludeKind::BlockMarker => "block-marker",
        },
        target: include.target.as_deref(),
        status: match include.status {
            IncludeStatus::Ok => "ok",
            IncludeStatus::Missing => "missing",
            IncludeStatus::OutsideBase => "outside-base",
            IncludeStatus::Escaped => "escaped",
            IncludeStatus::Disabled => "disabled",
            IncludeStatus::Cycle => "cycle",
            IncludeStatus::Error => "error",
        },
        resolved: include.resolved.as_ref().map(|path| match include.file {
            Some(file) => names.of(file),
            None => text(&names.files.shown_path(path)).into(),
        }),
    })
}

fn fence<'a>(names: &Names<'_>, page: &Page, fence: &'a Fence) -> ListedFence<'a> {
    let opener = page.origin(fence.opener());
    let closer = page.origin(fence.closer());
    ListedFence {
        file: opener.as_ref().map(|origin| names.of(origin.file)),
        line: opener.map_or(0, |origin| origin.line),
        end_file: closer.as_ref().map(|origin| names.of(origin.file)),
        end_line: closer.map_or(0, |origin| origin.line),
        language: fence.language.as_deref(),
        title: fence.title.as_deref(),
        container: Containers(&fence.containers),
        sha256: Hexadecimal(*fence.text.digest()),
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

/// The paths of a page's files as they are shown. They are few, and each stands there often.
struct Names<'a> {
    files: &'a FileCache,
    known: RefCell<Vec<(FileId, FileName)>>,
}

impl Names<'_> {
    fn of(&self, file: FileId) -> FileName {
        let mut known = self.known.borrow_mut();
        if let Some((_, name)) = known.iter().find(|(other, _)| *other == file) {
            return name.clone();
        }
        let name = FileName::from(text(&self.files.shown(file)));
        known.push((file, name.clone()));
        name
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(pages: usize) -> Listing<'static> {
        let page = |number| ListedPage {
            path: format!("docs/{number}.md"),
            includes: Vec::new(),
            fences: Vec::new(),
            commands: Vec::new(),
            views: Vec::new(),
            diagnostics: Vec::new(),
        };
        let shared = SharedFile { file: "docs/a.md".to_owned(), pages: Vec::new() };
        let site = SiteListing { orphans: vec!["docs/b.md".to_owned()], shared: vec![shared] };
        Listing { pages: (0..pages).map(page).collect(), site }
    }

    #[test]
    fn page_by_page_gives_the_same_as_all_at_once() {
        for pages in 0..3 {
            let listing = listing(pages);
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out).expect("there is room");
            for page in &listing.pages {
                writer.page(&json(page)).expect("there is room");
            }
            writer.finish(&listing.site).expect("there is room");
            let mut whole = json(&listing);
            whole.push(b'\n');
            assert_eq!(String::from_utf8(out), String::from_utf8(whole));
        }
    }

    #[test]
    fn bytes_have_two_digits() {
        let mut bytes = [0; 32];
        bytes[30..].copy_from_slice(&[0x0a, 0xff]);
        assert_eq!(json(&Hexadecimal(bytes)), format!("\"{}0aff\"", "0".repeat(60)).into_bytes());
    }
}
