//! The mapping step: from a user of the source to a profile. See [`Mapping`].

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::mapping::exports::rollcall::sync::mapping::{AttributeTrace, Outcome, Person, Schema};
use crate::{Attribute, Problem, settings};

/// A mapping. Export it with [`export_mapping!`](crate::export_mapping).
pub trait Mapping: Sized + 'static {
    /// The settings, as the tenant's file has them.
    type Settings: DeserializeOwned;

    /// Makes the mapping, and tells what profiles it answers and what it reads for them. `inherited` are the attributes of the
    /// mapping before it in the chain; none for the first. [`Layout`](crate::Layout) counts positions for you.
    fn configure(settings: Self::Settings, inherited: &[Attribute]) -> Result<(Self, Schema), Problem>;

    /// Maps one person. The same person gives the same outcome, always.
    fn map(&self, person: &Person) -> Outcome;

    /// Maps a batch: one outcome for each, in their order. Default: `map` for each.
    fn map_people(&self, people: &[Person]) -> Vec<Outcome> {
        people.iter().map(|person| self.map(person)).collect()
    }

    /// Shows how one person is mapped. Default: this mapping does not explain itself.
    fn explain(&self, person: &Person) -> Vec<AttributeTrace> {
        let _ = person;
        Vec::new()
    }
}

impl Person {
    /// The user as a type of the author's own: only the fields that it names are read, which is three times as fast as
    /// `serde_json::Value`.
    ///
    /// ```
    /// # use rollcall_sdk::mapping::Person;
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct User { display_name: Option<String> }
    ///
    /// # let person = Person { id: "1".into(), object: r#"{"displayName":"Adele"}"#.into(), inherited: vec![], exists: false };
    /// let user: User = person.read()?;
    /// assert_eq!(user.display_name.as_deref(), Some("Adele"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.object)
    }
}

/// Reads the settings and configures the mapping, as the host does. For the export macro and for tests.
pub fn configure<M: Mapping>(json: &str, inherited: &[Attribute]) -> Result<(M, Schema), Problem> {
    M::configure(settings::parse(json)?, inherited)
}

/// Makes a type that implements [`Mapping`](crate::mapping::Mapping) the component's mapping. Does nothing in a native build.
#[macro_export]
macro_rules! export_mapping {
    ($step:ty) => {
        $crate::__export_mapping!($step, {});
    };
}

/// The exports of a mapping, and what else a component has.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_mapping {
    ($step:ty, { $($more:tt)* }) => {
        $crate::__export_step!(mapping, export_mapping_step, $step, {
            fn configure(
                settings: String,
                inherited: Vec<$crate::Attribute>,
            ) -> Result<contract::Schema, $crate::Problem> {
                let (step, schema) = $crate::mapping::configure(&settings, &inherited)?;
                STEP.with(|instance| instance.set(step));
                Result::Ok(schema)
            }

            fn map_people(people: Vec<contract::Person>) -> Vec<contract::Outcome> {
                $crate::mapping::Mapping::map_people(&*STEP.with(|instance| instance.get()), &people)
            }

            fn explain(person: contract::Person) -> Vec<contract::AttributeTrace> {
                $crate::mapping::Mapping::explain(&*STEP.with(|instance| instance.get()), &person)
            }
        }, { $($more)* });
    };
}
