//! The sources of exchanges that a profile asks for.

use crate::capture::Capture;
use crate::capture::debug::DebugOutput;
use crate::capture::har::HarFile;
use crate::capture::merging::Several;
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
) -> Result<Box<dyn Capture + Send>> {
    let options = Options { witness: Some(witness), ..live::recording(job.config, cloud)? };
    let folder = &job.site.folder;
    let open = |source: &CaptureSource| -> Result<(&'static str, Box<dyn Capture + Send>)> {
        let options = options.clone();
        let participants = options.participants.clone();
        Ok(match source {
            CaptureSource::Proxy => {
                let proxy = Proxy::start(options, cloud.relay.as_ref(), job.events)?;
                ("proxy", Box::new(proxy))
            }
            CaptureSource::Debug => {
                ("debug", Box::new(DebugOutput::new(cloud::debugged, participants)?))
            }
            CaptureSource::Requestshook(place) => {
                let log = HookedLog::new(place, folder, participants, job.events)?;
                ("requestshook", Box::new(log))
            }
            CaptureSource::Har(file) => ("har", Box::new(HarFile::new(file, folder, participants))),
        })
    };
    let sources = profile.capture.all();
    if let [source] = sources {
        return open(source).map(|(_, source)| source);
    }
    let has_witness = sources.contains(&CaptureSource::Proxy);
    let sources = sources.iter().map(open).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(Several::new(sources, has_witness, cloud::DIRECTORY.request_ids)))
}
