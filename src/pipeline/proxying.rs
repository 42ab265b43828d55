//! The proxy by itself, for as long as somebody wants to see what is said.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::capture::Capture as _;
use crate::capture::proxy::{Options, Proxy, Standing, Unseen, standing_environment};
use crate::cloud;
use crate::error::Result;
use crate::model::{Body, Cloud, Event, Exchange, Recording, Run};
use crate::stabilise::{Secrets, StableRecording};

use super::{Job, Source, live};

/// How long messages are gathered before they are told.
const PAUSE: Duration = Duration::from_millis(200);
/// Messages for which telling does not hurry.
const FEW: usize = 100;
/// Bytes of their bodies for which it does not hurry, either.
const LITTLE: usize = 1024 * 1024;
/// How many exchanges back a secret is remembered that is told by its place alone.
const REMEMBERED: usize = 200;
/// Bytes of their bodies, at most.
const REMEMBERED_BYTES: usize = 8 * 1024 * 1024;

/// Runs the proxy on this port until the process ends or `tell` fails, and tells what passes, without
/// secrets, in the order in which it came. What the settings ignore is left out.
///
/// # Errors
///
/// When the cloud or the settings cannot be used, the port is taken, or `tell` fails.
pub fn proxy(
    job: &Job<'_>,
    port: u16,
    mut tell: impl FnMut(&StableRecording) -> Result<()>,
) -> Result<()> {
    let (name, profile) = profile(job)?;
    let cloud = cloud::ready(&name, &profile, job.events)?;
    let ignore = job.config.ignore.ready(&job.site.folder)?;
    let mut proxy = Proxy::start(options(job, &cloud, port)?, cloud.relay.as_ref(), job.events)?;
    (job.events)(Event::Cloud(format!("listening on `{}`", proxy.address())));
    // Its patterns are costly to make, more than what they do for a message.
    let secrets = Secrets::of(&[], &Run::default(), &job.config.redact);
    let mut before: Vec<Exchange> = Vec::new();
    let mut told: Vec<Unseen> = Vec::new();
    let mut are_few = true;
    loop {
        if are_few {
            thread::sleep(PAUSE);
        }
        for unseen in proxy.unseen() {
            let is_same =
                |other: &Unseen| (&other.to, other.distrusted) == (&unseen.to, unseen.distrusted);
            if !told.iter().any(is_same) {
                (job.events)(Event::Warning(live::overlooked(&unseen, &name)));
                told.push(unseen);
            }
        }
        let mut recording = proxy.drain();
        let bytes: usize = recording.exchanges.iter().map(size).sum();
        are_few = recording.messages.len() < FEW && bytes < LITTLE;
        if recording.messages.is_empty() {
            continue;
        }
        before.drain(..forgotten(&before));
        before.extend(recording.exchanges.iter().cloned());
        let known = Recording { exchanges: before, messages: Vec::new() };
        let known = Run { recording: known, ..Run::default() };
        let secrets = secrets.of_other_with(&cloud.secrets, &known);
        before = known.recording.exchanges;
        recording.leave_out(|exchange| ignore.fits(exchange));
        let run = secrets.redact(&Run { recording, ..Run::default() });
        tell(&StableRecording::redacted(run))?;
    }
}

/// What a service of this name needs so that the proxy on this port sees it, as names and values of
/// variables.
///
/// # Errors
///
/// When the settings cannot be used, or the proxy's keys cannot be read or written.
pub fn proxy_environment(job: &Job<'_>, port: u16, name: &str) -> Result<Vec<(String, String)>> {
    let (cloud_name, profile) = profile(job)?;
    // The embedded cloud need not run for this.
    let cloud = match profile.embedded {
        Some(_) => Cloud::default(),
        None => cloud::ready(&cloud_name, &profile, job.events)?,
    };
    standing_environment(&options(job, &cloud, port)?, name)
}

/// How many of these exchanges are too old, or too large together, to be remembered.
fn forgotten(exchanges: &[Exchange]) -> usize {
    let mut bytes = 0;
    let remembered = exchanges.iter().rev().take(REMEMBERED).take_while(|exchange| {
        bytes += size(exchange);
        bytes <= REMEMBERED_BYTES
    });
    exchanges.len() - remembered.count()
}

/// Bytes of text in the bodies of an exchange.
fn size(exchange: &Exchange) -> usize {
    let of = |body: &Body| match body {
        Body::Text(text) | Body::Cut { text, .. } => text.len(),
        Body::Empty | Body::Bytes { .. } => 0,
    };
    of(&exchange.request.body) + exchange.response.as_ref().map_or(0, |one| of(&one.body))
}

fn profile(job: &Job<'_>) -> Result<(String, crate::settings::doctool::CloudProfile)> {
    let named = match &job.source {
        Source::Cloud(name) => name.as_ref(),
        Source::Replay(_) | Source::Offline => None,
    };
    let name = named.unwrap_or(&job.config.cloud);
    Ok((name.clone(), job.config.profile(name)?))
}

fn options(job: &Job<'_>, cloud: &Cloud, port: u16) -> Result<Options> {
    let folder: PathBuf = cloud::cache_folder()?.join("proxy");
    let mut options = live::recording(job.config, cloud)?;
    // Whom services believe cannot change while they run, so the hosts are fixed.
    options.hosts.learns = false;
    Ok(Options { standing: Some(Standing { port, folder }), ..options })
}
