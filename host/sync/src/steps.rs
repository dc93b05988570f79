//! The four steps as the run sees them: what they can do, and what they tell about themselves.
//!
//! The run is written against these traits, not against wasmtime: [`sandboxed`] implements them with components, and the simulation
//! test with plain functions, so that ten thousand random histories take minutes.

pub mod sandboxed;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;

use rollcall_sandbox::contract::grouping::{Assignment, Candidate, Explanation, Group, Rule};
use rollcall_sandbox::contract::mapping::{AttributeTrace, Outcome, Person};
use rollcall_sandbox::contract::source::{Page, UserPatch};
use rollcall_sandbox::contract::target::{self, FoundPage, Listing, Operation, TargetLimits};
use rollcall_sandbox::contract::types::{Attribute, Failure, Problem};

use crate::store::Effects;

/// A call that is under way.
pub type Calling<'a, T> = Pin<Box<dyn Future<Output = Result<T, StepError>> + Send + 'a>>;

/// A step that could not be called, or did not come back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The component trapped or hit a limit in this call. Its instance is gone; another may be made.
    #[error("{0}")]
    Broken(String),
    /// The step cannot be used at all: it is missing, refused, or its settings are wrong.
    #[error("{0}")]
    Unusable(String),
}

/// What the steps of a tenant tell about themselves once they are configured.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The attributes of the profile, as the last mapping of the chain makes them.
    pub attributes: Arc<[Attribute]>,
    /// Source properties that the mappings read.
    pub mapping_properties: Vec<String>,
    /// Source properties that the mappings read of others.
    pub looked_up_properties: Vec<String>,
    /// Source properties that grouping reads, in the order in which it wants them.
    pub grouping_properties: Vec<String>,
    /// Positions of the profile attributes that grouping reads.
    pub grouping_attributes: Vec<u32>,
    /// The rules, in the order of the plan.
    pub rules: Vec<Rule>,
    /// Source properties that the scope reads; none without a scope.
    pub scope_properties: Option<Vec<String>>,
    /// Changes when the mapping chain, its settings or the scope change.
    pub mapping_digest: String,
    /// Changes when the grouping component or its settings change.
    pub grouping_digest: String,
}

/// The rule id that stands for a grouping that names no rules.
pub const WHOLE: &str = "*";

impl Shape {
    /// Everything that the source is asked for, sorted.
    pub fn source_properties(&self) -> Vec<String> {
        let scope = self.scope_properties.iter().flatten();
        let all: BTreeSet<String> = self
            .mapping_properties
            .iter()
            .chain(&self.looked_up_properties)
            .chain(&self.grouping_properties)
            .chain(scope)
            .filter(|name| name.as_str() != "*")
            .cloned()
            .chain(["accountEnabled".to_owned()])
            .collect();
        all.into_iter().collect()
    }

    /// The id of the rule at a position of the plan.
    pub fn rule(&self, position: u32) -> &str {
        self.rules.get(position as usize).map_or(WHOLE, |rule| &rule.id)
    }
}

/// What came of mapping a batch.
#[derive(Debug, Clone, Default)]
pub struct Mapped {
    /// One for each person, in their order.
    pub outcomes: Vec<Outcome>,
    /// Who looked at whom.
    pub looked_up: BTreeMap<String, BTreeSet<String>>,
    /// Storage and wake-ups.
    pub effects: Effects,
}

/// What came of grouping a batch.
#[derive(Debug, Clone, Default)]
pub struct Grouped {
    /// One for each person, in their order.
    pub assignments: Vec<Assignment>,
    /// Who looked at whom.
    pub looked_up: BTreeMap<String, BTreeSet<String>>,
    /// Storage and wake-ups.
    pub effects: Effects,
}

/// Where people come from.
pub trait Source: Send {
    /// A page, with what must be committed with it.
    fn pull(&mut self, cursor: Option<String>) -> Calling<'_, (Result<Page, Failure>, Effects)>;
    /// One user.
    fn fetch(&mut self, id: String) -> Calling<'_, Result<Option<UserPatch>, Failure>>;
}

/// The chain of mappings.
pub trait Mapping: Send {
    /// Maps a batch.
    fn map_people(&mut self, people: Vec<Person>) -> Calling<'_, Mapped>;
    /// Explains one person.
    fn explain(&mut self, person: Person) -> Calling<'_, Vec<AttributeTrace>>;
}

/// Rules.
pub trait Grouping: Send {
    /// Groups a batch by all rules, or by those at these positions of the plan.
    fn assign(&mut self, people: Vec<Candidate>, rules: Option<Vec<u32>>) -> Calling<'_, Grouped>;
    /// Describes groups.
    fn describe(&mut self, keys: Vec<String>) -> Calling<'_, Vec<Option<Group>>>;
    /// Explains one person and one group.
    fn explain(&mut self, person: Candidate, key: String) -> Calling<'_, Result<Explanation, Problem>>;
}

/// The directory that is kept in step.
pub trait Target: Send {
    /// What it can do.
    fn limits(&mut self) -> Calling<'_, Result<TargetLimits, Failure>>;
    /// Does operations.
    fn push(&mut self, operations: Vec<Operation>) -> Calling<'_, (Vec<target::Outcome>, Effects)>;
    /// Reads back.
    fn read(&mut self, what: Listing, cursor: Option<String>) -> Calling<'_, Result<FoundPage, Failure>>;
}

/// Makes instances of a tenant's steps.
pub trait Steps: Send + Sync {
    /// What they told about themselves.
    fn shape(&self) -> &Shape;
    /// A source that knows which properties are wanted.
    fn source(&self) -> Calling<'_, Box<dyn Source>>;
    /// A mapping chain.
    fn mapping(&self) -> Calling<'_, Box<dyn Mapping>>;
    /// A grouping.
    fn grouping(&self) -> Calling<'_, Box<dyn Grouping>>;
    /// The scope, as a grouping whose single rule says who is synced at all.
    fn scope(&self) -> Calling<'_, Option<Box<dyn Grouping>>>;
    /// A target.
    fn target(&self) -> Calling<'_, Box<dyn Target>>;
}
