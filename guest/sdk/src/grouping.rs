//! The grouping step: from a person to groups. See [`Grouping`].

use serde::de::DeserializeOwned;

pub use crate::bindings::grouping::exports::rollcall::sync::grouping::{
    Assignment, Belonging, Candidate, Explanation, Group, Plan, Rule, Undecided, WhenEmpty,
};
use crate::{Attribute, Problem, settings};

/// A grouping. Export it with [`export_grouping!`](crate::export_grouping).
pub trait Grouping: Sized + 'static {
    /// The settings, as the tenant's file has them.
    type Settings: DeserializeOwned;

    /// Makes the grouping, and tells what it reads and which rules it has. `attributes` are those of the profile.
    fn configure(settings: Self::Settings, attributes: &[Attribute]) -> Result<(Self, Plan), Problem>;

    /// The groups of one person. With `rules` (positions in the plan) only those are asked.
    fn assign(&self, person: &Candidate, rules: Option<&[u32]>) -> Assignment;

    /// The groups of a batch: one assignment for each, in their order. Default: `assign` for each.
    fn assign_people(&self, people: &[Candidate], rules: Option<&[u32]>) -> Vec<Assignment> {
        people.iter().map(|person| self.assign(person, rules)).collect()
    }

    /// What the group with this key is; none when no rule makes it (any more).
    fn describe(&self, key: &str) -> Option<Group>;

    /// Explains one person and one group. Default: this grouping does not explain itself.
    fn explain(&self, person: &Candidate, key: &str) -> Result<Explanation, Problem> {
        let _ = (person, key);
        Err(Problem::new("", "This grouping does not explain itself."))
    }
}

impl Group {
    /// A group with a key and a name: no parent, no welcome message, no administrators, kept when empty, made with its first
    /// member.
    pub fn new(key: impl Into<String>, name: impl Into<String>) -> Self {
        Group {
            key: key.into(),
            name: name.into(),
            parent: None,
            welcome_message: None,
            admins: Vec::new(),
            minimum_members: 1,
            when_empty: WhenEmpty::Keep,
        }
    }
}

impl Plan {
    /// Everything that an assignment says, with the keys of rules that make one group: what the host reads from it. For tests.
    pub fn belongings(&self, assignment: &Assignment) -> Vec<Belonging> {
        let of_rule = |rule: &u32| {
            let key = self.rules.get(*rule as usize)?.key.clone()?;
            Some(Belonging { key, rule: *rule })
        };
        assignment.rules.iter().filter_map(of_rule).chain(assignment.belongings.iter().cloned()).collect()
    }
}

impl Assignment {
    /// Belongs to nothing, and time alone does not change it.
    pub fn nothing() -> Self {
        Assignment { rules: Vec::new(), belongings: Vec::new(), undecided: Vec::new(), changes_at: None }
    }
}

/// Reads the settings and configures the grouping, as the host does. For the export macro and for tests.
pub fn configure<G: Grouping>(json: &str, attributes: &[Attribute]) -> Result<(G, Plan), Problem> {
    G::configure(settings::parse(json)?, attributes)
}

/// Makes a type that implements [`Grouping`](crate::grouping::Grouping) the component's grouping. Does nothing in a native build.
#[macro_export]
macro_rules! export_grouping {
    ($step:ty) => {
        $crate::__export_grouping!($step, {});
    };
}

/// The exports of a grouping, and what else a component has.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_grouping {
    ($step:ty, { $($more:tt)* }) => {
        $crate::__export_step!(grouping, export_grouping_step, $step, {
            fn configure(
                settings: String,
                attributes: Vec<$crate::Attribute>,
            ) -> Result<contract::Plan, $crate::Problem> {
                let (step, plan) = $crate::grouping::configure(&settings, &attributes)?;
                STEP.with(|instance| instance.set(step));
                Result::Ok(plan)
            }

            fn assign(people: Vec<contract::Candidate>, rules: Option<Vec<u32>>) -> Vec<contract::Assignment> {
                let step = STEP.with(|instance| instance.get());
                $crate::grouping::Grouping::assign_people(&*step, &people, rules.as_deref())
            }

            fn describe(keys: Vec<String>) -> Vec<Option<contract::Group>> {
                let step = STEP.with(|instance| instance.get());
                keys.iter().map(|key| $crate::grouping::Grouping::describe(&*step, key)).collect()
            }

            fn explain(person: contract::Candidate, key: String) -> Result<contract::Explanation, $crate::Problem> {
                $crate::grouping::Grouping::explain(&*STEP.with(|instance| instance.get()), &person, &key)
            }
        }, { $($more)* });
    };
}
