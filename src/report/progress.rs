//! Tells what happens while it happens: on a terminal a live line a page with what it does now and for
//! how long, elsewhere plain lines. Goes to standard error, so that results can be piped.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::Event;

/// The line of what is done for all pages.
const CLOUD: &str = "cloud";

/// How much is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Warnings only.
    Quiet,
    /// What is done.
    #[default]
    Normal,
    /// Each command, and how long it took.
    Verbose,
}

/// Shows events. May be shared between threads.
pub struct Progress {
    lines: MultiProgress,
    verbosity: Verbosity,
    /// What is under way, by the name of its line.
    live: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Progress {
    /// A display that shows nothing yet.
    pub fn new(verbosity: Verbosity) -> Self {
        let target = match verbosity {
            Verbosity::Quiet => ProgressDrawTarget::hidden(),
            Verbosity::Normal | Verbosity::Verbose => ProgressDrawTarget::stderr(),
        };
        Self { lines: MultiProgress::with_draw_target(target), verbosity, live: Mutex::default() }
    }

    /// Shows an event.
    pub fn show(&self, event: Event) {
        match event {
            Event::Cloud(step) => {
                self.now(CLOUD, &step);
                self.plain(&format!("{CLOUD}: {step}"));
            }
            Event::CommandStarted { page, command } => {
                self.end(CLOUD);
                if self.now(&page, &command) {
                    self.plain(&format!("running {page}"));
                }
            }
            Event::CommandEnded { page, command, took } => {
                if self.verbosity == Verbosity::Verbose {
                    self.keep(&format!("{page}: {command} ({:.1} s)", took.as_secs_f64()));
                }
            }
            Event::PageEnded { page } => self.end(&page),
            Event::Warning(message) => self.keep(&format!("warning: {message}")),
        }
    }

    /// Takes the live lines away.
    pub fn finish(&self) {
        std::mem::take(&mut *self.live()).into_values().for_each(|line| line.finish_and_clear());
    }

    /// What is done now under this name. Gives whether nothing was before.
    fn now(&self, name: &str, message: &str) -> bool {
        let mut live = self.live();
        let is_new = !live.contains_key(name);
        let line = live.entry(name.to_owned()).or_insert_with(|| self.line(name));
        line.set_message(message.to_owned());
        is_new
    }

    fn line(&self, name: &str) -> ProgressBar {
        let line = self.lines.add(ProgressBar::no_length());
        // Cut at the terminal's width, so that a long command does not take several lines.
        let style = ProgressStyle::with_template("{spinner} {prefix}: {wide_msg} [{elapsed}]");
        line.set_style(style.expect("the template is valid"));
        line.set_prefix(name.to_owned());
        line.enable_steady_tick(Duration::from_millis(100));
        line
    }

    fn end(&self, name: &str) {
        if let Some(line) = self.live().remove(name) {
            line.finish_and_clear();
        }
    }

    /// A line for where there are no live ones.
    fn plain(&self, line: &str) {
        if self.lines.is_hidden() && self.verbosity != Verbosity::Quiet {
            self.keep(line);
        }
    }

    /// A line that stays.
    #[expect(clippy::print_stderr, reason = "this is where progress is shown")]
    fn keep(&self, line: &str) {
        self.lines.suspend(|| eprintln!("{line}"));
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<String, ProgressBar>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
