//! Secrets that the pages meant publish: where they stand, and the edits that take them out.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use crate::capture::requestshook;
use crate::model::{Edit, FileCache, FileId, Leak, Page, Place, Run, TextForm};
use crate::page;
use crate::stabilise::{Found, Published, ShortSecrets};

use super::{Job, side_by_side};

/// The texts of some pages, and what they document.
#[derive(Default)]
pub(super) struct Publication {
    /// The form of each line of each file.
    forms: BTreeMap<FileId, Vec<TextForm>>,
    /// The files of each page.
    pages: Vec<Vec<FileId>>,
    /// What all pages together document.
    documented: Run,
}

/// The form of each line of each of a page's files.
pub(super) struct PageTexts(BTreeMap<FileId, Vec<TextForm>>);

impl PageTexts {
    pub(super) fn of(job: &Job<'_>, page: &Page) -> Self {
        let mut forms = page::forms(job.site, job.files, page);
        for (file, forms) in &mut forms {
            if is_log(&job.files.bytes(*file)) {
                forms.fill(TextForm::Shown);
            }
        }
        Self(forms)
    }
}

/// A published secret, and the edit that takes it out.
pub(super) struct FoundSecret {
    pub(super) leak: Leak,
    pub(super) edit: Edit,
}

impl Publication {
    /// Takes in a page with all its files.
    pub(super) fn add(&mut self, job: &Job<'_>, page: &Page, documented: Run) {
        self.add_texts(PageTexts::of(job, page), documented);
    }

    /// Takes in a page whose files are known already.
    pub(super) fn add_texts(&mut self, PageTexts(forms): PageTexts, documented: Run) {
        self.pages.push(forms.keys().copied().collect());
        for (file, forms) in forms {
            let known = self.forms.entry(file).or_insert_with(|| forms.clone());
            known.iter_mut().zip(forms).for_each(|(known, form)| *known = form.max(*known));
        }
        self.documented.recording.exchanges.extend(documented.recording.exchanges);
    }

    /// Every secret in the files of these pages. A file that several pages include belongs to the
    /// first of them.
    pub(super) fn leaks_of(&self, job: &Job<'_>, is_meant: &[bool]) -> Vec<Leak> {
        let mut owner: BTreeMap<FileId, usize> = BTreeMap::new();
        for (page, files) in self.pages.iter().enumerate() {
            files.iter().for_each(|&file| {
                owner.entry(file).or_insert(page);
            });
        }
        let found = self.findings(job).into_iter();
        found.filter(|found| is_meant[owner[&found.edit.file]]).map(|found| found.leak).collect()
    }

    /// How many pages were taken in.
    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// The files of each page, in the order in which the pages were taken in.
    pub(super) fn files(&self) -> &[Vec<FileId>] {
        &self.pages
    }

    /// Every secret in the files, in the order of their paths and of their places.
    pub(super) fn findings(&self, job: &Job<'_>) -> Vec<FoundSecret> {
        let texts: BTreeMap<FileId, Vec<Text>> = self
            .forms
            .iter()
            .map(|(&file, forms)| (file, texts(&job.files.bytes(file), forms)))
            .collect();
        let all = texts.values().flatten().map(Text::with_form);
        let published = Published::of(all, &self.documented, &job.config.redact);
        let mut short: BTreeMap<FileId, ShortSecrets> = BTreeMap::new();
        for page in &self.pages {
            let of_page = page.iter().flat_map(|file| &texts[file]).map(Text::with_form);
            let of_page = published.short(of_page);
            page.iter().for_each(|&file| short.entry(file).or_default().extend(&of_page));
        }
        let mut files: Vec<FileId> = texts.keys().copied().collect();
        files.sort_by_cached_key(|&file| job.files.path(file));
        let of_file = |&file: &FileId| {
            let found = texts[&file].iter().flat_map(|text| {
                let found = published.find(text.form, &text.text, &short[&file]).into_iter();
                found.map(move |found| (text, found))
            });
            let found: Vec<_> = found.collect();
            // Most files have none, and need no places.
            let places = (!found.is_empty()).then(|| Places::of(job.files, file));
            let secret = |(text, found): (&Text, Found)| {
                let span = text.start + found.span.start..text.start + found.span.end;
                let place = places.as_ref().expect("something was found").place(span.start);
                let (value, placeholder) = (&text.text[found.span.clone()], found.placeholder());
                let edit = Edit { file, span, text: placeholder };
                (
                    value.to_owned(),
                    FoundSecret { leak: Leak { place, kind: found.kind, value: 0 }, edit },
                )
            };
            found.into_iter().map(secret).collect::<Vec<_>>()
        };
        let mut numbers = HashMap::new();
        let mut findings = Vec::new();
        let Ok(()) = side_by_side::each(&files, of_file, |found| {
            for (value, mut secret) in found {
                let number = numbers.len();
                secret.leak.value = *numbers.entry(value).or_insert(number);
                findings.push(secret);
            }
            Ok::<(), Infallible>(())
        });
        findings
    }
}

/// Whether the file is a log from its first line on.
fn is_log(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| requestshook::parse(line).is_some())
}

/// A stretch of a file that is UTF-8 and of one form.
struct Text {
    /// Its first byte in the file.
    start: usize,
    form: TextForm,
    text: String,
}

impl Text {
    fn with_form(&self) -> (TextForm, &str) {
        (self.form, &self.text)
    }
}

/// A file as stretches. Bytes that are no UTF-8 belong to none.
fn texts(bytes: &[u8], forms: &[TextForm]) -> Vec<Text> {
    let mut stretches: Vec<(usize, TextForm, Vec<u8>)> = Vec::new();
    let mut start = 0;
    for (line, &form) in page::lines(bytes).zip(forms) {
        match stretches.last_mut() {
            Some((_, last, text)) if *last == form => text.extend_from_slice(line),
            _ => stretches.push((start, form, line.to_vec())),
        }
        start += line.len();
    }
    let mut texts = Vec::new();
    for (mut start, form, bytes) in stretches {
        for chunk in bytes.utf8_chunks() {
            texts.push(Text { start, form, text: chunk.valid().to_owned() });
            start += chunk.valid().len() + chunk.invalid().len();
        }
    }
    texts
}

/// Tells lines and columns of a file.
struct Places<'a> {
    files: &'a FileCache,
    file: FileId,
    bytes: bytes::Bytes,
    line_starts: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(files: &'a FileCache, file: FileId) -> Self {
        let bytes = files.bytes(file);
        let mut line_starts = Vec::new();
        let mut start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        for line in page::lines(&bytes[start..]) {
            line_starts.push(start);
            start += line.len();
        }
        Self { files, file, bytes, line_starts }
    }

    fn place(&self, byte: usize) -> Place {
        let line = self.line_starts.partition_point(|&start| start <= byte).max(1);
        let before = &self.bytes[self.line_starts[line - 1].min(byte)..byte];
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        Place { file: self.files.shown(self.file), line, column }
    }
}
