//! The words the command understands, turned into settings.

use std::process::ExitCode;

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
