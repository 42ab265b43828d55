//! Watches a cloud at rest.

use std::thread;
use std::time::Duration;

use crate::capture::Capture as _;
use crate::capture::proxy::Proxy;
use crate::cloud;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Event, Noise, Run};
use crate::noise::calls;
use crate::stabilise::Secrets;

use super::{Job, Source, live};

/// What the services of the job's cloud send by themselves, without secrets. Looks for so long.
///
/// # Errors
///
/// When the cloud is not there, or its services do not send through doctool's proxy, or the settings
/// cannot be used.
pub fn noise(job: &Job<'_>, watched: Duration) -> Result<Noise> {
    let named = match &job.source {
        Source::Cloud(name) => name.as_ref(),
        Source::Replay(_) | Source::Offline => None,
    };
    let name = named.unwrap_or(&job.config.cloud);
    let profile = job.config.profile(name)?;
    if profile.embedded.is_none() {
        let message = format!("what the services of cloud `{name}` send does not come this way");
        return Err(Error::new(ErrorKind::Cloud, message).hint(
            "watch an embedded cloud, whose services send through doctool's proxy, or write rules \
             below `ignore` by hand",
        ));
    }
    let cloud = cloud::ready(name, &profile, job.events)?;
    let ignore = job.config.ignore.ready(&job.site.folder)?;
    let options = live::recording(job.config, &cloud)?;
    let mut proxy = Proxy::start(options, cloud.relay.as_ref(), job.events)?;
    proxy.begin()?;
    (job.events)(Event::Cloud(format!("watching `{name}` for {} s", watched.as_secs())));
    thread::sleep(watched);
    let run = Run { recording: proxy.end()?, ..Run::default() };
    let quiet = Secrets::of(&cloud.secrets, &run, &job.config.redact).redact(&run);
    let recording = &quiet.run().recording;
    let calls = calls(recording, proxy.moments(), &job.config.ignore, &ignore)?;
    Ok(Noise { cloud: name.clone(), watched, calls })
}
