//! What makes the host ask a rule again.

use super::definition::{Definition, Naming};
use crate::language::property::Property;
use crate::language::syntax::Expression;

/// What the answers of a rule depend on, as one number: FNV-1a of 128 bits, the same on every machine.
pub(super) fn digest(definition: &Definition, expression: &Expression) -> String {
    // Raised when this component comes to decide differently.
    let mut text = format!("1 {expression}");
    let mut add = |property: &Property| {
        text.push_str(&format!(" {} {:?}", property.full_name(), property.kind()));
    };
    expression.properties(&mut |property| {
        if matches!(property, Property::Profile(_)) {
            add(property);
        }
    });
    if let Naming::Each { attributes, case, .. } = &definition.naming {
        attributes.iter().for_each(&mut add);
        text.push_str(&format!(" {case:?}"));
    }
    let hash = text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{hash:032x}")
}
