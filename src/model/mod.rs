//! The values that the stages hand on. Imports nothing else of doctool.

mod cloud;
mod event;
mod exchange;
mod json;
mod place;

pub use cloud::{Caller, Cloud, Relay, Service};
pub use event::{Event, Events};
pub use exchange::{Arrow, Body, Exchange, Header, Message, Recording, Request, Response, Run, path_of};
pub use json::Json;
pub use place::Place;
