//! Masking the text of credentials in what comes back.
//!
//! A server that repeats what it was sent (an echo for debugging, an error page with the request in it) would show the credential to the
//! component. Each occurrence is overwritten with asterisks of the same length, so that lengths stay true. A server that disguises the
//! text on purpose is not stopped by this: an origin that gets a credential is trusted with it.

use memchr::memmem::Finder;

use crate::credentials::Secret;

/// Shorter texts are no secrets worth the name, and masking them would spoil answers that hold them by chance.
const SHORTEST: usize = 8;

/// What to mask.
#[derive(Default)]
pub(crate) struct Mask {
    needles: Vec<Finder<'static>>,
}

impl Mask {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let texts = secrets.into_iter().map(Secret::reveal).flat_map(|text| {
            // What a header carries may have its scheme before it.
            let bare = text.split_once(' ').map(|(_, bare)| bare);
            [Some(text), bare].into_iter().flatten()
        });
        let needles = texts.filter(|text| text.len() >= SHORTEST).map(|text| Finder::new(text).into_owned());
        Self { needles: needles.collect() }
    }

    /// Masks whole occurrences; whether there was one.
    pub(super) fn apply(&self, bytes: &mut [u8]) -> bool {
        let mut found = false;
        for needle in &self.needles {
            let length = needle.needle().len();
            let mut from = 0;
            while let Some(at) = bytes.get(from..).and_then(|rest| needle.find(rest)) {
                let start = from + at;
                if let Some(secret) = bytes.get_mut(start..start + length) {
                    secret.fill(b'*');
                }
                from = start + length;
                found = true;
            }
        }
        found
    }

    /// The text with asterisks for secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        self.apply(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How many of the last bytes may be the beginning of a secret whose rest is still to come.
    pub(super) fn unfinished(&self, bytes: &[u8]) -> usize {
        let of = |needle: &Finder<'_>| {
            let needle = needle.needle();
            let longest = needle.len().saturating_sub(1).min(bytes.len());
            let first = needle.first();
            let tail = bytes.get(bytes.len() - longest..).unwrap_or_default();
            let mut starts = tail.iter().enumerate().filter(|(_, byte)| Some(*byte) == first);
            let begun = starts.find(|(at, _)| tail.get(*at..).is_some_and(|rest| needle.starts_with(rest)));
            begun.map_or(0, |(at, _)| tail.len() - at)
        };
        self.needles.iter().map(of).max().unwrap_or(0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(secret: &str) -> Mask {
        Mask::new([&Secret::new(secret)])
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands_and_lengths_stay() {
        let mut body = br#"{"a":"hidden-token","b":"hidden-tokenhidden-token"}"#.to_vec();
        let length = body.len();
        assert!(mask("Bearer hidden-token").apply(&mut body));
        assert_eq!(body.len(), length);
        assert_eq!(body, br#"{"a":"************","b":"************************"}"#);
        assert!(!mask("hidden-token").apply(&mut body));
    }

    #[test]
    fn the_beginning_of_a_secret_at_the_end_is_unfinished() {
        let mask = mask("abcabcabd");
        for (bytes, unfinished) in
            [("", 0), ("xyz", 0), ("xa", 1), ("xabcab", 5), ("abcabcab", 8), ("abcabcabd", 0), ("abcabx", 0)]
        {
            assert_eq!(mask.unfinished(bytes.as_bytes()), unfinished, "{bytes}");
        }
    }

    #[test]
    fn a_text_too_short_to_be_a_secret_is_left_alone() {
        let mut body = b"no news".to_vec();
        assert!(!mask("no").apply(&mut body));
    }
}
