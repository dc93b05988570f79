//! The source step: where people come from. See [`Source`].

use serde::de::DeserializeOwned;

pub use crate::bindings::source::exports::rollcall::sync::source::{
    Change, GroupPatch, MembershipChange, Next, Page, Removal, RemovalKind, UserPatch,
};
use crate::{Failure, Problem, settings};

/// A source of people. Export it with [`export_source!`](crate::export_source).
pub trait Source: Sized + 'static {
    /// The settings, as the tenant's file has them.
    type Settings: DeserializeOwned;

    /// Makes the source. No network here: `rollcall check` calls it too.
    ///
    /// `properties` are the user properties that the other steps read; no others need be delivered. A property that this
    /// source cannot deliver is a problem with the setting `""` and a message that names it.
    fn configure(settings: Self::Settings, properties: &[String]) -> Result<Self, Problem>;

    /// The page at `cursor`; without one, the first page of a round that lists everything.
    fn pull(&self, cursor: Option<&str>) -> Result<Page, Failure>;

    /// One user as it is now, or none when there is no such user (any more).
    fn fetch(&self, id: &str) -> Result<Option<UserPatch>, Failure>;
}

/// Reads the settings and configures the source, as the host does. For the export macro and for tests.
pub fn configure<S: Source>(json: &str, properties: &[String]) -> Result<S, Problem> {
    S::configure(settings::parse(json)?, properties)
}

/// Makes a type that implements [`Source`](crate::source::Source) the component's source. Does nothing in a native build.
#[macro_export]
macro_rules! export_source {
    ($step:ty) => {
        $crate::__export_step!(source, export_source_step, $step, {
            fn configure(settings: String, properties: Vec<String>) -> Result<(), $crate::Problem> {
                let step = $crate::source::configure(&settings, &properties)?;
                STEP.with(|instance| instance.set(step));
                Result::Ok(())
            }

            fn pull(cursor: Option<String>) -> Result<contract::Page, $crate::Failure> {
                $crate::source::Source::pull(&*STEP.with(|instance| instance.get()), cursor.as_deref())
            }

            fn fetch(id: String) -> Result<Option<contract::UserPatch>, $crate::Failure> {
                $crate::source::Source::fetch(&*STEP.with(|instance| instance.get()), &id)
            }
        });
    };
}
