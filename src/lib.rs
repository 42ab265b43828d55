//! doctool keeps documentation pages true to a live service.
//!
//! It reads MkDocs pages, runs the commands they document, records the HTTP exchanges behind
//! them, and regenerates or diffs the console output, sequence diagrams, request/response pages
//! and logs that the pages show. `pipeline` is the table of contents: the stages in their order.
//! `docs/architecture.md` has the picture and the reasons.

pub mod adopt;
pub mod capture;
pub mod changes;
pub mod cli;
pub mod cloud;
pub mod discover;
pub mod error;
pub mod fetch;
pub mod ledger;
pub mod merge;
pub mod model;
pub mod noise;
pub mod page;
pub mod pairing;
pub mod pipeline;
pub mod plan;
pub mod render;
pub mod report;
pub mod run;
pub mod sections;
pub mod sequence;
pub mod settings;
mod side_by_side;
pub mod stabilise;
pub mod starter;
mod system;
pub mod write;
