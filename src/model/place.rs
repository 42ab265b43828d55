//! A place in one of the user's files, as people and editors name it.

use std::fmt;
use std::path::PathBuf;

use crate::system;

/// A file, a line and a column in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path as shown to people: relative to the working directory where that is possible.
    pub file: PathBuf,
    /// 1-based line; 0 means the file as a whole.
    pub line: usize,
    /// 1-based column in characters; 0 means the line as a whole.
    pub column: usize,
}

impl Place {
    /// The file as a whole.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self { file: system::with_slashes(file.into()), line: 0, column: 0 }
    }

    /// A whole line.
    pub fn line(file: impl Into<PathBuf>, line: usize) -> Self {
        Self { file: system::with_slashes(file.into()), line, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As `display` writes it, which is slower.
        formatter.write_str(&self.file.to_string_lossy())?;
        if self.line > 0 {
            write!(formatter, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(formatter, ":{}", self.column)?;
        }
        Ok(())
    }
}
