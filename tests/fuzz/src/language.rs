//! What a language must answer to be fuzzed.

use crate::random::Random;

/// What a text showed, if it broke no law.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Whether the language took it.
    pub accepted: bool,
    /// Its traits. A text with one that is new joins the corpus.
    pub traits: Vec<String>,
    /// How many people it was tried on.
    pub people: u64,
}

/// A language under test.
pub trait Language {
    /// What it is called.
    fn name(&self) -> &'static str;
    /// Texts to begin with.
    fn seeds(&self) -> Vec<String>;
    /// Words that make mutations nearly right.
    fn dictionary(&self) -> &'static [&'static str];
    /// The longest text worth trying, in bytes.
    fn longest(&self) -> usize;
    /// Holds a text to the laws.
    ///
    /// # Errors
    /// The law that it breaks.
    fn judge(&mut self, text: &str, random: &mut Random) -> Result<Shown, String>;
}

/// Two words side by side in an accepted text: what the corpus should have of everything.
pub fn pairs(skeleton: &str) -> Vec<String> {
    let words: Vec<&str> = crate::words::split(skeleton).into_iter().filter(|word| !word.trim().is_empty()).collect();
    words.windows(2).map(|pair| pair.join(" ")).collect()
}
