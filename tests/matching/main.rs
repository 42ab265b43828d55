//! Whether recordings satisfy documented diagrams: every kind of block, random diagrams against a matcher
//! that tries everything, and sizes at which trying everything would never end.

mod blocks;
mod build;
