//! What `mkdocs.yml` or `zensical.toml`, and `doctool.yml` say, as values.

mod checking;
pub mod doctool;
mod extensions;
mod mkdocs;
mod site;
mod volatile;
mod zensical;

pub use checking::CheckSettings;
pub use doctool::Config;
pub use extensions::{
    BlocksExtension, CustomFence, Dialect, EarlyBlock, FenceSettings, FenceStyle, ListStyle,
};
pub use site::{BasePath, Site, Snippets};
pub use volatile::VolatileRule;
