//! The target step: the directory that is kept in step. See [`Target`].

use serde::de::DeserializeOwned;

pub use crate::bindings::target::exports::rollcall::sync::target::{
    Abilities, Delivery, Found, FoundGroup, FoundMember, FoundPage, FoundPerson, GroupEntry, GroupWithMembers, Listing,
    Member, MemberReceipt, Operation, Outcome, Part, PersonEntry, Receipt, Role, TargetLimits,
};
use crate::{Attribute, Failure, Fault, Problem, settings};

/// A target. Export it with [`export_target!`](crate::export_target).
pub trait Target: Sized + 'static {
    /// The settings, as the tenant's file has them.
    type Settings: DeserializeOwned;

    /// Makes the target. No network here: `rollcall check` calls it too. `attributes` are those of the profile.
    fn configure(settings: Self::Settings, attributes: &[Attribute]) -> Result<Self, Problem>;

    /// What the target can do. It may ask the target.
    fn limits(&self) -> Result<TargetLimits, Failure>;

    /// Does a batch of operations, all of one phase: one outcome for each, in their order. Doing one twice must do no harm.
    fn push(&self, operations: Vec<Operation>) -> Vec<Outcome>;

    /// Reads back what the target holds. Default: it cannot be read, which `limits` should say too.
    fn read(&self, what: Listing, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        let _ = (what, cursor);
        Err(Failure::Failed(Fault::new("This target cannot be read back.")))
    }
}

impl Receipt {
    /// Done, and nothing to tell.
    pub fn plain() -> Self {
        Receipt { remote: None, members: Vec::new(), adopted: false, note: None }
    }

    /// Done; the target calls the person or group this.
    pub fn of(remote: impl Into<String>) -> Self {
        Receipt { remote: Some(remote.into()), ..Receipt::plain() }
    }
}

impl Abilities {
    /// True when all of these are among them.
    pub fn has(self, these: Abilities) -> bool {
        self & these == these
    }
}

impl Outcome {
    /// Refused for good, with a sentence why.
    pub fn refused(message: impl Into<String>) -> Self {
        Outcome::Rejected(Fault::new(message))
    }
}

/// Reads the settings and configures the target, as the host does. For the export macro and for tests.
pub fn configure<T: Target>(json: &str, attributes: &[Attribute]) -> Result<T, Problem> {
    T::configure(settings::parse(json)?, attributes)
}

/// Makes a type that implements [`Target`](crate::target::Target) the component's target. Does nothing in a native build.
#[macro_export]
macro_rules! export_target {
    ($step:ty) => {
        $crate::__export_step!(target, export_target_step, $step, {
            fn configure(settings: String, attributes: Vec<$crate::Attribute>) -> Result<(), $crate::Problem> {
                let step = $crate::target::configure(&settings, &attributes)?;
                STEP.with(|instance| instance.set(step));
                Result::Ok(())
            }

            fn limits() -> Result<contract::TargetLimits, $crate::Failure> {
                $crate::target::Target::limits(&*STEP.with(|instance| instance.get()))
            }

            fn push(operations: Vec<contract::Operation>) -> Vec<contract::Outcome> {
                $crate::target::Target::push(&*STEP.with(|instance| instance.get()), operations)
            }

            fn read(what: contract::Listing, cursor: Option<String>) -> Result<contract::FoundPage, $crate::Failure> {
                $crate::target::Target::read(&*STEP.with(|instance| instance.get()), what, cursor.as_deref())
            }
        });
    };
}
