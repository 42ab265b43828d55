//! The source of exchanges that a profile asks for.

use crate::capture::Capture;
use crate::capture::proxy::{Options, Proxy, Witness};
use crate::capture::requestshook::HookedLog;
use crate::error::Result;
use crate::model::Cloud;
use crate::settings::capture::CaptureSource;
use crate::settings::doctool::CloudProfile;

use super::{Job, live};

/// Opens the source of a profile for runs on its cloud. A proxy tells the witness of each exchange;
/// a log is only read when the commands are done.
pub(super) fn open(
    job: &Job<'_>,
    cloud: &Cloud,
    profile: &CloudProfile,
    witness: Witness,
) -> Result<Box<dyn Capture + Send>> {
    let options = Options { witness: Some(witness), ..live::recording(job.config, cloud)? };
    Ok(match &profile.capture {
        CaptureSource::Proxy => Box::new(Proxy::start(options, cloud.relay.as_ref(), job.events)?),
        CaptureSource::Requestshook(place) => {
            let participants = options.participants;
            Box::new(HookedLog::new(place, &job.site.folder, participants, job.events)?)
        }
    })
}
