//! The steps of a tenant as components in the sandbox: loading and linking them, configuring each instance, and lending it what it was
//! granted.

mod inbox;
mod lent;
mod load;
mod logins;
mod recording;

use std::collections::BTreeMap;
use std::sync::Arc;

use rollcall_sandbox::contract::grouping::{Candidate, Explanation, Group, Plan};
use rollcall_sandbox::contract::mapping::{AttributeTrace, Outcome, Person};
use rollcall_sandbox::contract::source::{Page, UserPatch};
use rollcall_sandbox::contract::target::{self, FoundPage, Listing, Operation, TargetLimits};
use rollcall_sandbox::contract::types::{Attribute, Failure, Problem};
use rollcall_sandbox::{
    CallError, Capabilities, GroupingInstance, GroupingStep, MappingInstance, MappingStep, SourceInstance, SourceStep,
    TargetInstance, TargetStep,
};

use self::lent::{Lender, Recorder};
pub use self::lent::{RunSink, STORAGE_QUOTA};
pub use self::load::{Bytes, Components, Problems, Services};
use self::recording::{About, Keeper};
pub use self::recording::{Answered, Asked, Recorded, Recording, Taken};
use super::{Calling, Grouped, Grouping, Mapped, Mapping, Shape, Source, StepError, Steps, Target};
use crate::store::Effects;

/// A tenant's steps, linked and checked.
pub struct SandboxedSteps {
    shape: Shape,
    sink: Arc<RunSink>,
    source: Linked<SourceStep>,
    mappings: Vec<Linked<MappingStep>>,
    grouping: Linked<GroupingStep>,
    scope: Option<Linked<GroupingStep>>,
    target: Linked<TargetStep>,
}

/// A linked step with its settings and what it is lent.
struct Linked<S> {
    step: S,
    settings: String,
    /// What a mapping inherits, and what a grouping or target gets to know of the profile.
    attributes: Arc<[Attribute]>,
    lender: Lender,
    digest: String,
}

impl<S> Linked<S> {
    /// What one instance is lent, what it does with it, and who keeps its calls.
    fn lend(&self) -> (Capabilities, Arc<Recorder>, Option<Keeper>) {
        let (mut lent, recorder) = self.lender.lend();
        let keeper = self.lender.recording.as_ref().map(|recording| {
            let (step, settings) = (Arc::clone(&self.lender.step), self.settings.clone());
            let about = About { step, settings, attributes: Arc::clone(&self.attributes) };
            Keeper::new(Arc::clone(recording), about, Arc::clone(&self.lender.store), &mut lent)
        });
        (lent, recorder, keeper)
    }
}

impl SandboxedSteps {
    /// Where lines of components and calls go: the log of the run that is under way.
    pub fn sink(&self) -> Arc<RunSink> {
        Arc::clone(&self.sink)
    }

    /// The digests of the components, by step.
    pub fn digests(&self) -> BTreeMap<String, String> {
        let mappings = self.mappings.iter().map(|linked| (linked.lender.step().to_owned(), linked.digest.clone()));
        mappings
            .chain([
                ("source".to_owned(), self.source.digest.clone()),
                ("grouping".to_owned(), self.grouping.digest.clone()),
                ("target".to_owned(), self.target.digest.clone()),
            ])
            .collect()
    }
}

fn broken(error: CallError) -> StepError {
    StepError::Broken(error.to_string())
}

fn unusable(problem: Problem) -> StepError {
    StepError::Unusable(problem.message)
}

impl Steps for SandboxedSteps {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn source(&self) -> Calling<'_, Box<dyn Source>> {
        Box::pin(async {
            let (lent, recorder, keeper) = self.source.lend();
            let mut instance = self.source.step.instance(lent).await.map_err(broken)?;
            let properties = self.shape.source_properties();
            instance.configure(&self.source.settings, &properties).await.map_err(broken)?.map_err(unusable)?;
            Ok(Box::new(SandboxedSource { instance, recorder, keeper, properties }) as Box<dyn Source>)
        })
    }

    fn mapping(&self) -> Calling<'_, Box<dyn Mapping>> {
        Box::pin(async {
            let mut chain = Vec::with_capacity(self.mappings.len());
            // What a mapping makes is what the next one inherits.
            let made = self.mappings.iter().skip(1).map(|linked| &linked.attributes).chain([&self.shape.attributes]);
            for (linked, made) in self.mappings.iter().zip(made) {
                let (lent, recorder, keeper) = linked.lend();
                let mut instance = linked.step.instance(lent).await.map_err(broken)?;
                instance.configure(&linked.settings, &linked.attributes).await.map_err(broken)?.map_err(unusable)?;
                chain.push(Link { instance, recorder, keeper, made: Arc::clone(made) });
            }
            Ok(Box::new(SandboxedMapping { chain }) as Box<dyn Mapping>)
        })
    }

    fn grouping(&self) -> Calling<'_, Box<dyn Grouping>> {
        Box::pin(async {
            let (properties, attributes) = (&self.shape.grouping_properties, &self.shape.grouping_attributes);
            let (properties, attributes, rules) = (properties.clone(), attributes.clone(), self.shape.rules.clone());
            grouping(&self.grouping, Arc::new(Plan { properties, attributes, rules })).await
        })
    }

    fn scope(&self) -> Calling<'_, Option<Box<dyn Grouping>>> {
        Box::pin(async {
            match &self.scope {
                Some(linked) => {
                    // Its candidates have these properties, and its only rule has no key that anybody sees.
                    let properties = self.shape.scope_properties.clone().unwrap_or_default();
                    let plan = Plan { properties, attributes: Vec::new(), rules: Vec::new() };
                    grouping(linked, Arc::new(plan)).await.map(Some)
                }
                None => Ok(None),
            }
        })
    }

    fn target(&self) -> Calling<'_, Box<dyn Target>> {
        Box::pin(async {
            let (lent, recorder, keeper) = self.target.lend();
            let mut instance = self.target.step.instance(lent).await.map_err(broken)?;
            let attributes = &self.target.attributes;
            instance.configure(&self.target.settings, attributes).await.map_err(broken)?.map_err(unusable)?;
            let lender = &self.target.lender;
            Ok(Box::new(SandboxedTarget { instance, recorder, keeper, lender: lender.clone() }) as Box<dyn Target>)
        })
    }
}

async fn grouping(linked: &Linked<GroupingStep>, plan: Arc<Plan>) -> Result<Box<dyn Grouping>, StepError> {
    let (lent, recorder, keeper) = linked.lend();
    let mut instance = linked.step.instance(lent).await.map_err(broken)?;
    instance.configure(&linked.settings, &linked.attributes).await.map_err(broken)?.map_err(unusable)?;
    Ok(Box::new(SandboxedGrouping { instance, recorder, keeper, plan }))
}

/// An answer as a record has it.
fn told<T: Clone>(answer: &Result<T, CallError>, told: impl FnOnce(T) -> Answered) -> Result<Answered, String> {
    answer.as_ref().map(|answer| told(answer.clone())).map_err(ToString::to_string)
}

struct SandboxedSource {
    instance: SourceInstance,
    recorder: Arc<Recorder>,
    keeper: Option<Keeper>,
    properties: Vec<String>,
}

impl Source for SandboxedSource {
    fn pull(&mut self, cursor: Option<String>) -> Calling<'_, (Result<Page, Failure>, Effects)> {
        Box::pin(async move {
            let page = self.instance.pull(cursor.as_deref()).await;
            if let Some(keeper) = &self.keeper {
                let properties = self.properties.clone();
                keeper.keep(Asked::Pull { properties, cursor }, told(&page, Answered::Pulled));
            }
            Ok((page.map_err(broken)?, self.recorder.effects()))
        })
    }

    fn fetch(&mut self, id: String) -> Calling<'_, Result<Option<UserPatch>, Failure>> {
        Box::pin(async move { self.instance.fetch(&id).await.map_err(broken) })
    }
}

struct SandboxedMapping {
    chain: Vec<Link>,
}

/// One mapping of the chain.
struct Link {
    instance: MappingInstance,
    recorder: Arc<Recorder>,
    keeper: Option<Keeper>,
    made: Arc<[Attribute]>,
}

impl Mapping for SandboxedMapping {
    fn map_people(&mut self, people: Vec<Person>) -> Calling<'_, Mapped> {
        Box::pin(async move {
            let mut mapped = Mapped::default();
            let mut outcomes: Vec<Option<Outcome>> = people.iter().map(|_| None).collect();
            // Who goes on to the next mapping, with the place in the batch.
            let mut open: Vec<(usize, Person)> = people.into_iter().enumerate().collect();
            let last = self.chain.len().saturating_sub(1);
            for (position, link) in self.chain.iter_mut().enumerate() {
                let (places, batch): (Vec<usize>, Vec<Person>) = open.into_iter().unzip();
                let answers = link.instance.map_people(&batch).await;
                if let Some(keeper) = &link.keeper {
                    let attributes = Arc::clone(&link.made);
                    let answered = told(&answers, |outcomes| Answered::Mapped { outcomes, attributes });
                    keeper.keep(Asked::Map(batch.clone()), answered);
                }
                let answers = answers.map_err(broken)?;
                if answers.len() != batch.len() {
                    let reason = format!("a mapping answered {} outcomes for {} people", answers.len(), batch.len());
                    return Err(StepError::Broken(reason));
                }
                link.recorder.take(&mut mapped.effects, &mut mapped.looked_up);
                open = Vec::new();
                for ((place, person), answer) in places.into_iter().zip(batch).zip(answers) {
                    match answer {
                        Outcome::Profile(values) if position < last => {
                            open.push((place, Person { inherited: values, ..person }));
                        }
                        answer => {
                            if let Some(outcome) = outcomes.get_mut(place) {
                                *outcome = Some(answer);
                            }
                        }
                    }
                }
            }
            let missing = || Outcome::Reject("no mapping answered".to_owned());
            mapped.outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(missing)).collect();
            Ok(mapped)
        })
    }

    fn explain(&mut self, person: Person) -> Calling<'_, Vec<AttributeTrace>> {
        Box::pin(async move {
            let mut person = person;
            let mut traces = Vec::new();
            for Link { instance, .. } in &mut self.chain {
                traces.extend(instance.explain(&person).await.map_err(broken)?);
                match instance.map_people(std::slice::from_ref(&person)).await.map_err(broken)?.pop() {
                    Some(Outcome::Profile(values)) => person.inherited = values,
                    _ => break,
                }
            }
            Ok(traces)
        })
    }
}

struct SandboxedGrouping {
    instance: GroupingInstance,
    recorder: Arc<Recorder>,
    keeper: Option<Keeper>,
    plan: Arc<Plan>,
}

impl Grouping for SandboxedGrouping {
    fn assign(&mut self, people: Vec<Candidate>, rules: Option<Vec<u32>>) -> Calling<'_, Grouped> {
        Box::pin(async move {
            let assignments = self.instance.assign(&people, rules.as_deref()).await;
            if let Some(keeper) = &self.keeper {
                let plan = Arc::clone(&self.plan);
                keeper.keep(Asked::Group { people, plan, rules }, told(&assignments, Answered::Grouped));
            }
            let assignments = assignments.map_err(broken)?;
            let mut grouped = Grouped { assignments, ..Grouped::default() };
            self.recorder.take(&mut grouped.effects, &mut grouped.looked_up);
            Ok(grouped)
        })
    }

    fn describe(&mut self, keys: Vec<String>) -> Calling<'_, Vec<Option<Group>>> {
        Box::pin(async move { self.instance.describe(&keys).await.map_err(broken) })
    }

    fn explain(&mut self, person: Candidate, key: String) -> Calling<'_, Result<Explanation, Problem>> {
        Box::pin(async move { self.instance.explain(&person, &key).await.map_err(broken) })
    }
}

struct SandboxedTarget {
    instance: TargetInstance,
    recorder: Arc<Recorder>,
    keeper: Option<Keeper>,
    lender: Lender,
}

impl Target for SandboxedTarget {
    fn limits(&mut self) -> Calling<'_, Result<TargetLimits, Failure>> {
        Box::pin(async move {
            let limits = self.instance.limits().await.map_err(broken)?;
            if let Ok(limits) = &limits {
                self.lender.allow(limits.requests_per_minute);
            }
            Ok(limits)
        })
    }

    fn push(&mut self, operations: Vec<Operation>) -> Calling<'_, (Vec<target::Outcome>, Effects)> {
        Box::pin(async move {
            let outcomes = self.instance.push(&operations).await;
            if let Some(keeper) = &self.keeper {
                keeper.keep(Asked::Push(operations), told(&outcomes, Answered::Pushed));
            }
            // Nothing else will succeed either, and thousands of objects would be held back for it one by one.
            if let Some(reason) = self.lender.sink.refused_login(self.lender.step()) {
                return Err(StepError::Unusable(reason));
            }
            Ok((outcomes.map_err(broken)?, self.recorder.effects()))
        })
    }

    fn read(&mut self, what: Listing, cursor: Option<String>) -> Calling<'_, Result<FoundPage, Failure>> {
        Box::pin(async move { self.instance.read(&what, cursor.as_deref()).await.map_err(broken) })
    }
}
