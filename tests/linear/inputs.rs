//! Pages that are made to be slow to read: a size in, a page of about that many bytes out, with the
//! files that it includes. Both the test of growth and the benchmark read them.

use std::fs;
use std::path::{Path, PathBuf};

use doctool::model::{FileCache, Page};
use doctool::settings::Site;

/// A page, and the files beside it.
pub(crate) struct Input {
    pub(crate) page: String,
    pub(crate) files: Vec<(String, String)>,
}

/// What a page is made of.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) make: fn(usize) -> Input,
}

/// A site that pages are written to.
pub(crate) struct Place {
    site: Site,
    folder: PathBuf,
}

impl Place {
    /// A site in an empty folder, with a dialect.
    pub(crate) fn new(folder: &Path, extensions: &str) -> Self {
        let folder = folder.canonicalize().expect("the folder exists");
        fs::create_dir(folder.join("docs")).expect("the folder is empty");
        let settings = format!("site_name: x\nmarkdown_extensions: {extensions}\n");
        fs::write(folder.join("mkdocs.yml"), settings).expect("it can be written");
        let site = Site::find(&folder).expect("the settings are right");
        Self { site, folder }
    }

    /// Writes a page and the files beside it.
    pub(crate) fn write(&self, input: &Input) {
        let docs = self.folder.join("docs");
        fs::write(docs.join("index.md"), &input.page).expect("it can be written");
        for (name, content) in &input.files {
            fs::write(docs.join(name), content).expect("it can be written");
        }
    }

    /// Reads the page.
    pub(crate) fn read(&self) -> Page {
        let files = FileCache::new(&self.folder);
        let path = self.folder.join("docs/index.md");
        doctool::page::read(&self.site, &files, &path).expect("the page can be read")
    }
}

/// The settings that pages are read with, by name.
pub(crate) const DIALECTS: [(&str, &str); 4] = [
    (
        "material",
        r#"[abbr, admonition, attr_list, def_list, footnotes, md_in_html, tables, meta,
            pymdownx.details, pymdownx.highlight,
            {pymdownx.superfences: {custom_fences: [{name: mermaid, class: mermaid}]}},
            {pymdownx.tabbed: {alternate_style: true}}, {pymdownx.snippets: {base_path: [docs]}}]"#,
    ),
    (
        "blocks",
        r#"[pymdownx.blocks.admonition, pymdownx.blocks.details, pymdownx.blocks.tab,
            pymdownx.blocks.html, pymdownx.blocks.caption, pymdownx.blocks.definition, sane_lists,
            pymdownx.superfences: {relaxed_headers: true, preserve_tabs: true}, pymdownx.quotes,
            {pymdownx.snippets: {base_path: [docs], dedent_subsections: true}}, pymdownx.tabbed]"#,
    ),
    ("html", "[md_in_html, pymdownx.superfences, def_list, pymdownx.saneheaders]"),
    ("plain", "[admonition, {pymdownx.snippets: {base_path: [docs]}}]"),
];

/// The same text over and over.
fn repeated(unit: &str, size: usize) -> String {
    unit.repeat((size / unit.len()).max(1))
}

/// A page that begins with a fence: without one, nothing looks at blocks.
fn page(text: String) -> Input {
    bare(format!("```\n```\n\n{text}"))
}

/// A page without a fence, for what has to stand at its beginning.
fn bare(page: String) -> Input {
    Input { page, files: Vec::new() }
}

/// Numbered pieces, as many as fit.
fn numbered(size: usize, piece: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        if text.len() >= size {
            break;
        }
        text.push_str(&piece(number));
    }
    text
}

/// Each kind: its name and what makes it.
macro_rules! kinds {
    ($($name:literal => $make:expr),* $(,)?) => {
        /// All kinds of pages that are slow to read for a careless reader.
        pub(crate) const KINDS: &[Kind] = &[$(Kind { name: $name, make: $make }),*];
    };
}

kinds! {
    "backticks" => |n| page(repeated("`", n)),
    "backticks, a line each" => |n| page(repeated("`\n", n)),
    "tildes" => |n| page(repeated("~", n)),
    "quotes" => |n| page(repeated(">", n)),
    "quotes, a line each" => |n| page(repeated(">\n", n)),
    "quotes with blanks" => |n| page(repeated("> ", n)),
    "deep quotes, a line each" => |n| page(repeated(&format!("{}\n", ">".repeat(200)), n)),
    "a deep quote of headers" => |n| page(format!("{}a\n{}", "> ".repeat(200), repeated("# h\n", n))),
    "fences in a deep quote" => |n| page(repeated(&format!("{0}```\n{0}```\n\n", "> ".repeat(100)), n)),
    "brackets" => |n| page(repeated("[", n)),
    "brackets, a line each" => |n| page(repeated("[\n", n)),
    "double quotes" => |n| page(repeated("\"", n)),
    "double quotes behind a reference" => |n| page(format!("[a]: x{}x{}", repeated("\"", n / 2), repeated(" ", n / 2))),
    "equals signs" => |n| page(repeated("=", n)),
    "tabs without a title" => |n| page(repeated("===\n", n)),
    "tabs with a title" => |n| page(repeated("=== \"a\"\n", n)),
    "tabs with content" => |n| page(repeated("=== \"a\"\n\n    b\n\n", n)),
    "tabs with an open title" => |n| page(format!("=== {}", repeated("\"a", n))),
    "exclamation marks" => |n| page(repeated("!", n)),
    "admonitions" => |n| page(repeated("!!!\n", n)),
    "admonitions with a type" => |n| page(repeated("!!! a\n", n)),
    "admonitions in admonitions" => |n| page(nested(n, "!!! a")),
    "details in details" => |n| page(nested(n, "??? a")),
    "tabs in tabs" => |n| page(nested(n, "=== \"a\"")),
    "an admonition with many words" => |n| page(format!("!!! {}\"", repeated("a ", n))),
    "an admonition with a long title" => |n| page(format!(
        "!!! a \"{}\"\n\n{}", repeated("t", n / 2), repeated("    ```\n    ```\n\n", n / 2)
    )),
    "question marks" => |n| page(repeated("???\n", n)),
    "nested list" => |n| page(nested(n, "- a")),
    "nested list, close together" => |n| page(nested(n, "- a").replace("\n\n", "\n")),
    "list in a line" => |n| page(repeated("- ", n)),
    "numbers in a line" => |n| page(repeated("1. ", n)),
    "list of many items" => |n| page(repeated("- a\n", n)),
    "loose list of many items" => |n| page(repeated("- a\n\n", n)),
    "list with paragraphs" => |n| page(repeated("- a\n\n    b\n\n", n)),
    "list of two levels" => |n| page(repeated("- a\n    - b\n", n)),
    "loose list with headers" => |n| page(format!("- a\n\n- b\n{}", repeated("# h\n", n))),
    "loose list with indented headers" => |n| page(format!("- a\n\n- b\n{}", repeated("    # h\n", n))),
    "loose list with a far line behind headers" => |n| page(format!(
        "- a\n\n- b\n{}{}x\n", repeated("# h\n", n / 2), repeated(" ", n / 2)
    )),
    "numbered list" => |n| page(numbered(n, |number| format!("{number}. a\n"))),
    "headers" => |n| page(repeated("# a\n", n)),
    "headers in a line" => |n| page(repeated("#", n)),
    "underlined headers" => |n| page(repeated("a\n===\n", n)),
    "rules" => |n| page(repeated("---\n", n)),
    "rules in a line" => |n| page(repeated("-", n)),
    "stars" => |n| page(repeated("* ", n)),
    "rules and headers" => |n| page(repeated("---\n# a\n", n)),
    "everything once a line" => |n| page(repeated("# a\n---\n> b\n- c\n!!! d\n??? e\n=== \"f\"\n: g\n[h]: i\n*[j]: k\n[^l]: m\n", n)),
    "text" => |n| page(repeated("some text\n", n)),
    "text in a line" => |n| page(repeated("some text ", n)),
    "paragraphs" => |n| page(repeated("some text\n\n", n)),
    "blanks" => |n| page(repeated(" ", n)),
    "tabulators" => |n| page(repeated("\t", n)),
    "tabulators, a line each" => |n| page(repeated("\t\n", n)),
    "text with tabulators" => |n| page(repeated("\ta\tb\n", n)),
    "newlines" => |n| page(repeated("\n", n)),
    "carriage returns" => |n| page(repeated("\r", n)),
    "blanks, a line more each" => |n| page(growing(n, " ")),
    "code" => |n| page(repeated("    a\n", n)),
    "code blocks" => |n| page(repeated("    a\n\n", n)),
    "fences" => |n| page(repeated("```\n", n)),
    "fences with content" => |n| page(repeated("```\na\n```\n", n)),
    "fences that never close" => |n| page(repeated("```a\n~~~b\n", n)),
    "fences of all lengths" => |n| page(growing(n, "`")),
    "fences with tabulators" => |n| page(repeated("\t```\n\ta\n\t```\n", n)),
    "fences as code" => |n| page(repeated("    ```\n    ```\n\n", n)),
    "a fence with many blank lines in a wide quote" => |n| page(format!(
        "{}```\n{}", repeated(">", n / 2), repeated("\n", n / 2)
    )),
    "a fence with many blank lines in a wide indent" => |n| page(format!(
        "{}```\n{}", repeated(" ", n / 2), repeated("\n", n / 2)
    )),
    "a fence with many options" => |n| page(format!("``` py {}\n```\n", numbered(n, |number| format!("a{number} ")))),
    "a fence with many attributes" => |n| page(format!(
        "``` {{ .py {} }}\n```\n", numbered(n, |number| format!("a{number}=b "))
    )),
    "a fence with many classes" => |n| page(format!("``` {{ {} }}\n```\n", repeated(".a ", n))),
    "a fence with open values" => |n| page(format!("``` {{ {} }}\n```\n", repeated("a=\"", n))),
    "a fence with values that hold quotes" => |n| page(format!("``` py {}\n```\n", repeated("a=\"b\"c ", n))),
    "a fence with line numbers" => |n| page(format!("``` py hl_lines=\"{}1\"\n```\n", repeated("1 ", n))),
    "tables" => |n| page(repeated("a | b\n--|--\n", n)),
    "a table with many columns" => |n| page(format!("{}\n{}\n", repeated("|a", n / 2), repeated("|-", n / 2))),
    "a table with much code" => |n| page(format!("{}\n|-\n", repeated("`a`|", n))),
    "a table with escaped code" => |n| page(format!("{}\n|-\n", repeated("\\``|", n))),
    "a table with code of all lengths" => |n| page(format!(
        "{}\n|-\n", growing(n, "`").replace('\n', "|")
    )),
    "tables that are none" => |n| page(repeated("x|\n|||\n# h|\n", n)),
    "footnotes" => |n| page(numbered(n, |number| format!("[^{number}]: a\n"))),
    "footnotes apart" => |n| page(numbered(n, |number| format!("[^{number}]: a\n\n    b\n\n"))),
    "footnotes with text between" => |n| page(numbered(n, |number| format!("a\n[^{number}]: a\n"))),
    "open footnotes" => |n| page(repeated("[^a\n", n)),
    "open footnotes before a bracket" => |n| page(format!("{}]", repeated("[^a\n", n))),
    "abbreviations" => |n| page(numbered(n, |number| format!("*[{number}]: a\n"))),
    "open abbreviations" => |n| page(repeated("*[a\n", n)),
    "abbreviations without a colon" => |n| page(repeated("*[a]\n", n)),
    "abbreviations without a meaning" => |n| page(repeated("*[a]:\n\n", n)),
    "references" => |n| page(numbered(n, |number| format!("[{number}]: a\n"))),
    "references with titles" => |n| page(repeated("[a]: b\n\"c\"\n", n)),
    "open references" => |n| page(repeated("[a\n", n)),
    "definitions" => |n| page(repeated(": a\n", n)),
    "definitions with terms" => |n| page(repeated("a\n:   b\n\n", n)),
    "definitions without blank lines" => |n| page(repeated("a\n: b\n", n)),
    "definitions in definitions" => |n| page(nested(n, "a\n:   b")),
    "elements" => |n| page(repeated("<div>\n", n)),
    "elements in a line" => |n| page(repeated("<div>", n)),
    "elements with markdown" => |n| page(repeated("<div markdown>\n", n)),
    "elements with markdown in a line" => |n| page(repeated("<div markdown>", n)),
    "closed elements with markdown" => |n| page(repeated("<div markdown>\na\n</div>\n", n)),
    "elements with markdown, then closed" => |n| page(format!(
        "{}{}", repeated("<div markdown>\n", n / 2), repeated("</div>\n", n / 2)
    )),
    "closing tags" => |n| page(repeated("</div>\n", n)),
    "inline tags, then closing tags of another" => |n| page(format!(
        "x{}{}", repeated("<a>", n / 2), repeated("</b>", n / 2)
    )),
    "tags in an element, then closing tags of another" => |n| page(format!(
        "<div>{}{}", repeated("<a>", n / 2), repeated("</b>", n / 2)
    )),
    "inline tags, then comments" => |n| page(format!(
        "x{}{}", repeated("<a>", n / 2), repeated("<!---->", n / 2)
    )),
    "inline tags of all names, then comments" => |n| page(format!(
        "x{}{}", numbered(n / 2, |number| format!("<a{number}>")), repeated("<!---->", n / 2)
    )),
    "an inline tag, then comments and closing tags" => |n| page(format!("x<a>{}", repeated("</b><!---->", n))),
    "angles" => |n| page(repeated("<", n)),
    "angles, a line each" => |n| page(repeated("<\n", n)),
    "open tags" => |n| page(repeated("<a ", n)),
    "open tags with a close" => |n| page(format!("{}>", repeated("<a ", n))),
    "open tags with equals signs" => |n| page(format!("{}/ >", repeated("<a b=", n))),
    "open tags with quotes" => |n| page(format!("{}>\"", repeated("<a b=\"", n))),
    "open tags with both quotes" => |n| page(format!("{}>'>\"", repeated("<a b='<a c=\"", n))),
    "open tags with backticks" => |n| page(format!("{}>", repeated("<a b=`c", n))),
    "open tags with commas" => |n| page(format!("{}>", repeated("<a b=\"c\" , , ", n))),
    "open tags with slashes" => |n| page(format!("{}>", repeated("<a/", n))),
    "a tag of slashes" => |n| page(format!("<a {}>", repeated("/ ", n))),
    "a tag with many attributes" => |n| page(format!("<div {}>", repeated("a ", n))),
    "tags with zeros" => |n| page(format!("{}>", repeated("<a\0b ", n))),
    "open closing tags" => |n| page(repeated("</a ", n)),
    "open comments" => |n| page(repeated("<!--\n", n)),
    "comments" => |n| page(repeated("<!-- a -->\n", n)),
    "comments in a line" => |n| page(repeated("<!--a-->", n)),
    "dashes in a comment" => |n| page(format!("<!--{}", repeated("-", n))),
    "comments that end oddly" => |n| page(repeated("<!-- --!>\n", n)),
    "open instructions" => |n| page(repeated("<?a\n", n)),
    "instructions" => |n| page(repeated("<?a?>\n", n)),
    "open instructions before an end" => |n| page(format!("{}>", repeated("<?a\n", n))),
    "open declarations" => |n| page(repeated("<!a\n", n)),
    "open doctypes" => |n| page(repeated("<!doctype\n", n)),
    "open sections" => |n| page(repeated("<![CDATA[\n", n)),
    "open sections with brackets" => |n| page(repeated("<![CDATA[]]\n", n)),
    "open sections before an end" => |n| page(format!("{}>", repeated("<![CDATA[\n", n))),
    "marked declarations" => |n| page(repeated("<![a\n", n)),
    "scripts" => |n| page(repeated("<script>\n", n)),
    "scripts, closed" => |n| page(repeated("<script>a</script>\n", n)),
    "a script with closing tags" => |n| page(format!("<script>{}", repeated("</a>", n))),
    "ampersands" => |n| page(format!("{}<", repeated("&", n))),
    "entities" => |n| page(format!("{}<", repeated("&amp;", n))),
    "broken entities" => |n| page(format!("{}<", repeated("&#", n))),
    "tags behind a broken entity" => |n| page(format!("&#a;{}", repeated("<br>", n))),
    "elements behind a broken entity" => |n| page(format!("&#a;\n{}", repeated("<div>a</div>\n", n))),
    "elements behind a broken entity, with markdown" => |n| page(format!(
        "&#a;\n{}", repeated("<p markdown>a</p>\n", n)
    )),
    "comments behind a broken entity" => |n| page(format!("&#a; x<a>{}", repeated("<!---->", n))),
    "closing tags behind a broken entity" => |n| page(format!("&#a; {}", repeated("</div>", n))),
    "slashes" => |n| page(repeated("///\n", n)),
    "blocks" => |n| page(repeated("/// note\n///\n", n)),
    "blocks apart" => |n| page(repeated("/// note\n\n", n)),
    "blocks apart, closed" => |n| page(repeated("/// note\n\na\n\n///\n\n", n)),
    "open blocks" => |n| page(repeated("/// note\n", n)),
    "blocks with options" => |n| page(repeated("/// admonition\n    type: a\n///\n", n)),
    "blocks with wrong options" => |n| page(repeated("/// note\n    a: b\n# h\n", n)),
    "blocks in an item of a block" => |n| page(format!(
        "/// note\n\n- x\n\n{}", repeated("    /// tip\n    ///\n", n)
    )),
    "headers between unknown blocks" => |n| page(repeated("/// unknown\n# h\n", n)),
    "headers between wrong blocks" => |n| page(repeated("/// tab\n# h\n", n)),
    "scissors" => |n| page(repeated("--8<--", n)),
    "scissors, a line each" => |n| page(repeated("--8<--\n", n)),
    "scissors in a line" => |n| page(repeated("-8<", n)),
    "open markers" => |n| page(repeated("--8<-- [", n)),
    "markers" => |n| page(repeated("--8<-- [start:a]\n", n)),
    "missing includes" => |n| page(repeated("--8<-- \"none.md\"\n", n)),
    "a missing include with a long name" => |n| page(format!("--8<-- \"{}\"\n", repeated("a", n))),
    "an include with many ranges" => |n| including(
        format!("--8<-- \"a.md{}\"\n", repeated(":1:1,", n)), "a\n".into()
    ),
    "an include with many colons" => |n| including(
        format!("--8<-- \"a.md{}\"\n", repeated(":", n)), "a\n".into()
    ),
    "an include of many empty ranges" => |n| including(
        format!("--8<-- \"a.md:1:1{}\"\n", repeated(",2:1", n / 2)), repeated("a\n", n / 2)
    ),
    "includes in a block" => |n| including(format!("--8<--\n{}", repeated("a.md\n", n)), "a\n".into()),
    "includes" => |n| including(repeated("--8<-- \"a.md\"\n", n), "a\n".into()),
    "includes of one line" => |n| including(repeated("--8<-- \"a.md:1:1\"\n", n / 2), repeated("a\n", n / 2)),
    "includes of a missing section" => |n| including(
        repeated("--8<-- \"a.md:one\"\n", n / 2), repeated("a\n", n / 2)
    ),
    "includes of sections" => |n| including(
        numbered(n / 2, |number| format!("--8<-- \"a.md:s{number}\"\n")),
        numbered(n / 2, |number| format!("--8<-- [start:s{number}]\na\n--8<-- [end:s{number}]\n"))
    ),
    "a cycle" => |n| including(repeated("--8<-- \"a.md\"\n", 20), repeated("--8<-- \"a.md\"\n", n / 20)),
    "an empty file, often" => |n| including(repeated("--8<-- \"a.md\"\n", n), String::new()),
    "byte order marks" => |n| page(repeated("\u{feff}", n)),
    "letters of another script" => |n| page(repeated("가", n)),
    "languages of another script" => |n| page(repeated("``` 가나다\n```\n", n)),
    "front matter" => |n| bare(format!("---\n{}---\na\n", numbered(n, |number| format!("a{number}: b\n")))),
    "open front matter" => |n| bare(repeated("---\na: b\n", n)),
    "front matter of brackets" => |n| bare(format!("---\na: {}\n---\nb\n", repeated("[", n))),
    "front matter of braces" => |n| bare(format!("---\na: {}\n---\nb\n", repeated("{", n))),
    "front matter of dashes" => |n| bare(format!("---\na:\n  {}\n---\nb\n", repeated("- ", n))),
    "front matter of question marks" => |n| bare(format!("---\n{}\n---\nb\n", repeated("? ", n))),
    "front matter of quotes" => |n| bare(format!("---\na: {}\n---\nb\n", repeated("\"", n))),
    "front matter of anchors" => |n| bare(format!(
        "---\n{}---\nb\n", numbered(n, |number| format!("a{number}: &b{number} c\n"))
    )),
    "front matter of keys in a line" => |n| bare(format!("---\na: {{{}}}\n---\nb\n", repeated("a, ", n))),
    "meta lines" => |n| bare(repeated("a: b\n", n)),
    "options of a block that are brackets" => |n| page(format!("/// note\n    a: {}\n///\n", repeated("[", n))),
}

/// Each line in the one before, as deep as the size allows.
fn nested(size: usize, head: &str) -> String {
    let mut text = String::new();
    for depth in 0.. {
        if text.len() >= size {
            break;
        }
        for line in head.lines() {
            text.push_str(&"    ".repeat(depth));
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// Lines of which each is longer than the one before.
fn growing(size: usize, unit: &str) -> String {
    let mut text = String::new();
    for length in 1.. {
        if text.len() >= size {
            break;
        }
        text.push_str(&unit.repeat(length));
        text.push('\n');
    }
    text
}

fn including(text: String, file: String) -> Input {
    Input { files: vec![("a.md".to_owned(), file)], ..page(text) }
}
