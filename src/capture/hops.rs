//! Which header lines are for the next hop only.

/// Names of header lines that no proxy passes on, in lower case (RFC 9110, section 7.6.1, and what came
/// before it).
pub(super) const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
