//! The recording proxy and the relay, seen from both ends of real connections.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod bodies;
mod expectation;
mod failures;
mod forwarding;
mod load;
mod naming;
mod peers;
mod recording;
mod refusals;
mod relay;
mod secure;
mod tls;
