//! Many bytes at a time: eight are one number, and what is looked for is a bit in it.
//!
//! In: a text and a place in it. Out: how far it goes on with the same sort of bytes. Strings and
//! indents are too short for a search by `memchr`, which takes longer to begin.

/// Bytes of a word.
pub(super) const WIDTH: usize = 8;
const ONES: u64 = u64::from_ne_bytes([0x01; WIDTH]);
const TOPS: u64 = u64::from_ne_bytes([0x80; WIDTH]);

/// How many blanks stand from here on.
#[inline]
pub(super) fn blanks(text: &[u8], at: usize) -> usize {
    run(
        text,
        at,
        |word| marks_of_zeros(word ^ (ONES * u64::from(b' '))) ^ TOPS,
        |byte| byte == b' ',
    )
}

/// Where from here on something stands that ends a line or a string, escapes, or controls.
#[inline]
pub(super) fn letters(text: &[u8], at: usize) -> usize {
    let is_letter = |byte: u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
    at + run(text, at, marks, is_letter)
}

/// How many bytes at the beginning of [`WIDTH`] bytes are such letters.
#[inline]
pub(super) fn letters_in(word: &[u8; WIDTH]) -> usize {
    first(marks(number(word)))
}

/// Which bytes end or escape a string or control: the first mark is right, those behind it may not be.
#[inline]
fn marks(word: u64) -> u64 {
    // None of those looked for has its top bit set, and what is below them gets one.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit));
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | is(b'"') | is(b'\\')) & !word & TOPS
}

/// The same of bytes that are zero, and all marks are right.
#[inline]
fn marks_of_zeros(word: u64) -> u64 {
    !(((word & !TOPS) + !TOPS) | word) & TOPS
}

#[inline]
fn number(word: &[u8; WIDTH]) -> u64 {
    u64::from_le_bytes(*word)
}

/// How many bytes stand before the first mark; all where there is none.
#[inline]
fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / WIDTH
}

/// How many bytes from here on are not marked.
#[inline]
fn run(text: &[u8], at: usize, marks: impl Fn(u64) -> u64, goes_on: impl Fn(u8) -> bool) -> usize {
    let mut rest = text.get(at..).unwrap_or_default();
    let mut length = 0;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let free = first(marks(number(word)));
        length += free;
        if free < WIDTH {
            return length;
        }
        rest = behind;
    }
    length + rest.iter().take_while(|byte| goes_on(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::{blanks, letters};

    #[test]
    fn any_byte_at_any_place_is_told_as_one_by_one() {
        for byte in 0..=255 {
            for at in 0..20 {
                for (fill, is_end) in
                    [(b'x', byte < 0x20 || b"\"\\".contains(&byte)), (b' ', byte != b' ')]
                {
                    let mut text = [fill; 20];
                    text[at] = byte;
                    let told = if fill == b' ' { blanks(&text, 0) } else { letters(&text, 0) };
                    assert_eq!(told, if is_end { at } else { text.len() }, "{byte} at {at}");
                }
            }
        }
        assert_eq!((blanks(b"a", 1), blanks(b"", 3), letters(b"a", 1)), (0, 0, 1));
    }
}
