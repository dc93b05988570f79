//! Batches in packed form, for speed: see [`PackedMapping`] and [`PackedGrouping`].
//!
//! A value by itself costs some 65 ns to cross the boundary, and each text a piece of memory. Packed, the texts of a whole batch cross as
//! one, and are read where they stand. That is worth it for a step that maps or groups several hundred thousand people a minute; all
//! others are as well off without it. The encoding (`pack` in `wit/types.wit`) is this module's business alone.

mod reading;
mod writing;

pub use crate::bindings::capabilities::rollcall::sync::types::Pack;
pub use crate::bindings::packed_grouping::exports::rollcall::sync::packed_grouping::Assignments as PackedAssignments;
pub(crate) use reading::read_outcomes;
pub use reading::{Candidate, Candidates, People, Person, Texts, Value};
pub use writing::{Assignments, Outcomes, Place};

use crate::grouping::Grouping;
use crate::mapping::Mapping;

/// A mapping that also takes packed batches. Export it with [`export_packed_mapping!`](crate::export_packed_mapping), in the place of
/// [`export_mapping!`](crate::export_mapping).
///
/// ```
/// # use rollcall_sdk::mapping::{Mapping, Outcome, Person, Schema};
/// # use rollcall_sdk::{Attribute, NoSettings, Problem};
/// use rollcall_sdk::packed::{Outcomes, PackedMapping, People};
///
/// #[derive(serde::Deserialize)]
/// struct User<'a> {
///     city: Option<&'a str>,
/// }
///
/// struct Cities;
///
/// impl Mapping for Cities {
///     // As always: what `explain` and hosts that know nothing of packed batches call.
/// #     type Settings = NoSettings;
/// #     fn configure(_: NoSettings, _: &[Attribute]) -> Result<(Self, Schema), Problem> {
/// #         let attributes = vec![Attribute::text("city")];
/// #         Ok((Cities, Schema { attributes, properties: vec!["city".into()], looked_up_properties: vec![] }))
/// #     }
/// #     fn map(&self, _: &Person) -> Outcome { Outcome::Skip("has no city".into()) }
/// }
///
/// impl PackedMapping for Cities {
///     fn map_packed(&self, people: &mut People<'_>, outcomes: &mut Outcomes) {
///         while let Some(person) = people.next() {
///             match serde_json::from_str::<User>(person.object) {
///                 Ok(User { city: Some(city) }) => {
///                     outcomes.row(1);
///                     outcomes.text(city);
///                 }
///                 Ok(User { city: None }) => outcomes.skip("has no city"),
///                 Err(error) => outcomes.reject(&error.to_string()),
///             }
///         }
///     }
/// }
///
/// rollcall_sdk::export_packed_mapping!(Cities);
/// ```
pub trait PackedMapping: Mapping {
    /// Maps a batch: one outcome for each person, in their order. The same as [`Mapping::map_people`] would answer.
    fn map_packed(&self, people: &mut People<'_>, outcomes: &mut Outcomes);
}

/// A grouping that also takes packed batches. Export it with [`export_packed_grouping!`](crate::export_packed_grouping), in the place of
/// [`export_grouping!`](crate::export_grouping).
pub trait PackedGrouping: Grouping {
    /// The groups of a batch: one assignment for each person, in their order. The same as [`Grouping::assign_people`] would answer.
    fn assign_packed(&self, people: &mut Candidates<'_>, rules: Option<&[u32]>, assignments: &mut Assignments);
}

/// Maps a batch as the host does. For the export macro and for tests.
pub fn map<M: PackedMapping>(mapping: &M, count: u32, people: &Pack) -> Pack {
    let mut outcomes = Outcomes::for_people(count);
    mapping.map_packed(&mut People::new(count, people), &mut outcomes);
    outcomes.into_pack()
}

/// Groups a batch as the host does. For the export macro and for tests.
pub fn assign<G: PackedGrouping>(grouping: &G, count: u32, people: &Pack, rules: Option<&[u32]>) -> PackedAssignments {
    let mut assignments = Assignments::for_people(count);
    grouping.assign_packed(&mut Candidates::new(count, people), rules, &mut assignments);
    assignments.into_packed()
}

/// The kind of a mark.
mod kind {
    pub const NULL: u32 = 0;
    pub const BOOLEAN: u32 = 1;
    pub const INTEGER: u32 = 2;
    pub const NUMBER: u32 = 3;
    pub const TEXT: u32 = 4;
    pub const DATE_TIME: u32 = 5;
    pub const TEXTS: u32 = 6;
    pub const JSON: u32 = 7;
    pub const KEEP: u32 = 8;
    pub const ROW: u32 = 9;
    pub const SKIP: u32 = 10;
    pub const REJECT: u32 = 11;
}

/// Bits of a mark that hold its kind; the others hold its count.
const KIND_BITS: u32 = 4;

/// Makes a type that implements [`PackedMapping`](crate::packed::PackedMapping) the component's mapping, for packed batches and for others. Does
/// nothing in a native build.
#[macro_export]
macro_rules! export_packed_mapping {
    ($step:ty) => {
        $crate::__export_mapping!($step, {
            impl $crate::bindings::packed_mapping::exports::rollcall::sync::packed_mapping::Guest for Component {
                fn map_people(count: u32, people: $crate::packed::Pack) -> $crate::packed::Pack {
                    $crate::packed::map(&*STEP.with(|instance| instance.get()), count, &people)
                }
            }

            $crate::bindings::packed_mapping::export_packed_mapping_step! {
                Component with_types_in $crate::bindings::packed_mapping
            }
        });
    };
}

/// Makes a type that implements [`PackedGrouping`](crate::packed::PackedGrouping) the component's grouping, for packed batches and for others.
/// Does nothing in a native build.
#[macro_export]
macro_rules! export_packed_grouping {
    ($step:ty) => {
        $crate::__export_grouping!($step, {
            impl $crate::bindings::packed_grouping::exports::rollcall::sync::packed_grouping::Guest for Component {
                fn assign(
                    count: u32,
                    people: $crate::packed::Pack,
                    rules: Option<Vec<u32>>,
                ) -> $crate::packed::PackedAssignments {
                    $crate::packed::assign(&*STEP.with(|instance| instance.get()), count, &people, rules.as_deref())
                }
            }

            $crate::bindings::packed_grouping::export_packed_grouping_step! {
                Component with_types_in $crate::bindings::packed_grouping
            }
        });
    };
}

#[cfg(test)]
mod tests;
