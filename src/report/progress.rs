//! Tells what happens while it happens: a live line on a terminal, plain lines elsewhere. Goes to
//! standard error, so that results can be piped.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::Event;

/// Shows events. May be shared between threads.
pub struct Progress {
    bar: ProgressBar,
    /// The page that was told of last, so that it is named once.
    page: Mutex<String>,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// A display that shows nothing yet.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {prefix}{msg} [{elapsed}]");
        bar.set_style(style.expect("the template is valid"));
        Self { bar, page: Mutex::default() }
    }

    /// Shows an event.
    pub fn show(&self, event: Event) {
        match event {
            Event::Cloud(step) => self.line("cloud", &step),
            Event::CommandStarted { page, command } => self.command(&page, &command),
            Event::Warning(message) => self.keep(&format!("warning: {message}")),
        }
    }

    /// Takes the live line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn command(&self, page: &str, command: &str) {
        let is_new = {
            let mut last = self.page.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            std::mem::replace(&mut *last, page.to_owned()) != page
        };
        if !self.bar.is_hidden() {
            self.line(page, command);
        } else if is_new {
            self.keep(&format!("running {page}"));
        }
    }

    /// What happens now.
    fn line(&self, prefix: &str, message: &str) {
        if self.bar.is_hidden() {
            self.keep(&format!("{prefix}: {message}"));
            return;
        }
        self.bar.enable_steady_tick(Duration::from_millis(100));
        self.bar.set_prefix(format!("{prefix}: "));
        self.bar.set_message(message.to_owned());
    }

    /// A line that stays.
    #[expect(clippy::print_stderr, reason = "this is where progress is shown")]
    fn keep(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }
}
