//! The recording proxy and the relay, seen from both ends of real connections.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod bodies;
mod expectation;
mod failures;
mod forwarding;
mod load;
mod naming;
mod peers;
#[allow(unreachable_pub, reason = "other tests share it")]
#[path = "../support/python.rs"]
mod python;
mod recording;
mod refusals;
mod relay;
mod secure;
mod streams;
mod tls;
