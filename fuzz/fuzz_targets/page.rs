//! Reads any bytes as a page with two files that it may include. There has to be a page, and all
//! that it says of places has to be true.
//!
//! The first byte chooses the dialect. Files are separated by a byte that UTF-8 never has.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use doctool::model::{FileCache, IncludeStatus, Page};
use doctool::settings::Site;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// What separates the page and the files that it may include.
const SEPARATOR: u8 = 0xff;
const FILES: [&str; 3] = ["index.md", "a.md", "b.md"];
const DIALECTS: [&str; 6] = [
    "[abbr, admonition, attr_list, def_list, footnotes, md_in_html, tables, pymdownx.details,
      {pymdownx.superfences: {custom_fences: [{name: mermaid, class: mermaid}]}},
      {pymdownx.tabbed: {alternate_style: true}}, {pymdownx.snippets: {base_path: [docs]}}]",
    "[pymdownx.blocks.admonition, pymdownx.blocks.details, pymdownx.blocks.tab, def_list,
      pymdownx.blocks.html, pymdownx.blocks.caption, pymdownx.blocks.definition, footnotes,
      pymdownx.superfences, {pymdownx.snippets: {base_path: [docs], dedent_subsections: true}}]",
    "[md_in_html, {pymdownx.superfences: {preserve_tabs: true}}, pymdownx.tabbed, admonition,
      {pymdownx.highlight: {use_pygments: false}}, {pymdownx.snippets: {base_path: docs}}]",
    "[extra, meta, sane_lists, {pymdownx.snippets: {base_path: docs, restrict_base_path: false}},
      {pymdownx.superfences: {relaxed_headers: true, disable_indented_code_blocks: true}}]",
    "[pymdownx.saneheaders, {pymdownx.quotes: {callouts: true}}, pymdownx.superfences,
      {pymdownx.snippets: {base_path: docs, encoding: latin-1, auto_append: ['a.md:x', b.md]}}]",
    "[admonition, md_in_html, {pymdownx.snippets: {base_path: [docs]}}]",
];

/// A site for each dialect, and the folder that holds them.
static SITES: LazyLock<(Vec<Site>, TempDir)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let root = folder.path().canonicalize().expect("it exists");
    let make = |(number, extensions): (usize, &&str)| {
        let folder = root.join(number.to_string());
        fs::create_dir_all(folder.join("docs")).expect("it can be made");
        let settings = format!("site_name: x\nmarkdown_extensions: {extensions}\n");
        fs::write(folder.join("mkdocs.yml"), settings).expect("it can be written");
        Site::find(&folder).expect("the settings are right")
    };
    (DIALECTS.iter().enumerate().map(make).collect(), folder)
});

fuzz_target!(|data: &[u8]| {
    let Some((dialect, data)) = data.split_first() else { return };
    let site = &SITES.0[usize::from(*dialect) % DIALECTS.len()];
    let docs = site.folder.join("docs");
    let mut parts = data.splitn(FILES.len(), |byte| *byte == SEPARATOR);
    for name in FILES {
        fs::write(docs.join(name), parts.next().unwrap_or_default()).expect("it can be written");
    }
    let files = FileCache::new(&site.folder);
    let page = doctool::page::read(site, &files, Path::new("docs/index.md")).expect("a page");
    check_lines(&files, &page);
    check_includes(&page);
    check_fences(&page);
    check_diagnostics(&page);
});

/// Each line stands where it says: its bytes are its text without what was put before it.
fn check_lines(files: &FileCache, page: &Page) {
    for index in 0..page.lines.len() {
        let text = page.line(index);
        assert!(!text.contains('\n'));
        let Some(origin) = page.origin(index) else { continue };
        let bytes = files.bytes(origin.file);
        let line = bytes.get(origin.span.clone()).expect("the span lies in the file");
        let before = bytes[..origin.span.start].iter().filter(|byte| **byte == b'\n').count();
        assert!(before < origin.line, "line {} begins behind {before} newlines", origin.line);
        let (indent, rest) = text.split_at(page.lines.indent(index));
        assert!(indent.bytes().all(|byte| byte == b' '));
        if bytes.is_ascii() {
            let line = std::str::from_utf8(line).expect("it is ASCII");
            // A `;` that escapes may be missing, and an indent that was taken away.
            let [line, rest] = [line, rest].map(|text| text.trim_start_matches([' ', '\t']));
            // Python takes more for blanks, and among the paths of a block a line of them is empty.
            let is_empty = |line: &str| line.bytes().all(|byte| matches!(byte, 9..=13 | 28..=32));
            let is_cut = line.contains(';') || line == rest || rest.is_empty() && is_empty(line);
            assert!(is_cut, "{line:?} is shown as {rest:?}");
        }
    }
    let lines = if page.lines.is_empty() { 0 } else { page.lines.text().matches('\n').count() + 1 };
    assert_eq!(lines, page.lines.len());
}

/// Includes lie in those that hold them, and have the lines that they say.
fn check_includes(page: &Page) {
    for (index, include) in page.includes.iter().enumerate() {
        assert!(include.lines.start <= include.lines.end && include.lines.end <= page.lines.len());
        if let Some(parent) = include.parent {
            assert!(parent < index);
            let outer = &page.includes[parent].lines;
            assert!(outer.start <= include.lines.start && include.lines.end <= outer.end);
        }
        if let Some(fence) = include.fence {
            let fence = &page.fences[fence].lines;
            assert!(fence.start < include.lines.start && include.lines.end < fence.end);
        }
        assert!(include.file.is_none() || include.resolved.is_some());
        if include.status == IncludeStatus::Missing {
            assert!(include.lines.is_empty());
        }
    }
}

/// Fences follow each other, and have as many lines as their text.
fn check_fences(page: &Page) {
    let mut end = 0;
    for fence in &page.fences {
        assert!(end <= fence.lines.start && fence.lines.start + 2 <= fence.lines.end);
        end = fence.lines.end;
        assert!(end <= page.lines.len());
        let lines = fence.content().len();
        assert_eq!(page.content(fence).count(), lines);
        assert_eq!(fence.text.split('\n').count(), lines.max(1));
        assert!(fence.marker.len() >= 3);
        for container in &fence.containers {
            assert!(container.head < page.lines.len());
        }
    }
}

/// What is said of the page can be shown.
fn check_diagnostics(page: &Page) {
    for diagnostic in &page.diagnostics {
        assert!(diagnostic.text.get(diagnostic.span.clone()).is_some());
        assert!(diagnostic.place.line > 0 && diagnostic.place.column > 0);
    }
}
