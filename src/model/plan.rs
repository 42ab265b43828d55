//! What is to be run for the pages, and which parts of which files that will tell anew.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use super::{DiagnosticKind, Excerpt, Expected, Finding, Place, Presentation};

/// What a page documents: its commands and the views that their run feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePlan {
    /// The page's path below docs_dir.
    pub path: String,
    /// The page's own file, absolute.
    pub file: PathBuf,
    /// Run before the documented commands, and shown by no view.
    pub setup: Vec<Command>,
    /// The documented commands in the order of the page.
    pub commands: Vec<Command>,
    /// Which of these are to fail, by their index.
    pub expected: BTreeMap<usize, Expected>,
    /// Run after the documented commands in any case, and shown by no view.
    pub teardown: Vec<Command>,
    /// Documented values whose live ones are looked up before the documented commands.
    pub variables: Vec<Variable>,
    /// Files that the commands find in their working directory; absolute.
    pub files: Vec<PathBuf>,
    /// What looks like a command and is not run.
    pub not_run: Vec<NotRun>,
    /// The parts that a run tells anew.
    pub views: Vec<View>,
    /// Where the diagram stands: the file of its view, and of each further part of it.
    pub diagram: Vec<DiagramPart>,
    /// How the diagram is shown.
    pub presentation: Presentation,
    /// Whether the page or a note on it asks to leave it alone.
    pub skipped: bool,
}

impl PagePlan {
    /// Every command that a run of the page starts, in order.
    pub fn all_commands(&self) -> impl Iterator<Item = &Command> {
        let variables = self.variables.iter().map(|variable| &variable.command);
        self.setup.iter().chain(variables).chain(&self.commands).chain(&self.teardown)
    }
}

/// A command as documented, and as it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The command as documented, on one line.
    pub text: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// What it reads from standard input: a here-document.
    pub input: Option<String>,
    /// Where it is documented.
    pub place: Place,
}

/// A documented value, and how to find the live one that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// What the page calls it.
    pub name: String,
    /// The value that stands in the page's commands.
    pub documented: String,
    /// Prints the live value and nothing else.
    pub command: Command,
}

/// Something that looks like a command and is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    /// The command as documented.
    pub text: String,
    /// Where it is documented.
    pub place: Place,
    /// Why it is not run; lower case, no full stop.
    pub reason: String,
    /// What may help, where the program may run and only the line must not; begins with a verb.
    pub hint: Option<String>,
}

/// What a generated part shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViewKind {
    /// What the command with this index printed.
    Console(usize),
    /// The sequence of messages.
    Diagram,
    /// Each request and response.
    Body,
    /// Every message in full; the page's last recording.
    Log,
    /// What people wrote on the page, where it follows the views.
    Prose,
}

impl ViewKind {
    /// What it is called when a view of this kind is not as it should be.
    pub fn drift(self) -> DiagnosticKind {
        match self {
            Self::Console(_) => DiagnosticKind::OutputChanged,
            Self::Diagram => DiagnosticKind::SequenceChanged,
            Self::Body | Self::Log | Self::Prose => DiagnosticKind::ContentChanged,
        }
    }
}

impl fmt::Display for ViewKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Console(_) => "console",
            Self::Diagram => "diagram",
            Self::Body => "body",
            Self::Log => "log",
            Self::Prose => "prose",
        })
    }
}

/// A generated part and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What it shows.
    pub kind: ViewKind,
    /// Where it stands.
    pub region: Region,
}

/// A file with a diagram, or with a part of one, and the block that includes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagramPart {
    /// The file.
    pub region: Region,
    /// How the include names it.
    pub target: String,
    /// The 1-based lines of the page's own file from the opening to the closing line of the block.
    pub fence: RangeInclusive<usize>,
    /// Whether the block itself shows numbers.
    pub is_numbered: bool,
    /// The number from which on the block itself shows them, if it says so.
    pub first_number: Option<u64>,
}

/// What people wrote around the views of a page, which has to follow them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prose {
    /// The page's own lines that are nobody's view.
    pub regions: Vec<Region>,
    /// The blocks that the console views stand in.
    pub console_fences: Vec<ConsoleFence>,
}

/// A block with commands and their output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleFence {
    /// The file that holds its opening line, absolute.
    pub file: PathBuf,
    /// 1-based line of the opening line.
    pub line: usize,
    /// The lines of its content.
    pub content: Vec<String>,
    /// Which of them are which view, in order.
    pub outputs: Vec<(ViewKind, Range<usize>)>,
}

/// Whole lines of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The file, absolute. It may not exist yet.
    pub file: PathBuf,
    /// The file as shown to people, and the first line of the region.
    pub place: Place,
    /// The bytes of the lines, endings included.
    pub span: Range<usize>,
    /// What each line begins with that is not part of the text, such as an indent.
    pub prefix: String,
    /// The lines as they stand there, without prefix, joined by `\n` and ended by one if there is
    /// any.
    pub text: Excerpt,
}

/// A part that is to be told anew, as it stands and as it is to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the part shows.
    pub kind: ViewKind,
    /// Where it stands, and what stands there.
    pub region: Region,
    /// What is to stand there, in the form of [`Region::text`].
    pub text: String,
    /// What a person has to look at.
    pub findings: Vec<Finding>,
}
