//! Looking at other objects than the one at hand. Granted with `lookup = true`.
//!
//! The host notes who looked at what, and asks again for the one who depends on it when the other changes.

use crate::bindings::capabilities::rollcall::sync::lookup;
use crate::{Host, Value};

/// Something that looks objects up: [`Host`] in a component, a double in a test.
pub trait Lookup {
    /// The values of the source properties of user `id`, in the order of `properties`; none when there is no such user.
    /// `dependent` is the id of the person whose mapping or grouping asks.
    fn properties(&self, dependent: &str, id: &str, properties: &[String]) -> Option<Vec<Value>>;

    /// Whether another person than `except` has, or is about to get, this text in an attribute of the profile.
    fn in_use(&self, attribute: &str, text: &str, except: &str) -> bool;
}

impl Lookup for Host {
    fn properties(&self, dependent: &str, id: &str, properties: &[String]) -> Option<Vec<Value>> {
        lookup::properties(dependent, id, properties)
    }

    fn in_use(&self, attribute: &str, text: &str, except: &str) -> bool {
        lookup::in_use(attribute, text, except)
    }
}
