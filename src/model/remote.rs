//! Text that stands at a URL: whom to ask for it, and what came of it.

use std::sync::Arc;

/// What came of asking for a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The content, as it was sent.
    Content(Arc<[u8]>),
    /// There is none, and the site's build goes on without it; the reason.
    Nothing(String),
    /// The site's build stops here; the reason.
    Failed(String),
    /// The network must not be touched now.
    Offline,
}

/// Whom to ask for a URL. Shared between threads.
pub type Remote<'a> = &'a (dyn Fn(&str) -> Fetched + Sync);

/// Whether a path names a URL rather than a file, as `pymdownx.snippets` tells them apart.
pub fn is_url(path: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        path.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}
