//! How old a recording is, and with which versions of what it was made: beside what the settings allow,
//! and beside the page's last one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::capture::seen::Unpaired;
use crate::model::{
    Diagnostic, DiagnosticKind, Exchange, Header, PagePlan, Place, Recording, ViewKind,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// That a recording which is replayed is older than so many days; by the first answer that says when it
/// was given. The page's own log says nothing about that: times in it stay as they are documented.
pub(super) fn too_old(
    plan: &PagePlan,
    page: &Place,
    replayed: &Recording,
    max_age: Option<u64>,
) -> Option<Diagnostic> {
    let answers = replayed.exchanges.iter().filter_map(|exchange| exchange.response.as_ref());
    let mut dates = answers.filter_map(|response| value(&response.headers, "date"));
    let recorded = dates.find_map(|date| httpdate::parse_http_date(date).ok())?;
    let age = SystemTime::now().duration_since(recorded).ok()?.as_secs() / DAY.as_secs();
    let max_age = max_age.filter(|max_age| age > *max_age)?;
    let kind = DiagnosticKind::RecordingTooOld;
    let message = format!("the recording is {age} days old, and may be {max_age}");
    let hint = Some("record it anew with `doctool record`".to_owned());
    Some(Diagnostic { hint, ..told(kind, plan, page, message) })
}

/// Which programs have other versions now than when the page was recorded.
pub(super) fn versions(
    plan: &PagePlan,
    page: &Place,
    documented: &Recording,
    live: &Recording,
) -> Vec<Diagnostic> {
    let commands: BTreeSet<String> = plan
        .commands
        .iter()
        .filter_map(|command| Path::new(&command.argv[0]).file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let (was, is) = (products(documented, &commands), products(live, &commands));
    let mut changed = Vec::new();
    for ((side, name), old) in &was {
        let Some(new) = is.get(&(*side, name.clone())).filter(|new| *new != old) else { continue };
        let versions =
            |versions: &BTreeSet<String>| versions.iter().cloned().collect::<Vec<_>>().join("`, `");
        let (kind, what) = match side {
            Side::Client => (DiagnosticKind::ClientChanged, "the client"),
            Side::Cloud => (DiagnosticKind::CloudChanged, "the cloud"),
        };
        let message = format!(
            "{what} has `{name}` in version `{}`, and had `{}` when this was recorded",
            versions(new),
            versions(old)
        );
        changed.push(told(kind, plan, page, message));
    }
    changed
}

/// Which messages were seen that belong to no exchange for sure.
pub(super) fn unpaired(plan: &PagePlan, page: &Place, unpaired: &[Unpaired]) -> Option<Diagnostic> {
    let first = unpaired.first()?;
    let kind = DiagnosticKind::UnpairedMessage;
    let more = match unpaired.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let line = match first.line {
        0 => String::new(),
        line => format!(", told in line {line}"),
    };
    let message = format!("not in the recording: {}{more}{line}", first.reason);
    let hint = Some("see both sides through `capture: proxy`, which needs not guess".to_owned());
    Some(Diagnostic { hint, ..told(kind, plan, page, message) })
}

/// Whose program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Client,
    Cloud,
}

/// The versions of each program that names itself in a recording.
fn products(
    recording: &Recording,
    commands: &BTreeSet<String>,
) -> BTreeMap<(Side, String), BTreeSet<String>> {
    let mut products: BTreeMap<(Side, String), BTreeSet<String>> = BTreeMap::new();
    let mut add = |side: Side, told: &str| {
        for product in told.split_whitespace() {
            if let Some((name, version)) = product.split_once('/')
                && version.starts_with(|first: char| first.is_ascii_digit())
            {
                products.entry((side, name.to_owned())).or_default().insert(version.to_owned());
            }
        }
    };
    for Exchange { from, request, response, .. } in &recording.exchanges {
        let side = if commands.contains(from) { Side::Client } else { Side::Cloud };
        value(&request.headers, "user-agent").into_iter().for_each(|agent| add(side, agent));
        let server = response.as_ref().and_then(|response| value(&response.headers, "server"));
        server.into_iter().for_each(|server| add(Side::Cloud, server));
    }
    products
}

fn value<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    header.map(|header| &*header.value)
}

/// A finding about the recording, told where the log stands.
fn told(kind: DiagnosticKind, plan: &PagePlan, page: &Place, message: String) -> Diagnostic {
    let log = plan.views.iter().find(|view| view.kind == ViewKind::Log);
    let file = log.map_or(&page.file, |log| &log.region.place.file);
    Diagnostic {
        kind,
        severity: kind.severity(),
        place: Place::file(file.clone()),
        text: String::new(),
        span: 0..0,
        message,
        hint: None,
    }
}
