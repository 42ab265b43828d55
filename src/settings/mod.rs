//! What `mkdocs.yml` or `zensical.toml`, and `doctool.yml` say, as values.

pub mod capture;
mod checking;
mod diagrams;
pub mod doctool;
mod extensions;
mod hosts;
pub mod ignore;
mod mkdocs;
mod permit;
mod run;
mod site;
mod trust;
mod volatile;
mod zensical;

pub use checking::CheckSettings;
pub use diagrams::{DiagramSettings, Naming, StepSettings};
pub use doctool::Config;
pub use extensions::{
    BlocksExtension, CustomFence, Dialect, EarlyBlock, FenceSettings, FenceStyle, ListStyle,
};
pub use ignore::{Ignore, IgnoreRule, IgnoreSettings};
pub use site::{BasePath, Site, Snippets};
pub use volatile::VolatileRule;
