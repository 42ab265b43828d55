//! What `mkdocs.yml` and `doctool.yml` say, as values.

mod extensions;
mod mkdocs;
mod site;

pub use extensions::{
    BlocksExtension, CustomFence, Dialect, EarlyBlock, FenceSettings, FenceStyle, ListStyle,
};
pub use site::{BasePath, Site, Snippets};
