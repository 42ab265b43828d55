//! Commands that are to fail: whether they did, and as the page says.
//!
//! In: how a command ended, and what was sent meanwhile. Out: a [`Fault`] where that is not what the page
//! expects.

use std::path::Path;
use std::time::Duration;

use crate::model::{Command, Exchange, Expected, Fault, PagePlan, Recording, is_failure};

/// How a documented command ended.
pub(super) struct Ended {
    pub(super) output: String,
    /// Whether it exited with 0.
    pub(super) succeeded: bool,
    /// How many exchanges there were before it, where that is known.
    pub(super) before: Option<usize>,
    pub(super) took: Duration,
}

/// The name under which a command's exchanges are seen: its program's.
pub(super) fn caller(command: &Command) -> String {
    let name = Path::new(&command.argv[0]).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// What did not fail as the page expects. `hide` takes secrets out of what commands said.
pub(super) fn unexpected(
    plan: &PagePlan,
    ended: &[Ended],
    recording: &Recording,
    hide: impl Fn(&str) -> String,
) -> Vec<Fault> {
    let all = &recording.exchanges;
    let fault = |(index, expected): (&usize, &Expected)| {
        let (command, this) = (plan.commands.get(*index)?, ended.get(*index)?);
        let first = this.before.unwrap_or_default().min(all.len());
        let last = ended.get(index + 1).and_then(|next| next.before).unwrap_or(all.len());
        let message = if this.succeeded {
            Some(format!("`{}` succeeded, and the page expects it to fail", command.text))
        } else {
            otherwise(command, *expected, &all[first..last.max(first)])
        };
        let said = Some(hide(this.output.trim_end())).filter(|said| !said.is_empty());
        message.map(|message| told(command, message, said))
    };
    plan.expected.iter().filter_map(fault).collect()
}

/// What a recording shows not to have failed as the page expects. It has no word of how commands ended,
/// but what failed with a status is in it.
pub(super) fn replayed(plan: &PagePlan, recording: &Recording) -> Vec<Fault> {
    let fault = |(index, expected): (&usize, &Expected)| {
        let command = plan.commands.get(*index)?;
        let wanted = expected.status?;
        // What failed last may be another command's, unless this is the last one.
        let is_last = index + 1 == plan.commands.len();
        let mut answers = statuses(command, &recording.exchanges);
        if !is_last && answers.any(|status| status == wanted) {
            return None;
        }
        let message = otherwise(command, *expected, &recording.exchanges)?;
        Some(told(command, message, None))
    };
    plan.expected.iter().filter_map(fault).collect()
}

/// How a command failed, if not as the page expects.
fn otherwise(command: &Command, expected: Expected, exchanges: &[Exchange]) -> Option<String> {
    let wanted = expected.status?;
    let text = &command.text;
    // What failed last is why it gave up: before that, it may have tried names and ids.
    match statuses(command, exchanges).last() {
        Some(status) if status == wanted => None,
        Some(status) => {
            Some(format!("`{text}` failed with {status}, and the page expects {wanted}"))
        }
        None => Some(format!(
            "`{text}` failed, but no request of it did, and the page expects {wanted}"
        )),
    }
}

/// The statuses that say that a request of the command failed. Where its requests cannot be told from
/// others, those of all.
fn statuses<'a>(
    command: &Command,
    exchanges: &'a [Exchange],
) -> impl Iterator<Item = u16> + use<'a> {
    let caller = caller(command);
    let is_known = exchanges.iter().any(|exchange| exchange.from == caller);
    let own = exchanges.iter().filter(move |exchange| !is_known || exchange.from == caller);
    own.filter_map(|exchange| {
        let status = &exchange.response.as_ref()?.status;
        status.split_whitespace().next()?.parse().ok()
    })
    .filter(|status| is_failure(*status))
}

fn told(command: &Command, message: String, said: Option<String>) -> Fault {
    let hint = "see what changed on the cloud, or correct `expect` in the page's front matter";
    Fault { place: command.place.clone(), message, said, hint: Some(hint.to_owned()) }
}
