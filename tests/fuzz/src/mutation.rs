//! Changing a text a little, or a lot.

use crate::random::Random;
use crate::words::{group_end, split};

/// What strange letters make of a text: marks, letters of every length in UTF-8 and in columns, letters whose case is special.
const LETTERS: [&str; 30] = [
    "\"", "'", "`", "\\", "(", ")", "[", "]", "{", "}", ",", "-", "–", "=", "<", "*", "$", "^", "|", "?", "\0", "\n",
    "\t", "\u{feff}", "\u{301}", "\u{202e}", "İ", "ß", "営", "😀",
];

/// A change of a text: what it was made from, and what it may be mixed with.
pub struct Mutator<'a> {
    /// Lots.
    pub random: &'a mut Random,
    /// Words of the language.
    pub dictionary: &'a [&'static str],
    /// No text is made longer than this, in bytes.
    pub longest: usize,
}

impl Mutator<'_> {
    /// Changes a text once, or up to four times; parts of the other may come in.
    pub fn mutate(&mut self, text: &str, other: &str) -> String {
        let mut words: Vec<String> = split(text).into_iter().map(str::to_owned).collect();
        let more = if self.random.chance(50) { 0 } else { self.random.below(4) };
        for _ in 0..=more {
            self.step(&mut words, other);
        }
        let mut text = words.concat();
        if text.len() > self.longest {
            let end = (0..=self.longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
        }
        text
    }

    fn step(&mut self, words: &mut Vec<String>, other: &str) {
        let at = self.random.below(words.len() + 1);
        let end = self.end(words, at);
        match self.random.below(12) {
            0 => drop(words.drain(at..end)),
            1 => {
                let copy: Vec<String> = words.get(at..end).unwrap_or(&[]).to_vec();
                words.splice(at..at, copy);
            }
            2 if at < words.len() => {
                let to = self.random.below(words.len());
                words.swap(at, to);
            }
            3 | 4 => {
                let word = self.word();
                words.splice(at..end.min(at + 1), [word]);
            }
            5 => {
                let word = self.word();
                words.insert(at, word);
            }
            6 | 7 => {
                // A group of the other takes the place of one of this: both stay balanced.
                let theirs = split(other);
                let from = self.random.below(theirs.len());
                let to = group_end(&theirs, from);
                let part: Vec<String> =
                    theirs.get(from..to).unwrap_or(&[]).iter().map(|word| (*word).to_owned()).collect();
                words.splice(at..end, part);
            }
            8 => {
                let word = self.word();
                words.insert(end, ")".to_owned());
                words.splice(at..at, [word, "(".to_owned()]);
            }
            9 => {
                let times = 1 << self.random.below(8);
                let part: Vec<String> = words.get(at..end).unwrap_or(&[]).to_vec();
                let length: usize = part.iter().map(String::len).sum::<usize>() + 1;
                for _ in 0..times.min(self.longest / length) {
                    words.splice(at..at, part.iter().cloned());
                }
            }
            _ => self.letters(words, at),
        }
    }

    /// A place behind: of the group that begins there, or a few words on.
    fn end(&mut self, words: &[String], at: usize) -> usize {
        if self.random.chance(60) { group_end(words, at) } else { (at + self.random.below(5)).min(words.len()) }
    }

    fn word(&mut self) -> String {
        self.random.pick(self.dictionary).copied().unwrap_or(" ").to_owned()
    }

    /// Changes letters in one word.
    fn letters(&mut self, words: &mut [String], at: usize) {
        let Some(word) = words.get_mut(at) else { return };
        let mut letters: Vec<char> = word.chars().collect();
        let place = self.random.below(letters.len() + 1);
        match self.random.below(5) {
            0 if place < letters.len() => drop(letters.remove(place)),
            1 => {
                let new = self.random.pick(&LETTERS).copied().unwrap_or("x");
                letters.splice(place..place, new.chars());
            }
            2 => {
                let new = char::from_u32(self.random.below(0x3000) as u32 + 1).unwrap_or('x');
                letters.splice(place..(place + 1).min(letters.len()), [new]);
            }
            3 => letters.iter_mut().for_each(|c| *c = c.to_uppercase().next().unwrap_or(*c)),
            _ => letters.iter_mut().skip(place).for_each(|c| *c = c.to_lowercase().next().unwrap_or(*c)),
        }
        *word = letters.into_iter().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_mutations_and_none_is_too_long() {
        let run = |seed| {
            let mut random = Random(seed);
            let mut mutator = Mutator { random: &mut random, dictionary: &["-and", "営"], longest: 40 };
            (0..200)
                .map(|_| mutator.mutate("user.city -eq \"営業\" -and (not a)", "x -in [\"1\",\"2\"]"))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
        assert!(run(3).iter().all(|text| text.len() <= 40));
    }
}
