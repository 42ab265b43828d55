//! Whether requests go to their services or through a run's recorder.
//!
//! In: the address of a recorder, for as long as a run holds it. Out: the way that a request takes.
//! A recorder itself always forwards directly; a relay changes with the runs that attach.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The present way, shared by all connections.
#[derive(Debug, Clone, Default)]
pub(in crate::capture) struct Route {
    recorder: Arc<RwLock<Option<Arc<SocketAddr>>>>,
}

impl Route {
    /// Sends what comes from now on through this recorder.
    pub(in crate::capture) fn attach(&self, recorder: SocketAddr) {
        *self.recorder.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(recorder));
    }

    /// Sends what comes from now on directly, and waits for what is still on its way through the
    /// recorder, so that the recorder may go without cutting anything off.
    pub(in crate::capture) fn detach(&self, patience: Duration) {
        let recorder = self.recorder.write().unwrap_or_else(PoisonError::into_inner).take();
        let deadline = Instant::now() + patience;
        while recorder.as_ref().is_some_and(|recorder| Arc::strong_count(recorder) > 1)
            && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The recorder to go through. Whoever holds this is on its way.
    pub(super) fn recorder(&self) -> Option<Arc<SocketAddr>> {
        self.recorder.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
