//! What the terminal can do.

/// Whether a terminal takes colours for colours, which older ones have to be asked to.
pub(crate) fn shows_colours() -> bool {
    anstyle_query::windows::enable_ansi_colors() == Some(true)
}
