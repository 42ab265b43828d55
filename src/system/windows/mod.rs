//! Windows.

mod files;
mod locks;
mod processes;
mod signals;
mod sockets;
mod terminal;

pub(crate) use files::{
    cache_folder, canonical, config_folders, has_name, only_for_owner, open_no_link, program,
    readable_by_all, sync_folder, with_slashes,
};
pub(crate) use locks::{lock_folder, take_turn};
pub(crate) use processes::{INHERITED, SHELL, Tree, ending, printed};
pub(crate) use signals::listen;
pub(crate) use sockets::{hold_many, let_wait};
pub(crate) use terminal::shows_colours;
