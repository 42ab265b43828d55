//! What the terminal can do.

/// Whether a terminal takes colours for colours.
pub(crate) fn shows_colours() -> bool {
    true
}
