//! What runs, once, in which order, and which views each run feeds.
//!
//! In: the pages and the settings. Out: a [`PagePlan`] a page, with the documented commands, what
//! is not run and why, and the parts of files that a run tells anew. What a view is comes from
//! where it stands, not from file names.

mod console;
mod diagrams;
mod expect;
mod front_matter;
mod parts;
mod permitted;
mod prose;
mod refused;
mod region;
mod views;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{Event, Parser};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Command, ContainerKind, Fence, FileCache, NotRun, Page, PagePlan, Place, Variable, View,
    ViewKind,
};
use crate::settings::{Config, Site};

use front_matter::{LookUp, Wishes};
use permitted::Refusal;

pub use diagrams::unreadable;
pub use parts::next_name;
pub use prose::prose;
pub use refused::{nothing_runs, refused};
pub use views::{has_form_of_view, is_sequence_diagram};

/// What the page documents.
///
/// # Errors
///
/// When its front matter asks doctool for something that does not exist, or a view's file is not
/// UTF-8.
pub fn plan(site: &Site, config: &Config, files: &FileCache, page: &Page) -> Result<PagePlan> {
    let own_place = Place::file(files.shown(page.file));
    let wishes = front_matter::wishes(page.front_matter.as_ref(), &own_place)?;
    let mut planner = Planner {
        config,
        files,
        page,
        commands: Vec::new(),
        not_run: Vec::new(),
        views: Vec::new(),
    };
    let skipped = views::skipped(page);
    for (index, fence) in page.fences.iter().enumerate() {
        if !skipped.fences.contains(&index) {
            planner.fence(fence);
        }
    }
    let Planner { commands, not_run, views: mut views_found, .. } = planner;
    let mut diagram = Vec::new();
    if !commands.is_empty() {
        views_found.extend(views::included(site, files, page, &wishes.views, &skipped)?);
        diagram = parts::of_diagram(site, files, page, &views_found, &skipped);
    }
    let Wishes { setup, teardown, vars, files: wanted, skip, diagrams, expect, .. } = wishes;
    let file = files.path(page.file).to_path_buf();
    let folder = file.parent().expect("a file is in a folder").to_owned();
    Ok(PagePlan {
        path: page.path.clone(),
        setup: all_asked_for(config, &own_place, &setup)?,
        teardown: all_asked_for(config, &own_place, &teardown)?,
        variables: variables(config, &own_place, vars)?,
        files: refused::within(site, files, &own_place, &folder, &wanted)?,
        file,
        expected: expect::expected(expect.as_ref(), &commands, &own_place)?,
        commands,
        not_run,
        views: views_found,
        diagram,
        presentation: diagrams
            .of_page(&config.diagrams)
            .map_err(|error| error.at(own_place.clone()))?,
        skipped: skip,
    })
}

/// A command that the settings or the front matter ask for. One that must not run is an error at
/// the place.
///
/// # Errors
///
/// When the program is not in `run.allow`, or the line needs a shell and the site allows none.
pub fn asked_for(config: &Config, place: &Place, line: &str) -> Result<Command> {
    let argv = permitted::argv(&config.run, line).map_err(|Refusal { reason, hint }| {
        let error = Error::new(ErrorKind::Page, format!("`{line}` {reason}")).at(place.clone());
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    })?;
    Ok(Command { text: line.to_owned(), argv, input: None, place: place.clone() })
}

fn all_asked_for(config: &Config, page: &Place, lines: &[String]) -> Result<Vec<Command>> {
    lines.iter().map(|line| asked_for(config, page, line)).collect()
}

fn variables(
    config: &Config,
    page: &Place,
    vars: BTreeMap<String, LookUp>,
) -> Result<Vec<Variable>> {
    let variable = |(name, LookUp { documented, command }): (String, LookUp)| {
        let command = asked_for(config, page, &command)?;
        Ok(Variable { name, documented, command })
    };
    vars.into_iter().map(variable).collect()
}

/// A title as its reader sees it, without marks such as those of code or emphasis.
fn plain(title: &str) -> String {
    let text = Parser::new(title.trim()).filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => Some(text.into_string()),
        _ => None,
    });
    text.collect()
}

/// Gathers what the fences of a page document.
struct Planner<'a> {
    config: &'a Config,
    files: &'a FileCache,
    page: &'a Page,
    commands: Vec<Command>,
    not_run: Vec<NotRun>,
    views: Vec<View>,
}

impl Planner<'_> {
    fn fence(&mut self, fence: &Fence) {
        if views::is_mermaid(fence) {
            return;
        }
        let entries = console::entries(&fence.text);
        if entries.is_empty() {
            self.titled(fence);
            self.root_prompts(fence);
        }
        for entry in entries {
            let first = fence.content().start;
            let output = entry.output;
            let written = first + entry.start..first + output.start;
            self.command(&entry.command, entry.input, written, |planner| {
                region::of_content(planner.page, planner.files, fence, output)
            });
        }
    }

    /// The form where the command is only the title of the block around its output.
    fn titled(&mut self, fence: &Fence) {
        let Some(container) = fence.containers.last() else { return };
        let is_block = matches!(container.kind, ContainerKind::Details | ContainerKind::Admonition);
        let Some(title) = container.title.as_deref().filter(|_| is_block) else { return };
        let title = plain(title);
        let shares_block = |other: &&Fence| {
            other.containers.last().is_some_and(|other| other.head == container.head)
        };
        let is_first =
            self.page.fences.iter().find(shares_block).is_some_and(|first| first == fence);
        let has_prompt = || {
            let mut fences = self.page.fences.iter().filter(shares_block);
            fences.any(|other| other.text.split('\n').any(console::is_prompt))
        };
        if is_first && permitted::argv(&self.config.run, &title).is_ok() && !has_prompt() {
            let all = 0..fence.content().len();
            let written = container.head..container.head + 1;
            self.command(&title, None, written, |planner| {
                region::of_content(planner.page, planner.files, fence, all)
            });
        }
    }

    /// Adds a command that is documented at these lines of the page, unless it must not run.
    fn command(
        &mut self,
        text: &str,
        input: Option<String>,
        written: Range<usize>,
        output: impl FnOnce(&Self) -> Option<crate::model::Region>,
    ) {
        let Some(place) = self.place(written.start) else { return };
        let text = text.to_owned();
        let is_ours = written.into_iter().all(|index| self.page.origin(index).is_some());
        let (reason, hint) = match permitted::argv(&self.config.run, &text) {
            // Whoever can write there must not say what runs here.
            _ if !is_ours => ("it comes from a URL".to_owned(), None),
            Err(Refusal { reason, hint }) => {
                (reason.trim_start_matches("is not run: ").to_owned(), hint)
            }
            Ok(argv) => match output(self) {
                None => ("its output comes from several places".to_owned(), None),
                Some(region) => {
                    let kind = ViewKind::Console(self.commands.len());
                    self.views.push(View { kind, region });
                    self.commands.push(Command { text, argv, input, place });
                    return;
                }
            },
        };
        self.not_run.push(NotRun { text, place, reason, hint });
    }

    /// Lines that begin with `# ` in a block of commands: root's prompt, or a comment.
    fn root_prompts(&mut self, fence: &Fence) {
        const LANGUAGES: [&str; 7] =
            ["bash", "cmd", "console", "sh", "shell", "shell-session", "zsh"];
        if !fence.language.as_deref().is_some_and(|language| LANGUAGES.contains(&language)) {
            return;
        }
        for (number, line) in fence.text.split('\n').enumerate() {
            let (Some(text), Some(place)) =
                (line.strip_prefix("# "), self.place(fence.content().start + number))
            else {
                continue;
            };
            let reason = "`#` is root's prompt or a comment".to_owned();
            self.not_run.push(NotRun { text: text.to_owned(), place, reason, hint: None });
        }
    }

    fn place(&self, index: usize) -> Option<Place> {
        let origin = self.page.nearest_origin(index)?;
        Some(Place::line(self.files.shown(origin.file), origin.line))
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_title_is_read_as_it_is_shown() {
        for (title, shown) in [
            ("openstack image list --all", "openstack image list --all"),
            ("`openstack image list`", "openstack image list"),
            ("**openstack** image show <id> a_b_c", "openstack image show <id> a_b_c"),
        ] {
            assert_eq!(plain(title), shown);
        }
    }
}
