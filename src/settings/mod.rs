//! What `mkdocs.yml` and `doctool.yml` say, as values.

pub mod doctool;
