//! What the proxy itself answers when it cannot or will not forward.
//!
//! In: the reason. Out: a short answer in plain text, after which the connection ends.

use bytes::{BufMut, BytesMut};

/// An answer of the proxy's own.
#[derive(Debug)]
pub(super) struct Refusal {
    status: &'static str,
    header: &'static str,
    reason: String,
}

impl Refusal {
    /// The request cannot be understood, or not in one way only.
    pub(super) fn bad_request(reason: &str) -> Self {
        Self::new("400 Bad Request", reason.to_owned())
    }

    /// The caller is nobody that this proxy knows.
    pub(super) fn unknown_caller() -> Self {
        let reason = "only callers that were given a name and a key for this run are served";
        let header = "Proxy-Authenticate: Basic realm=\"doctool\"\r\n";
        Self { header, ..Self::new("407 Proxy Authentication Required", reason.to_owned()) }
    }

    /// The head is larger than heads are.
    pub(super) fn too_large() -> Self {
        Self::new("431 Request Header Fields Too Large", "the head is too large".to_owned())
    }

    /// Something that is not forwarded yet.
    pub(super) fn not_implemented(reason: &str) -> Self {
        Self::new("501 Not Implemented", reason.to_owned())
    }

    /// The service cannot be reached, or its answer not be understood.
    pub(super) fn bad_gateway(reason: impl Into<String>) -> Self {
        Self::new("502 Bad Gateway", reason.into())
    }

    /// The service did not let itself be connected to in time.
    pub(super) fn gateway_timeout(reason: String) -> Self {
        Self::new("504 Gateway Timeout", reason)
    }

    fn new(status: &'static str, reason: String) -> Self {
        Self { status, header: "", reason }
    }

    /// Writes the whole answer, or its head alone.
    pub(super) fn write(&self, out: &mut BytesMut, head_only: bool) {
        let body = format!("doctool: {}\n", self.reason);
        let head = format!(
            "HTTP/1.1 {}\r\n{}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.status,
            self.header,
            body.len()
        );
        out.put_slice(head.as_bytes());
        if !head_only {
            out.put_slice(body.as_bytes());
        }
    }
}
