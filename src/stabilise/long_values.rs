//! Finds long values in all the ways in which they may be written, without writing them all.
//!
//! In: values, of which a site has thousands, and texts. Out: what they are written as, where that
//! stands. Of each way to write a value only the beginning is made at first. A text is looked at in
//! steps: whatever stands in it as such a beginning goes over one of them, so most of the text is
//! passed over after one look.

use std::convert::Infallible;
use std::iter;
use std::sync::OnceLock;

use crate::side_by_side;

use super::encodings::{Needle, Way};

/// Values of so many bytes are long. So long is what is written first of them, at least.
pub(super) const LONG: usize = 16;
/// Bytes between two looks at a text.
const STEP: usize = 8;
/// Bytes that are looked at: with those of a step before them, not more than a beginning has.
const LOOK: usize = 8;
/// What makes the upper half of a product depend on all bytes of a look.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
/// Bits for each that is set, so that few looks are in vain.
const ROOM: usize = 16;

/// Ways in which most long values may be written, and how many of them begin otherwise than others.
const LIKELY_WAYS: usize = 11;
const LIKELY_BEGINNINGS: usize = 7;

/// Long values that are ready to be looked for.
pub(super) struct LongValues {
    /// Each with its kind.
    values: Vec<(String, String)>,
    /// A bit for each hash of what may be seen at a look.
    looks: Vec<u64>,
    /// Indices of beginnings from 1 on, at their hash or behind it.
    slots: Vec<u32>,
    beginnings: Vec<Beginning>,
    members: Vec<Member>,
}

/// What one or several values begin with as they are written.
struct Beginning {
    bytes: [u8; LONG],
    /// The first and the last of its members.
    first: u32,
    last: u32,
    /// The members as they are written, by text, each once.
    needles: OnceLock<Box<[Needle]>>,
}

/// A value and a way to write it.
struct Member {
    value: u32,
    way: Way,
    /// The next with the same beginning.
    next: Option<u32>,
}

/// Values whose beginnings are made at once by one thread.
const PORTION: usize = 256;

impl LongValues {
    /// Finds these, each with its kind.
    pub(super) fn new(values: Vec<(String, String)>) -> Self {
        let likely = values.len() * LIKELY_BEGINNINGS;
        let mut long = Self {
            values: Vec::new(),
            looks: Vec::new(),
            slots: vec![0; if likely == 0 { 0 } else { (2 * likely).next_power_of_two() }],
            beginnings: Vec::with_capacity(likely),
            members: Vec::with_capacity(values.len() * LIKELY_WAYS),
        };
        let portions: Vec<(usize, &[(String, String)])> =
            values.chunks(PORTION).enumerate().collect();
        let beginnings = |(portion, values): &(usize, &[(String, String)])| {
            let numbered = (portion * PORTION..).zip(*values);
            let of_value = numbered.flat_map(|(index, (value, _))| {
                beginnings(value).map(move |(bytes, way)| (bytes, small(index), way))
            });
            of_value.collect::<Vec<_>>()
        };
        let Ok(()) = side_by_side::each_large(&portions, beginnings, |some| {
            some.into_iter().for_each(|(bytes, value, way)| long.add(bytes, value, way));
            Ok::<(), Infallible>(())
        });
        let bits = ROOM * STEP * long.beginnings.len();
        let words = if bits == 0 { 0 } else { bits.next_power_of_two().div_ceil(64) };
        long.looks.resize(words, 0);
        for index in 0..long.beginnings.len() {
            for offset in 0..STEP {
                let look = look(&long.beginnings[index].bytes, offset);
                let (word, bit) = place(look, words - 1);
                long.looks[word] |= bit;
            }
        }
        long.values = values;
        long
    }

    fn add(&mut self, bytes: [u8; LONG], value: u32, way: Way) {
        let new = small(self.members.len());
        self.members.push(Member { value, way, next: None });
        let mut slot = self.slot(&bytes);
        while let Some(known) = self.slots[slot].checked_sub(1) {
            let beginning = &mut self.beginnings[known as usize];
            if beginning.bytes == bytes {
                self.members[beginning.last as usize].next = Some(new);
                beginning.last = new;
                return;
            }
            slot = (slot + 1) % self.slots.len();
        }
        let needles = OnceLock::new();
        self.beginnings.push(Beginning { bytes, first: new, last: new, needles });
        self.slots[slot] = small(self.beginnings.len());
        if 2 * self.beginnings.len() > self.slots.len() {
            self.make_room();
        }
    }

    /// Gives the beginnings twice as many slots.
    fn make_room(&mut self) {
        self.slots = vec![0; 2 * self.slots.len()];
        for index in 0..self.beginnings.len() {
            let mut slot = self.slot(&self.beginnings[index].bytes);
            while self.slots[slot] != 0 {
                slot = (slot + 1) % self.slots.len();
            }
            self.slots[slot] = small(index + 1);
        }
    }

    /// The places of a text where one of the values begins, in order, with the longest that stands
    /// there.
    pub(super) fn find<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl Iterator<Item = (usize, &'a Needle)> + 'a {
        let (chunks, _) = text.as_chunks::<STEP>();
        let mut from = 0;
        let looks = iter::from_fn(move || {
            let index = from + self.next_look(&chunks[from..])?;
            from = index + 1;
            Some(index * STEP)
        });
        // One after another: the beginnings that go over a look begin behind the look before.
        let starts = looks.flat_map(|at| at.saturating_sub(STEP - 1)..=at);
        starts.filter_map(|start| Some((start, self.longest(&text[start..])?)))
    }

    /// The first of these looks at which one of the values may be seen.
    fn next_look(&self, chunks: &[[u8; LOOK]]) -> Option<usize> {
        // Hardly ever is there one.
        let last = self.looks.len().checked_sub(1)?;
        chunks.iter().position(|chunk| {
            let (word, bit) = place(u64::from_le_bytes(*chunk), last);
            self.looks.get(word).is_some_and(|looks| looks & bit != 0)
        })
    }

    /// The longest of the values that a text begins with.
    fn longest(&self, text: &[u8]) -> Option<&Needle> {
        let bytes: &[u8; LONG] = text.first_chunk()?;
        let mut slot = self.slot(bytes);
        loop {
            let known = self.slots[slot].checked_sub(1)?;
            let beginning = &self.beginnings[known as usize];
            if beginning.bytes == *bytes {
                return longest(beginning.needles.get_or_init(|| self.needles(beginning)), text);
            }
            slot = (slot + 1) % self.slots.len();
        }
    }

    fn needles(&self, beginning: &Beginning) -> Box<[Needle]> {
        let mut members = Vec::new();
        let mut next = Some(beginning.first);
        while let Some(member) = next {
            let Member { value, way, next: behind } = &self.members[member as usize];
            members.push((&self.values[*value as usize], *way));
            next = *behind;
        }
        members.sort_by(|((one, _), _), ((other, _), _)| one.cmp(other));
        let needles = members.into_iter().map(|((value, kind), way)| way.needle(kind, value));
        sorted(needles.collect()).into()
    }

    /// Where a beginning is looked for. Many tokens have their first bytes in common.
    fn slot(&self, bytes: &[u8; LONG]) -> usize {
        let both = look(bytes, 0).wrapping_mul(MIX) ^ look(bytes, LONG - LOOK);
        (both.wrapping_mul(MIX) >> 32) as usize & (self.slots.len() - 1)
    }
}

/// The word and the bit in it that stand for what is seen at a look. The words are as many as a power
/// of two, and this is the last.
#[inline]
fn place(look: u64, last: usize) -> (usize, u64) {
    let mixed = look.wrapping_mul(MIX);
    ((mixed >> 38) as usize & last, 1 << (mixed >> 32 & 63))
}

/// How a value begins in each way in which it may be written.
fn beginnings(value: &str) -> impl Iterator<Item = ([u8; LONG], Way)> {
    // What comes first is all that is needed, but no half of a character.
    let end = (LONG..=value.len()).find(|end| value.is_char_boundary(*end));
    let first = &value[..end.unwrap_or(value.len())];
    let is_plain = first.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Way::all(value).map(move |way| (way.beginning(first, is_plain), way))
}

/// Needles by text. Of those that are written alike, the first counts.
pub(super) fn sorted(mut needles: Vec<Needle>) -> Vec<Needle> {
    needles.retain(|needle| !needle.text.is_empty());
    needles.sort_by(|one, other| one.text.cmp(&other.text));
    needles.dedup_by(|one, other| one.text == other.text);
    needles
}

/// The longest of these needles, which are sorted, that a text begins with.
pub(super) fn longest<'a>(needles: &'a [Needle], text: &[u8]) -> Option<&'a Needle> {
    let mut before = text;
    loop {
        let behind = needles.partition_point(|needle| needle.text.as_bytes() <= before);
        let needle = needles[..behind].last()?;
        let known = needle.text.as_bytes();
        let common = known.iter().zip(text).take_while(|(one, other)| one == other).count();
        if common == known.len() {
            return Some(needle);
        }
        // What comes before this one and begins the text is what both have in common, or less.
        before = &text[..common];
    }
}

/// What is seen of a beginning at a place.
#[inline]
fn look(beginning: &[u8; LONG], at: usize) -> u64 {
    beginning[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn small(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32")
}
