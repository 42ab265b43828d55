//! Content of bodies: any length, told by a number, and known again byte by byte.

use std::sync::LazyLock;

use super::plan::Plan;

/// A prime, so that it fits no buffer's length.
const BLOCK: usize = 1_048_573;

static NOISE: LazyLock<Vec<u8>> = LazyLock::new(|| block(|byte| byte));
static LETTERS: LazyLock<Vec<u8>> = LazyLock::new(|| block(|byte| b'a' + byte % 26));

fn block(byte: fn(u8) -> u8) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        byte((state >> 24) as u8)
    };
    (0..BLOCK).map(|_| next()).collect()
}

/// One body, from its first byte on.
pub struct Content {
    block: &'static [u8],
    at: usize,
    left: u64,
}

impl Content {
    /// What the caller sends.
    pub fn upload(plan: &Plan) -> Self {
        Self::new(plan.text, plan.number, plan.upload)
    }

    /// What the service sends.
    pub fn download(plan: &Plan) -> Self {
        Self::new(plan.text, plan.number.wrapping_mul(7919).wrapping_add(1), plan.download)
    }

    fn new(text: bool, number: u64, length: u64) -> Self {
        let block: &[u8] = if text { &LETTERS } else { &NOISE };
        let at = (number.wrapping_mul(104_729) % BLOCK as u64) as usize;
        Self { block, at, left: length }
    }

    /// The next bytes, at most so many; none at the end.
    pub fn next(&mut self, most: usize) -> &'static [u8] {
        let room = most.min(BLOCK - self.at).min(usize::try_from(self.left).unwrap_or(most));
        let bytes = &self.block[self.at..self.at + room];
        self.at = (self.at + room) % BLOCK;
        self.left -= room as u64;
        bytes
    }

    /// Whether these are the next bytes.
    pub fn expects(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let next = self.next(bytes.len());
            if next.is_empty() || !bytes.starts_with(next) {
                return false;
            }
            bytes = &bytes[next.len()..];
        }
        true
    }

    /// Whether that was all.
    pub fn is_over(&self) -> bool {
        self.left == 0
    }
}
