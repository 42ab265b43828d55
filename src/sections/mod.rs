//! A request/response page as values: a section a message, with the place of everything in it.
//!
//! In: the page's text with `\n` line ends, as doctool made it or as people have edited it since.
//! Out: a [`Document`] that gives each line to exactly one place. Reads any text and never fails: what
//! it does not know is [text](Part::Text).

mod fences;
mod headings;

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr;
use regex::Regex;

use crate::model::newlines;

use fences::Fence;
use headings::{Heading, heading};

static MESSAGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[A-Z]+|[1-5][0-9]{2}(?: [^/]+)?) (?:/\S*|None)$"));
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// A request/response page: what stands before its first message, and the messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<'a> {
    /// The lines without their endings. Everything else tells lines by their index in it.
    pub lines: Vec<&'a str>,
    /// The lines before the first section.
    pub preamble: Range<usize>,
    /// In the order of the page. Their lines and the preamble's are all lines.
    pub sections: Vec<Section<'a>>,
    /// The lines of fences, opening and closing lines included: shown text, and nobody's prose.
    pub fences: Vec<Range<usize>>,
}

/// A message's part of the page: heading, arrow if there is one, and parts up to the next section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    /// The heading's line.
    pub heading: usize,
    /// How many `#` the heading has.
    pub level: usize,
    /// The step number in the heading, if there is one.
    pub step: Option<Step>,
    /// Where in the heading's line the title stands, such as `GET /v2/images`: without step number,
    /// without backticks around it and without an attribute list behind it.
    pub title: Range<usize>,
    /// The arrow below the heading, if it still stands there.
    pub arrow: Option<Arrow<'a>>,
    /// All lines behind heading and arrow, in order.
    pub parts: Vec<Part<'a>>,
}

/// A step number as `(5)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The number.
    pub number: usize,
    /// Where it stands in the heading's line, parentheses included.
    pub span: Range<usize>,
}

/// A line such as `` `openstack` --> `keystone` ``.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrow<'a> {
    /// The line.
    pub line: usize,
    /// Who asked, whatever the direction.
    pub from: &'a str,
    /// Who was asked.
    pub to: &'a str,
    /// Whether this is the question or the answer.
    pub direction: Direction,
}

/// Which half of an exchange a section shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `-->`
    Request,
    /// `<--`
    Response,
}

/// A stretch of a section's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// Anything that is no tab: prose, admonitions with what is in them, blank lines. Two of them
    /// never follow one another.
    Text(Range<usize>),
    /// A tab with the fence directly below it.
    Tab(Tab<'a>),
}

/// A line such as `=== "Header"` with the fence directly below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab<'a> {
    /// The tab's title, such as `Header`.
    pub label: &'a str,
    /// The line with the title. The fence's opening line is the next one.
    pub line: usize,
    /// What stands before the backticks, and before each line of the content that is not blank.
    pub indent: &'a str,
    /// The fence's opening line.
    pub opener: usize,
    /// The lines between.
    pub content: Range<usize>,
    /// The fence's closing line, the last line of this part.
    pub closer: usize,
}

impl Part<'_> {
    /// The part's lines.
    pub fn lines(&self) -> Range<usize> {
        match self {
            Self::Text(lines) => lines.clone(),
            Self::Tab(tab) => tab.line..tab.closer + 1,
        }
    }
}

impl<'a> Section<'a> {
    /// The section's lines: heading, arrow and parts.
    pub fn lines(&self) -> Range<usize> {
        self.heading..self.parts.last().map_or_else(|| self.body(), |part| part.lines().end)
    }

    /// The tabs in order.
    pub fn tabs(&self) -> impl Iterator<Item = &Tab<'a>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Tab(tab) => Some(tab),
            Part::Text(_) => None,
        })
    }

    /// The line behind heading and arrow.
    fn body(&self) -> usize {
        self.arrow.map_or(self.heading, |arrow| arrow.line) + 1
    }
}

impl<'a> Document<'a> {
    /// Reads a page.
    ///
    /// A section starts at a heading with an arrow in the next line, or, where people took the arrow
    /// away, at one that reads as a message and has the level of those that have an arrow. Headings
    /// in fences are shown text and start nothing.
    pub fn read(text: &'a str) -> Self {
        let mut document = Self::heads(text);
        for index in 0..document.sections.len() {
            document.sections[index].parts = document.parts(index);
        }
        document
    }

    /// Reads where a page's sections begin, and leaves out their parts.
    pub fn heads(text: &'a str) -> Self {
        let lines = lines(text);
        let fences = fences::fences(&lines);
        let sections = starts(&lines, &fences);
        let preamble = 0..sections.first().map_or(lines.len(), |start| start.heading);
        let fences = fences.iter().map(|fence| fence.opener..fence.closer + 1).collect();
        Self { lines, preamble, sections, fences }
    }

    /// The section with this index, with its parts.
    pub fn section(&self, index: usize) -> Section<'a> {
        Section { parts: self.parts(index), ..self.sections[index].clone() }
    }

    fn parts(&self, index: usize) -> Vec<Part<'a>> {
        let end = self.sections.get(index + 1).map_or(self.lines.len(), |next| next.heading);
        parts(&self.lines, &self.fences, self.sections[index].body()..end)
    }

    /// Whether a line stands in a fence, or opens or closes one.
    pub fn is_fenced(&self, line: usize) -> bool {
        let after = self.fences.partition_point(|fence| fence.end <= line);
        self.fences.get(after).is_some_and(|fence| fence.contains(&line))
    }

    /// The title of a section of this page.
    pub fn title(&self, section: &Section<'_>) -> &'a str {
        &self.lines[section.heading][section.title.clone()]
    }
}

/// The lines of a text, as [`str::lines`] gives them, which is slower.
fn lines(text: &str) -> Vec<&str> {
    let newlines = newlines(text.as_bytes());
    let mut lines = Vec::with_capacity(newlines.len() + 1);
    let mut start = 0;
    for end in newlines {
        let end = end as usize;
        let has_return = end > start && text.as_bytes()[end - 1] == b'\r';
        lines.push(&text[start..end - usize::from(has_return)]);
        start = end + 1;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

/// Sections with heading and arrow, still without parts.
fn starts<'a>(lines: &[&'a str], fences: &[Fence]) -> Vec<Section<'a>> {
    // Most lines are no heading, and that is quick to see.
    let starts = |range: Range<usize>| {
        let headings = range.filter(|&index| lines[index].as_bytes().first() == Some(&b'#'));
        headings.filter_map(|index| start(lines, index))
    };
    let mut candidates = Vec::new();
    let mut begin = 0;
    for fence in fences {
        candidates.extend(starts(begin..fence.opener));
        begin = fence.closer + 1;
    }
    candidates.extend(starts(begin..lines.len()));
    let has_arrow = |section: &&Section<'_>| section.arrow.is_some();
    let levels: Vec<usize> = candidates.iter().filter(has_arrow).map(|start| start.level).collect();
    candidates.retain(|start| {
        start.arrow.is_some() || levels.is_empty() || levels.contains(&start.level)
    });
    candidates
}

/// A section that the line may start: a heading with an arrow, or one that reads as a message.
fn start<'a>(lines: &[&'a str], index: usize) -> Option<Section<'a>> {
    let line = lines[index];
    let Heading { level, step, title } = heading(line)?;
    let title = bare(line, title);
    let arrow = lines.get(index + 1).and_then(|line| arrow(line, index + 1));
    let is_start = arrow.is_some() || MESSAGE.is_match(&line[title.clone()]);
    is_start.then(|| Section { heading: index, level, step, title, arrow, parts: Vec::new() })
}

/// The title without backticks around it.
fn bare(line: &str, title: Range<usize>) -> Range<usize> {
    let inner = line[title.clone()].strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    match inner {
        Some(inner) if !inner.contains('`') => title.start + 1..title.end - 1,
        _ => title,
    }
}

fn arrow(line: &str, index: usize) -> Option<Arrow<'_>> {
    let blank = [' ', '\t'];
    let (from, behind) = name(line.trim_start_matches(blank))?;
    let behind = behind.trim_start_matches(blank);
    let (direction, behind) = match behind.strip_prefix("-->") {
        Some(behind) => (Direction::Request, behind),
        None => (Direction::Response, behind.strip_prefix("<--")?),
    };
    let (to, behind) = name(behind.trim_start_matches(blank))?;
    behind.trim_start_matches(blank).is_empty().then_some(Arrow {
        line: index,
        from,
        to,
        direction,
    })
}

/// The name in backticks that a text begins with, and what is behind it.
fn name(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('`')?;
    let end = memchr(b'`', inside.as_bytes()).filter(|end| *end > 0)?;
    Some((&inside[..end], &inside[end + 1..]))
}

/// The title of a tab, if the line begins one.
fn label(line: &str) -> Option<&str> {
    let blank = [' ', '\t'];
    let behind = line.trim_start_matches(blank).strip_prefix("===")?;
    let behind = behind.trim_start_matches(['+', '!']).trim_start_matches(blank);
    let inside = behind.strip_prefix('"')?;
    let end = memchr(b'"', inside.as_bytes())?;
    inside[end + 1..].trim_start_matches(blank).is_empty().then_some(&inside[..end])
}

/// The lines as tabs and what stands between them.
fn parts<'a>(lines: &[&'a str], fences: &[Range<usize>], all: Range<usize>) -> Vec<Part<'a>> {
    let first = fences.partition_point(|fence| fence.start < all.start);
    // As a rule there are two tabs, with text around them.
    let mut parts = Vec::with_capacity(5);
    let mut done = all.start;
    for fence in fences[first..].iter().take_while(|fence| fence.end <= all.end) {
        if fence.start <= done {
            continue;
        }
        let (opener, closer) = (fence.start, fence.end - 1);
        let line = opener - 1;
        let Some(label) = label(lines[line]) else { continue };
        if done < line {
            parts.push(Part::Text(done..line));
        }
        parts.push(Part::Tab(Tab {
            label,
            line,
            indent: fences::indent(lines[opener]),
            opener,
            content: opener + 1..closer,
            closer,
        }));
        done = closer + 1;
    }
    if done < all.end {
        parts.push(Part::Text(done..all.end));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{Direction, Document, Part};

    const PAGE: &str = "intro

### (1) GET /v2/images
`openstack` --> `glance-api`

!!! reference \"API\"
    [link](x)

``` text
### (9) GET /shown
```

=== \"Header\"
    ``` http title=\"GET /v2/images\" linenums=\"1\" hl_lines=\"1\"
    Host: h

    ### (7) GET /in/a/fence
    `a` --> `b`
    ```

=== \"Body\"
    ``` json linenums=\"1\" \"hl_lines=\"3\"
    none
    ```
behind


#### 200 OK /v2/images
`openstack` <-- `glance-api`
";

    #[test]
    fn a_section_has_its_heading_its_arrow_and_all_lines_up_to_the_next() {
        let page = Document::read(PAGE);
        assert_eq!(page.preamble, 0..2);
        let in_fences: Vec<_> = (0..29).filter(|&line| page.is_fenced(line)).collect();
        assert_eq!(in_fences, [8, 9, 10, 13, 14, 15, 16, 17, 18, 21, 22, 23]);
        let [one, two] = &*page.sections else { panic!("there are two: {:?}", page.sections) };
        let step = one.step.as_ref().expect("the first has a number");
        assert_eq!((step.number, &page.lines[2][step.span.clone()]), (1, "(1)"));
        assert_eq!((one.heading, one.level, page.title(one)), (2, 3, "GET /v2/images"));
        let arrow = one.arrow.expect("there is an arrow");
        assert_eq!((arrow.line, arrow.from, arrow.to), (3, "openstack", "glance-api"));
        assert_eq!(arrow.direction, Direction::Request);
        let tabs: Vec<_> = one.tabs().map(|tab| (tab.label, tab.line, tab.closer)).collect();
        assert_eq!(tabs, [("Header", 12, 18), ("Body", 20, 23)]);
        let texts = one.parts.iter().filter(|part| matches!(part, Part::Text(_)));
        assert_eq!(texts.map(Part::lines).collect::<Vec<_>>(), [4..12, 19..20, 24..27]);
        assert_eq!((two.level, two.step.as_ref(), page.title(two)), (4, None, "200 OK /v2/images"));
        assert_eq!(
            (two.lines(), two.arrow.map(|arrow| arrow.direction)),
            (27..29, Some(Direction::Response))
        );
    }

    #[test]
    fn a_message_whose_arrow_is_gone_is_told_by_title_and_level() {
        let page = "### GET /a\n`x` --> `y`\n\n### 200 OK /a\n`x` <- `y`\n\n### Notes\n\n#### GET /b\n\n### PUT /c\n";
        let page = Document::read(page);
        let titles: Vec<_> = page.sections.iter().map(|section| page.title(section)).collect();
        assert_eq!(titles, ["GET /a", "200 OK /a", "PUT /c"]);
        assert_eq!(page.sections[1].arrow, None);
        assert_eq!(page.sections[1].parts, [Part::Text(4..10)]);
    }

    #[test]
    fn a_title_is_without_marks_around_it() {
        for (line, title) in [
            ("### (3) `GET /x`", "GET /x"),
            ("###(3)GET /x  ", "GET /x"),
            ("## GET /x { #anchor .class }", "GET /x"),
            ("## GET /x/{image_id}", "GET /x/{image_id}"),
            ("## anything", "anything"),
            ("##", ""),
        ] {
            let text = format!("{line}\n`a` --> `b`");
            let page = Document::read(&text);
            assert_eq!(page.title(&page.sections[0]), title, "{line}");
        }
    }

    /// Lines of all sorts in any order: each belongs to one place, and nothing panics.
    #[test]
    fn every_line_belongs_to_exactly_one_place() {
        const LINES: [&str; 22] = [
            "",
            "### (1) GET /x",
            "### 200 OK /x",
            "## Title",
            "`a` --> `b`",
            "`a` <-- `b`",
            "`a` - `b`",
            "=== \"Header\"",
            "=== \"Body\"",
            "    === \"Body\"",
            "    ``` json",
            "    ```",
            "```",
            "~~~",
            "    none",
            "text",
            "> ```",
            "!!! note",
            "        ```",
            "한국어 (1)",
            "###### (99999999999) \u{3000}",
            "\t```",
        ];
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        for _ in 0..3_000 {
            let mut text = String::new();
            for _ in 0..40 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let index = usize::try_from(state % LINES.len() as u64).expect("it is small");
                text.push_str(LINES[index]);
                text.push('\n');
            }
            let page = Document::read(&text);
            let mut next = page.preamble.end;
            for section in &page.sections {
                assert_eq!(section.heading, next, "{text}");
                next = section.body();
                for part in &section.parts {
                    assert_eq!(part.lines().start, next, "{text}");
                    assert!(!part.lines().is_empty(), "{text}");
                    next = part.lines().end;
                }
                assert_eq!(section.lines().end, next, "{text}");
            }
            assert_eq!((page.preamble.start, next), (0, page.lines.len()), "{text}");
        }
    }
}
