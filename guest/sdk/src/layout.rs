//! The attributes of a profile and their positions, so that a mapping never counts them itself.

use crate::mapping::Outcome;
use crate::{Attribute, Value};

/// The place of an attribute in a [`Layout`], and of its value in every [`Row`] of that layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(usize);

/// The attributes of the profiles that a mapping answers, in their order.
///
/// ```
/// use rollcall_sdk::{Attribute, Layout, Value};
///
/// // The mapping before this one in the chain made `name`; this one adds `city`.
/// let mut layout = Layout::of(&[Attribute::text("name")]);
/// let city = layout.add(Attribute::text("city"));
///
/// let mut row = layout.row(&[Value::from("Adele Vance")]);
/// row.set(city, "Seattle");
/// assert_eq!(row.into_values(), [Value::from("Adele Vance"), Value::from("Seattle")]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Layout {
    attributes: Vec<Attribute>,
}

impl Layout {
    /// No attributes yet.
    pub fn new() -> Self {
        Layout::default()
    }

    /// These attributes, first: those that `configure` was told of.
    pub fn of(inherited: &[Attribute]) -> Self {
        Layout { attributes: inherited.to_vec() }
    }

    /// Adds an attribute. One of the same name is replaced where it stands.
    pub fn add(&mut self, attribute: Attribute) -> Slot {
        let position = self.attributes.iter().position(|known| known.name == attribute.name);
        match position.and_then(|at| self.attributes.get_mut(at).map(|known| (at, known))) {
            Some((at, known)) => {
                *known = attribute;
                Slot(at)
            }
            None => {
                self.attributes.push(attribute);
                Slot(self.attributes.len() - 1)
            }
        }
    }

    /// Where an attribute of this name stands, if there is one.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.attributes.iter().position(|known| known.name == name).map(Slot)
    }

    /// The attributes, in order: what a schema wants.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// A row that starts with the values given (those inherited, by position); the others are null.
    pub fn row(&self, start: &[Value]) -> Row {
        let mut values = Vec::with_capacity(self.attributes.len());
        values.extend(start.iter().take(self.attributes.len()).cloned());
        values.resize_with(self.attributes.len(), || Value::Null);
        Row { values }
    }
}

/// The values of one profile, by slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    values: Vec<Value>,
}

impl Row {
    /// Sets a value. A slot of a longer layout is ignored.
    pub fn set(&mut self, slot: Slot, value: impl Into<Value>) {
        if let Some(place) = self.values.get_mut(slot.0) {
            *place = value.into();
        }
    }

    /// The value in a slot.
    pub fn get(&self, slot: Slot) -> &Value {
        self.values.get(slot.0).unwrap_or(&Value::Null)
    }

    /// The values in the order of the layout.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }
}

impl From<Row> for Outcome {
    fn from(row: Row) -> Self {
        Outcome::Profile(row.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_of_the_same_name_takes_the_place_of_the_inherited_one() {
        let mut layout = Layout::of(&[Attribute::text("name"), Attribute::text("city")]);
        let name = layout.add(Attribute::text("name").sensitive());
        assert_eq!(layout.attributes().len(), 2);
        assert!(layout.attributes()[0].sensitive);
        assert_eq!(layout.slot("name"), Some(name));
    }

    #[test]
    fn a_row_is_as_long_as_its_layout_whatever_it_starts_with() {
        let layout = Layout::of(&[Attribute::text("name")]);
        assert_eq!(layout.row(&[]).into_values(), [Value::Null]);
        assert_eq!(layout.row(&["a".into(), "b".into()]).into_values(), [Value::from("a")]);
    }
}
