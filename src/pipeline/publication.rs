//! Secrets that the pages meant publish: where they stand, and the edits that take them out.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::convert::Infallible;
use std::mem;
use std::path::{Path, is_separator};

use foldhash::{HashMap, HashMapExt as _};

use crate::capture::requestshook;
use crate::model::{Edit, Excerpt, FileId, FileText, Leak, Page, Place, Run, TextForm};
use crate::page;
use crate::side_by_side;
use crate::stabilise::{Learnt, Published, Secrets, ShortSecrets, Sight, Sighted};

use super::Job;

/// The texts of some pages, and what they document.
pub(super) struct Publication {
    sight: Sight,
    /// The form of each line of each file.
    forms: BTreeMap<FileId, Vec<TextForm>>,
    /// The files of each page.
    pages: Vec<Vec<FileId>>,
    /// What all pages together document.
    learnt: Learnt,
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
    /// Nothing yet.
    pub(super) fn new(job: &Job<'_>) -> Self {
        Self::of(Sight::new(&job.config.redact))
    }

    /// Nothing yet, and how it is to be looked at.
    pub(super) fn of(sight: Sight) -> Self {
        Self { sight, forms: BTreeMap::new(), pages: Vec::new(), learnt: Learnt::default() }
    }

    /// Takes in a page with all its files.
    pub(super) fn add(&mut self, job: &Job<'_>, page: &Page, documented: &Run) {
        let learnt = self.sight.without_stand_ins(self.sight.learn(documented));
        self.add_texts(PageTexts::of(job, page), learnt);
    }

    /// Takes in a page whose files are known already, and what it documents but for stand-ins.
    pub(super) fn add_texts(&mut self, PageTexts(forms): PageTexts, learnt: Learnt) {
        self.pages.push(forms.keys().copied().collect());
        for (file, forms) in forms {
            match self.forms.entry(file) {
                Entry::Vacant(entry) => _ = entry.insert(forms),
                Entry::Occupied(mut known) => {
                    let known = known.get_mut().iter_mut();
                    known.zip(forms).for_each(|(known, form)| *known = form.max(*known));
                }
            }
        }
        self.learnt.add(learnt);
    }

    /// Every secret in the files of these pages, and what finds the secrets of all. A file that several
    /// pages include belongs to the first of them.
    pub(super) fn leaks_of(&mut self, job: &Job<'_>, is_meant: &[bool]) -> (Vec<Leak>, Secrets) {
        let mut owner: BTreeMap<FileId, usize> = BTreeMap::new();
        for (page, files) in self.pages.iter().enumerate() {
            files.iter().for_each(|&file| {
                owner.entry(file).or_insert(page);
            });
        }
        let (found, secrets) = self.found(job);
        let meant = found.into_iter().filter(|found| is_meant[owner[&found.edit.file]]);
        (meant.map(|found| found.leak).collect(), secrets)
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
    pub(super) fn findings(&mut self, job: &Job<'_>) -> Vec<FoundSecret> {
        self.found(job).0
    }

    /// What was learnt is used up.
    fn found(&mut self, job: &Job<'_>) -> (Vec<FoundSecret>, Secrets) {
        let learnt = mem::take(&mut self.learnt);
        let mut files: Vec<(FileId, &Vec<TextForm>)> =
            self.forms.iter().map(|(&file, forms)| (file, forms)).collect();
        files.sort_by_cached_key(|&(file, _)| in_order(&job.files.path(file)));
        let sight = &self.sight;
        let look = |&(file, forms): &(FileId, &Vec<TextForm>)| {
            (file, texts(&job.files.bytes(file), forms, sight))
        };
        let mut texts: BTreeMap<FileId, Vec<Text>> = BTreeMap::new();
        let Ok(()) = side_by_side::each(&files, look, |(file, looked)| {
            texts.insert(file, looked);
            Ok::<(), Infallible>(())
        });
        // A value is called what it is called first, so the order must not be that of the threads.
        let seen = files.iter().flat_map(|(file, _)| &texts[file]).map(|text| &text.seen);
        let published = Published::of(sight, seen, learnt, &job.config.redact);
        let mut short: BTreeMap<FileId, ShortSecrets> = BTreeMap::new();
        for page in &self.pages {
            let of_page = page.iter().flat_map(|file| &texts[file]).map(|text| &text.seen);
            let of_page = published.short(of_page);
            page.iter().for_each(|&file| short.entry(file).or_default().extend(&of_page));
        }
        let of_file = |&(file, _): &(FileId, &Vec<TextForm>)| {
            let (shown, bytes) = (job.files.shown(file), job.files.bytes(file));
            let mut secrets = Vec::new();
            for text in &texts[&file] {
                for found in published.find(text.form, &text.text, &text.seen, &short[&file]) {
                    let span = text.start + found.span.start..text.start + found.span.end;
                    let place = place(&shown, &bytes, span.start);
                    let edit = Edit { file, span, text: found.placeholder() };
                    let leak = Leak { place, kind: found.kind, value: 0 };
                    secrets.push((&text.text[found.span], FoundSecret { leak, edit }));
                }
            }
            secrets
        };
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut findings = Vec::new();
        let Ok(()) = side_by_side::each(&files, of_file, |found| {
            for (value, mut secret) in found {
                let number = numbers.len();
                secret.leak.value = *numbers.entry(value).or_insert(number);
                findings.push(secret);
            }
            Ok::<(), Infallible>(())
        });
        (findings, published.into_secrets())
    }
}

/// What sorts as a path does, folder by folder, and is compared faster.
fn in_order(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    bytes.map(|byte| if is_separator(char::from(*byte)) { 0 } else { *byte }).collect()
}

/// Whether the file is a log from its first line on.
fn is_log(file: &FileText) -> bool {
    let lines = (0..file.line_count()).filter_map(|line| file.line(line));
    let mut lines = lines.map(|line| String::from_utf8_lossy(&file[line]));
    let first = lines.find(|line| !line.trim().is_empty());
    first.is_some_and(|line| requestshook::parse(line.trim_end_matches(['\n', '\r'])).is_some())
}

/// A stretch of a file that is UTF-8 and of one form.
struct Text {
    /// Its first byte in the file.
    start: usize,
    form: TextForm,
    text: Excerpt,
    seen: Sighted,
}

/// A file as stretches, looked at. Bytes that are no UTF-8 belong to none.
fn texts(bytes: &FileText, forms: &[TextForm], sight: &Sight) -> Vec<Text> {
    let mut first = 0;
    let stretches = forms.chunk_by(|one, next| one == next).filter_map(|alike| {
        let start = bytes.line(first)?.start;
        first += alike.len();
        Some((alike[0], start..bytes.line(first - 1)?.end))
    });
    let mut texts = Vec::new();
    for (form, stretch) in stretches {
        if let Some(text) = Excerpt::of(bytes, stretch.clone()) {
            let (start, seen) = (stretch.start, sight.of(form, &text));
            texts.push(Text { start, form, text, seen });
            continue;
        }
        let mut start = stretch.start;
        for chunk in bytes[stretch].utf8_chunks() {
            let seen = sight.of(form, chunk.valid());
            texts.push(Text { start, form, text: chunk.valid().into(), seen });
            start += chunk.valid().len() + chunk.invalid().len();
        }
    }
    texts
}

/// The place of a byte of a file that people see under this path.
fn place(file: &Path, bytes: &FileText, byte: usize) -> Place {
    let line = bytes.line_of(byte);
    let start = bytes.line(line).map_or(byte, |line| line.start);
    let mark = if bytes[start..].starts_with(b"\xEF\xBB\xBF") && line == 0 { 3 } else { 0 };
    let before = &bytes[(start + mark).min(byte)..byte];
    let column = String::from_utf8_lossy(before).chars().count() + 1;
    Place { file: file.to_owned(), line: line + 1, column }
}
