//! What an expression can ask about the world outside of the person at hand.

use crate::moment::Moment;
use crate::value::Value;

/// The world as one person's mapping sees it.
pub trait Environment {
    /// The time of the run. It stands still while the run lasts.
    fn now(&self) -> Moment;

    /// Fills the bytes with random ones.
    fn random(&self, bytes: &mut [u8]);

    /// The properties of another user, in their order; none when there is no such user.
    fn look_up(&self, id: &str, properties: &[String]) -> Option<Vec<Value<'static>>>;

    /// Whether another entry of the target has, or is about to get, this text in this attribute.
    fn in_use(&self, attribute: &str, text: &str) -> bool;

    /// Whether the target holds this person already.
    fn target_exists(&self) -> bool {
        false
    }
}

/// A world with nothing in it but a time: for trying expressions and for tests.
#[derive(Debug, Clone, Copy)]
pub struct Alone {
    /// The time.
    pub now: Moment,
    /// Where the random numbers begin.
    pub seed: u64,
}

impl Environment for Alone {
    fn now(&self) -> Moment {
        self.now
    }

    fn random(&self, bytes: &mut [u8]) {
        // SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"): good enough to try things out.
        let mut state = self.seed;
        for chunk in bytes.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            for (byte, random) in chunk.iter_mut().zip((z ^ (z >> 31)).to_le_bytes()) {
                *byte = random;
            }
        }
    }

    fn look_up(&self, _id: &str, _properties: &[String]) -> Option<Vec<Value<'static>>> {
        None
    }

    fn in_use(&self, _attribute: &str, _text: &str) -> bool {
        false
    }
}
