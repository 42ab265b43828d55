//! A page as its site generator sees it, and the place in the files of everything in it.
//!
//! The text is the page with all its includes in place. Every line of it knows the file, the line
//! and the bytes it came from, so that an edit can be made where the bytes really are.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::{Diagnostic, FenceText, FileId, FileText, Lines, is_url};

/// Where a line of a page stands in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file that holds the bytes.
    pub file: FileId,
    /// 1-based line in that file.
    pub line: usize,
    /// The line's bytes in that file, without its ending.
    pub span: Range<usize>,
}

/// What a page contains, and exactly where.
#[derive(Debug, Clone)]
pub struct Page {
    /// Path below docs_dir, with `/`.
    pub path: String,
    /// The page's own file.
    pub file: FileId,
    /// What stands between the `---` lines at its beginning, if that is a YAML mapping.
    pub front_matter: Option<FrontMatter>,
    /// The page after all includes, without front matter.
    pub lines: Lines,
    /// All includes, those in included files too, in the order in which they take effect.
    pub includes: Vec<Include>,
    /// All fences in the order of their opening lines.
    pub fences: Vec<Fence>,
    /// HTML comments for doctool, in order.
    pub notes: Vec<Note>,
    /// What the page's authors should know.
    pub diagnostics: Vec<Diagnostic>,
    /// Its files as they were read: what a [`FileCache`](super::FileCache) says of them does not
    /// change while the page is there.
    pub held: Vec<FileText>,
}

impl Page {
    /// The text of the line with this index.
    pub fn line(&self, index: usize) -> &str {
        self.lines.line(index)
    }

    /// Where the line with this index stands; none for what the site's settings append.
    pub fn origin(&self, index: usize) -> Option<Origin> {
        self.lines.origin(index)
    }

    /// The lines of a fence's content with their places; as many as `fence.text` has lines.
    pub fn content<'a>(&'a self, fence: &'a Fence) -> impl Iterator<Item = ContentLine<'a>> {
        let mut texts = fence.text.split('\n');
        fence.content().map(move |index| {
            let text = texts.next().unwrap_or_default();
            ContentLine { text, index, origin: self.origin(index) }
        })
    }

    /// What a new line of a fence's content has to begin with in the file where the line with this
    /// index stands: the fence's indent without what includes add to it.
    pub fn prefix<'a>(&self, fence: &'a Fence, index: usize) -> &'a str {
        let added = self.lines.indent(index).min(fence.indent.len());
        &fence.indent[added..]
    }

    /// Where a line stands, or else the directive that brought it in; none for what the site's
    /// settings append.
    pub fn nearest_origin(&self, index: usize) -> Option<Origin> {
        self.origin(index).or_else(|| self.directive(self.include_of(index)?))
    }

    /// Where an include's directive stands, or else the one that brought it in.
    pub fn directive(&self, include: usize) -> Option<Origin> {
        let include = &self.includes[include];
        include.origin.clone().or_else(|| self.directive(include.parent?))
    }

    /// The include that brought in the line with this index, the innermost one.
    pub fn include_of(&self, index: usize) -> Option<usize> {
        // The innermost is the last one: an include is listed before those that its file holds.
        self.includes.iter().rposition(|include| include.lines.contains(&index))
    }
}

/// YAML at the beginning of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontMatter {
    /// The YAML without the `---` lines.
    pub text: String,
    /// What it says; always a mapping.
    pub value: serde_yaml::Value,
    /// 1-based lines of the file, `---` lines included; the end is exclusive.
    pub lines: Range<usize>,
    /// Bytes of the file, `---` lines included.
    pub span: Range<usize>,
}

/// A directive that includes a file, or was meant to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// Where the directive stands; none for an entry of `auto_append`.
    pub origin: Option<Origin>,
    /// How it is written.
    pub kind: IncludeKind,
    /// What it names, selector included, such as `a.md:section`; none for an escaped block marker.
    pub target: Option<String>,
    /// What became of it.
    pub status: IncludeStatus,
    /// The file that it found, absolute; none unless the status is ok, cycle or error.
    pub resolved: Option<std::path::PathBuf>,
    /// The file that it found, when it was read.
    pub file: Option<FileId>,
    /// The page's lines that came from it, nested includes too; empty if there are none. Escaped
    /// directives stand for the line that shows them.
    pub lines: Range<usize>,
    /// Columns of blanks put before each of those lines, those of outer includes too.
    pub indent: usize,
    /// The include whose file holds this directive.
    pub parent: Option<usize>,
    /// The fence whose content it stands in, or would stand in if it gave lines.
    pub fence: Option<usize>,
}

impl Include {
    /// Whether it names a URL.
    pub fn is_url(&self) -> bool {
        self.target.as_deref().is_some_and(is_url)
    }
}

/// How an include is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncludeKind {
    /// `--8<-- "a.md"`
    Inline,
    /// A line between two `--8<--` lines.
    Block,
    /// A `--8<--` line itself; listed only when it is escaped.
    BlockMarker,
}

/// What became of an include.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncludeStatus {
    /// The file was found.
    Ok,
    /// There is no such file.
    Missing,
    /// There is such a file, but outside the base paths.
    OutsideBase,
    /// Written with a `;` in front, to be shown instead of followed.
    Escaped,
    /// Commented out, a URL that must not be fetched now, or a file that text from a URL names.
    Disabled,
    /// The file is being included already.
    Cycle,
    /// The file was found and cannot be used; the site's build stops here.
    Error,
}

/// A code block between two fence lines, as `pymdownx.superfences` reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The page's lines from the opening to the closing line, both included; the end is exclusive.
    pub lines: Range<usize>,
    /// What the fence stands in, from the outside in.
    pub containers: Vec<Container>,
    /// What it is wherever it stands. Pages that include the same file share it.
    pub block: Arc<FencedBlock>,
}

/// What a fence is by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FencedBlock {
    /// The backticks or tildes.
    pub marker: String,
    /// What stands before the opening backticks, tabs as blanks: blanks and `>`.
    pub indent: String,
    /// The language; none when there is no word for it, empty when braces name none.
    pub language: Option<String>,
    /// The title that is shown; not the one of a custom fence.
    pub title: Option<String>,
    /// Options and attributes in order, such as `linenums` and `hl_lines`, values without quotes;
    /// classes as `class`, ids as `id`. An option that is given twice counts as its last value.
    pub options: Vec<(String, String)>,
    /// Whether the options stand in braces.
    pub braces: bool,
    /// The custom fence that handles it, such as `mermaid`.
    pub custom: Option<String>,
    /// The content after all includes, without the fence's indent, lines joined by newlines.
    pub text: FenceText,
}

impl Deref for Fence {
    type Target = FencedBlock;

    fn deref(&self) -> &FencedBlock {
        &self.block
    }
}

impl Fence {
    /// The index of the opening line.
    pub fn opener(&self) -> usize {
        self.lines.start
    }

    /// The index of the closing line.
    pub fn closer(&self) -> usize {
        self.lines.end - 1
    }

    /// The indices of the lines between the two.
    pub fn content(&self) -> Range<usize> {
        self.lines.start + 1..self.lines.end - 1
    }

    /// The value of an option, the last one if there are several.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A line of a fence's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentLine<'a> {
    /// The text without the fence's indent.
    pub text: &'a str,
    /// Index of the page's line.
    pub index: usize,
    /// Where the whole line stands, indent included.
    pub origin: Option<Origin>,
}

/// Something that holds other blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// What sort of container it is.
    pub kind: ContainerKind,
    /// The title as written; none where none is written. All fences in the container share it.
    pub title: Option<Arc<str>>,
    /// The page's line that begins it, such as `??? note "title"`. A list item begins with its
    /// marker. For a container that several blocks share, the first one's line.
    pub head: usize,
}

/// What sort of container it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind {
    /// `!!! note` or `/// admonition`
    Admonition,
    /// `??? note`, `/// details` or `<details markdown>`
    Details,
    /// One tab of a set: `=== "title"` or `/// tab`
    Tab,
    /// One item of a list.
    List,
    /// One definition of a definition list.
    Definition,
    /// A footnote's text.
    Footnote,
    /// Lines that begin with `>`.
    Blockquote,
    /// An HTML element whose content is Markdown.
    Html,
    /// HTML that is passed on as it is, comments too.
    RawHtml,
}

/// A comment for doctool, alone on its line, such as `<!-- doctool: skip -->`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What follows `doctool:`, without blanks around it.
    pub text: String,
    /// Index of the page's line.
    pub index: usize,
}
