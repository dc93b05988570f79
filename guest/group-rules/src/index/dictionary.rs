//! Which row a value has: a hash table of short texts.
//!
//! Every value of every person is looked up here, so this is where the deciding of rules spends most of its time in a sandbox. The
//! standard table asks a general hasher, which multiplies to 128 bits, and compares byte by byte; WebAssembly has neither a wide
//! multiplication nor a fast comparison. Here both go by words of eight bytes, and the texts stand side by side.

use std::hash::{BuildHasher, RandomState};

/// Rows by text.
#[derive(Debug)]
pub(super) struct Dictionary {
    /// Places in `entries` and one, by hash; 0 where nothing is. At most half of them are taken.
    slots: Vec<u32>,
    entries: Vec<Entry>,
    texts: Vec<u8>,
    /// Another for each dictionary: nobody can choose values that all fall together.
    seed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The upper half of the hash; the lower half says the slot.
    hash: u32,
    start: u32,
    length: u32,
    row: u32,
}

/// An odd number without a pattern: the golden ratio's fraction.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl Default for Dictionary {
    fn default() -> Self {
        Dictionary { slots: vec![0; 64], entries: Vec::new(), texts: Vec::new(), seed: RandomState::new().hash_one(0) }
    }
}

impl Dictionary {
    /// The row of a text.
    #[inline(always)]
    pub fn get(&self, text: &str) -> Option<u32> {
        let hash = hash(self.seed, text.as_bytes());
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let entry = self.slots.get(place)?.checked_sub(1).and_then(|entry| self.entries.get(entry as usize))?;
            if entry.hash == (hash >> 32) as u32 && same(self.text(entry), text.as_bytes()) {
                return Some(entry.row);
            }
            place = (place + 1) & mask;
        }
    }

    /// Adds a text that is not there.
    pub fn insert(&mut self, text: &str, row: u32) {
        let start = self.texts.len() as u32;
        self.texts.extend_from_slice(text.as_bytes());
        let hash = hash(self.seed, text.as_bytes());
        self.entries.push(Entry { hash: (hash >> 32) as u32, start, length: text.len() as u32, row });
        if self.entries.len() * 2 <= self.slots.len() {
            self.put(hash, self.entries.len() as u32);
            return;
        }
        self.slots = vec![0; self.slots.len() * 2];
        for place in 0..self.entries.len() {
            let Some(entry) = self.entries.get(place).copied() else { return };
            let hash = self::hash(self.seed, self.text(&entry));
            self.put(hash, place as u32 + 1);
        }
    }

    fn put(&mut self, hash: u64, entry: u32) {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        while let Some(slot) = self.slots.get_mut(place) {
            if *slot == 0 {
                *slot = entry;
                return;
            }
            place = (place + 1) & mask;
        }
    }

    #[inline(always)]
    fn text(&self, entry: &Entry) -> &[u8] {
        self.texts.get(entry.start as usize..entry.start as usize + entry.length as usize).unwrap_or_default()
    }

    pub fn bytes(&self) -> usize {
        self.slots.capacity() * 4 + self.entries.capacity() * size_of::<Entry>() + self.texts.capacity()
    }
}

#[inline(always)]
fn hash(seed: u64, text: &[u8]) -> u64 {
    let words = text.as_chunks::<8>().0;
    let add = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(MIX);
        mixed ^ mixed >> 32
    };
    let hash = words.iter().fold(seed ^ text.len() as u64, |hash, word| add(hash, u64::from_le_bytes(*word)));
    // The last bytes, with some before them where there are any: a word all the same.
    let last = match text.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => short(text),
    };
    add(add(hash, last), seed)
}

/// A text of less than eight bytes as a number; of its length, no other has the same. Without a loop, in which each turn would look at the
/// clock.
#[inline(always)]
fn short(text: &[u8]) -> u64 {
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << u32::BITS
        }
        _ => {
            let byte = |place: usize| text.get(place).map_or(0, |byte| u64::from(*byte));
            byte(0) | byte(1) << 8 | byte(2) << 16
        }
    }
}

#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let word = |word: &[u8; 8]| u64::from_le_bytes(*word);
    match (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(last), Some(other)) => {
            let (a, b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
            word(last) == word(other) && a.iter().zip(b).all(|(a, b)| word(a) == word(b))
        }
        _ => short(a) == short(b),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_agrees_with_the_standard_table(texts in proptest::collection::vec("[a-cé]{0,20}", 0..300), other in "[a-c]{0,20}") {
            let (mut dictionary, mut standard) = (Dictionary::default(), HashMap::new());
            for (row, text) in (0..).zip(&texts) {
                if !standard.contains_key(text) {
                    dictionary.insert(text, row);
                    standard.insert(text.clone(), row);
                }
            }
            for text in texts.iter().chain([&other]) {
                prop_assert_eq!(dictionary.get(text), standard.get(text).copied());
            }
        }
    }

    #[test]
    fn twenty_thousand_numbers_spread() {
        let mut dictionary = Dictionary::default();
        for number in 0..20_000_u32 {
            dictionary.insert(&format!("person{number}@contoso.com"), number);
        }
        assert!((0..20_000).all(|number| dictionary.get(&format!("person{number}@contoso.com")) == Some(number)));
        let free = dictionary.slots.iter().filter(|slot| **slot == 0).count();
        let longest = dictionary.slots.split(|slot| *slot == 0).map(<[u32]>::len).max().unwrap();
        assert!(free > dictionary.slots.len() / 2 && longest < 100, "{longest} side by side");
    }
}
