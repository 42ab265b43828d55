//! Whether recordings satisfy documented diagrams: every kind of block, and random diagrams against a
//! matcher that tries everything.

mod blocks;
mod branches;
mod brute;
mod build;
mod generate;
mod learning;
mod processes;
mod property;
#[path = "../keeps_words/random.rs"]
mod random;
