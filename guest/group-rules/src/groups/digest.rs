//! What makes the host ask a rule again.

use std::fmt::Write;

use super::definition::{Definition, Naming};
use crate::language::property::Property;
use crate::language::syntax::Expression;

/// What the answers of a rule depend on, as one number: FNV-1a of 128 bits, the same on every machine.
pub(super) fn digest(definition: &Definition, expression: &Expression) -> String {
    // Raised when this component comes to decide differently.
    let mut text = String::with_capacity(256);
    let _ = write!(text, "1 {expression}");
    let mut add = |property: &Property| {
        let _ = write!(text, " {} {:?}", property.full_name(), property.kind());
    };
    expression.properties(&mut |property| {
        if matches!(property, Property::Profile(_)) {
            add(property);
        }
    });
    if let Naming::Each { attributes, case, .. } = &definition.naming {
        attributes.iter().for_each(&mut add);
        let _ = write!(text, " {case:?}");
    }
    let hash =
        text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| times_prime(hash ^ u128::from(byte)));
    format!("{hash:032x}")
}

/// Times the prime of FNV, 2 to the power of 88 and `LOW`. WebAssembly has no multiplication of 128 bits, and a general one by steps of
/// fewer bits takes a tenth of the time in which rules are compiled.
fn times_prime(hash: u128) -> u128 {
    const LOW: u64 = 0x13b;
    let (low, high) = (hash as u64, (hash >> 64) as u64);
    let (lowest, above) = ((low & 0xffff_ffff) * LOW, (low >> 32) * LOW);
    let carried = above + (lowest >> 32);
    let low_product = lowest & 0xffff_ffff | carried << 32;
    let high_product = high.wrapping_mul(LOW).wrapping_add(carried >> 32).wrapping_add(low << 24);
    u128::from(high_product) << 64 | u128::from(low_product)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_product_is_that_of_fnv(hash in any::<u128>()) {
            prop_assert_eq!(times_prime(hash), hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b));
        }
    }
}
