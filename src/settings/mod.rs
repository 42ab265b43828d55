//! What `mkdocs.yml` or `zensical.toml`, and `doctool.yml` say, as values.

pub mod doctool;
mod extensions;
mod mkdocs;
mod permit;
mod run;
mod site;
mod trust;
mod volatile;
mod zensical;

pub use doctool::Config;
pub use extensions::{
    BlocksExtension, CustomFence, Dialect, EarlyBlock, FenceSettings, FenceStyle, ListStyle,
};
pub use site::{BasePath, Site, Snippets};
pub use volatile::VolatileRule;
