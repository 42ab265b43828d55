//! The sources of exchanges that a profile asks for.

use crate::capture::Capture;
use crate::capture::debug::DebugOutput;
use crate::capture::har::HarFile;
use crate::capture::proxy::{Options, Proxy, Witness};
use crate::capture::requestshook::HookedLog;
use crate::cloud;
use crate::error::Result;
use crate::model::Cloud;
use crate::settings::capture::CaptureSource;
use crate::settings::doctool::CloudProfile;

use super::{Job, live};

/// Opens the source of a profile for runs on its cloud. A proxy tells the witness of each exchange;
/// others are asked for what is new when a command is done.
pub(super) fn open(
    job: &Job<'_>,
    cloud: &Cloud,
    profile: &CloudProfile,
    witness: Witness,
) -> Result<Box<dyn Capture>> {
    let options = Options { witness: Some(witness), ..live::recording(job.config, cloud)? };
    let source = &profile.capture.all()[0];
    Ok(match source {
        CaptureSource::Proxy => Box::new(Proxy::start(options, cloud.relay.as_ref(), job.events)?),
        CaptureSource::Debug => Box::new(DebugOutput::new(cloud::debugged, options.participants)?),
        CaptureSource::Requestshook(place) => {
            let participants = options.participants;
            Box::new(HookedLog::new(place, &job.site.folder, participants, job.events)?)
        }
        CaptureSource::Har(file) => {
            Box::new(HarFile::new(file, &job.site.folder, options.participants))
        }
    })
}
