//! Console output: what a command printed, as it stands below its prompt.

use crate::stabilise::StableRecording;

use super::escape_scissors;

/// What the command with this index printed; each line ended by a newline.
pub fn console(recording: &StableRecording, index: usize) -> String {
    let output = recording.outputs().get(index).map_or("", String::as_str);
    let output = output.replace("\r\n", "\n");
    output.lines().map(|line| format!("{}\n", escape_scissors(line))).collect()
}
