//! The values that the stages hand on. Imports nothing else of doctool.

mod cloud;
mod event;
mod exchange;
mod place;

pub use cloud::{Caller, Cloud, Relay, Service};
pub use event::{Event, Events};
pub use exchange::{Body, Exchange, Header, Message, Recording, Request, Response};
pub use place::Place;
