//! From the mirror to what is desired: mapping and grouping, a batch at a time.
//!
//! Batches are read and written one after the other and mapped side by side. A component that fails in a batch gets it back in halves
//! until the culprit is alone; that person is held back, and the others go on.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use rollcall_sandbox::contract::grouping::{Assignment, Candidate};
use rollcall_sandbox::contract::mapping::{Outcome, Person};
use rollcall_sandbox::contract::types::Value;

use super::Stop;
use super::context::{Context, Policy, step_error};
use super::overlap::{Overlap, looked_up};
use crate::clock::parse_rfc3339;
use crate::config::{DisabledAccounts, OutOfScope};
use crate::mirror::Projection;
use crate::profile::{fits, matching_text};
use crate::progress::Part;
use crate::run_log::{Deed, Event};
use crate::schemas::Schemas;
use crate::steps::{Grouping, Mapping, Shape, StepError, Steps};
use crate::store::{Belongings, Decision, Effects, Failed, Fate, Job, NEVER, QueueCursor, Stage, Subject};

/// The setting that lists rules which changed since everybody was asked about them.
pub(super) const CHANGED_RULES: &str = "changed_rules";

/// A component that holds back this many people one by one is broken as a whole.
const CULPRITS: usize = 100;

/// Instances of the steps that decide, for one run.
pub(super) fn deciders(context: &Context) -> Vec<Decider> {
    (0..context.workers.max(1)).map(|_| Decider::new(context)).collect()
}

/// Maps and groups whom pages bring, while more of them come: whole batches, and nobody whom a page has changed meanwhile. Who is left
/// over is due for [`decide`].
pub(super) async fn follow(context: &Context, overlap: &Overlap, idle: &mut Vec<Decider>) -> Result<(), Stop> {
    let mut pages = overlap.reading();
    let mut queue = Queue::new(context, Stage::Map).behind(overlap);
    loop {
        // Before the queue is read: a page that comes while it is being read is another reason to read it.
        let over = pages.borrow_and_update().over;
        if queue.drain(idle).await? > 0 {
            continue;
        }
        if over || pages.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// Maps and groups everybody who is due.
pub(super) async fn decide(context: &Context, idle: &mut Vec<Decider>) -> Result<(), Stop> {
    let now = context.clock.now();
    let due = context.store.jobs_due(Stage::Map, now)? + context.store.jobs_due(Stage::Group, now)?;
    if due > 0 {
        context.progress.begin(Part::Decide, Some(due));
    }
    rescan(context, idle).await?;
    // Deciding about one person may give work to another: who waits for a phone number, say.
    loop {
        let mapped = Queue::new(context, Stage::Map).drain(idle).await?;
        let grouped = Queue::new(context, Stage::Group).drain(idle).await?;
        if mapped + grouped == 0 {
            return Ok(());
        }
    }
}

/// Asks everybody about the rules that changed, and about no others. A run that ends half-way leaves the list for the next.
async fn rescan(context: &Context, idle: &mut Vec<Decider>) -> Result<(), Stop> {
    let Some(text) = context.store.setting(CHANGED_RULES)? else { return Ok(()) };
    let changed: BTreeSet<String> = serde_json::from_str(&text).unwrap_or_default();
    let rules = context.shape().rules.iter().zip(0u32..);
    let asked: Vec<u32> = rules.filter(|(rule, _)| changed.contains(&rule.id)).map(|(_, at)| at).collect();
    if !asked.is_empty() {
        context.progress.begin(Part::Decide, Some(context.store.jobs_due(Stage::Rescan, 0)?));
        idle.iter_mut().for_each(|decider| decider.asked = Some(asked.clone()));
        Queue::new(context, Stage::Rescan).drain(idle).await?;
        idle.iter_mut().for_each(|decider| decider.asked = None);
    }
    Ok(context.store.set(&[(CHANGED_RULES, None)])?)
}

/// The people who are due, batch by batch.
struct Queue<'a> {
    context: &'a Context,
    stage: Stage,
    after: QueueCursor,
    member_of: bool,
    /// The source is still being read.
    behind: Option<&'a Overlap>,
    /// Reads a person's manager, where mappings look at managers.
    manager: Option<Arc<Projection>>,
    /// Users whom the mirror has: managers of those who were handed out.
    known: HashSet<String>,
}

/// How many of them are remembered.
const KNOWN: usize = 10_000;

/// What a task brings back: the instances, what was decided, and how many pages there were when the batch was read.
type Deciding = tokio::task::JoinHandle<(Decider, u64, Result<Decided, Stop>)>;

impl<'a> Queue<'a> {
    fn new(context: &'a Context, stage: Stage) -> Self {
        let member_of = context.shape().grouping_properties.iter().any(|name| name == "memberOf");
        let looks = stage == Stage::Map && !context.shape().looked_up_properties.is_empty();
        let manager = looks.then(|| Arc::new(Projection::new(&["manager"])));
        Self { context, stage, after: None, member_of, behind: None, manager, known: HashSet::new() }
    }

    /// Only whole batches are taken: the next page may fill what is left.
    fn behind(self, overlap: &'a Overlap) -> Self {
        Self { behind: Some(overlap), ..self }
    }

    /// Decides until nothing is due; answers about how many.
    async fn drain(&mut self, idle: &mut Vec<Decider>) -> Result<usize, Stop> {
        let mut under_way: VecDeque<Deciding> = VecDeque::new();
        let mut done = 0;
        loop {
            if let Some(mut decider) = idle.pop() {
                let seen = self.behind.map_or(0, Overlap::pages);
                let jobs = self.next().await?;
                if jobs.is_empty() {
                    idle.push(decider);
                    if under_way.is_empty() {
                        return Ok(done);
                    }
                } else {
                    done += jobs.len();
                    let stage = self.stage;
                    under_way.push_back(tokio::spawn(async move {
                        let decided = decider.decide(stage, jobs).await;
                        (decider, seen, decided)
                    }));
                    if !idle.is_empty() {
                        continue;
                    }
                }
            }
            if let Some(task) = under_way.pop_front() {
                let (decider, seen, decided) = task.await.map_err(|error| Stop::Internal(error.to_string()))?;
                idle.push(decider);
                match self.behind {
                    Some(overlap) => commit_behind(self.context, overlap, seen, &self.known, decided?).await?,
                    None => commit(self.context, decided?).await?,
                }
            }
        }
    }

    async fn next(&mut self) -> Result<Vec<Job>, Stop> {
        let (stage, batch, member_of) = (self.stage, self.context.batch, self.member_of);
        loop {
            let (now, after) = (self.context.clock.now(), self.after);
            let (mut jobs, next) =
                self.context.blocking(move |store| store.jobs(stage, now, after, batch, member_of)).await?;
            if jobs.is_empty() || (self.behind.is_some() && jobs.len() < batch as usize) {
                return Ok(Vec::new());
            }
            self.after = next;
            if let Some(manager) = self.manager.clone().filter(|_| self.behind.is_some()) {
                jobs = self.without_waiting(jobs, manager).await?;
            }
            if !jobs.is_empty() {
                return Ok(jobs);
            }
        }
    }

    /// Leaves out those whose manager no page has told of yet: what is mapped of them now would have to be mapped again.
    async fn without_waiting(&mut self, mut jobs: Vec<Job>, manager: Arc<Projection>) -> Result<Vec<Job>, Stop> {
        let manager_of = |job: &Job| match manager.read(job.object.as_deref()?).pop() {
            Some(Value::Text(id)) => Some(id),
            _ => None,
        };
        let managers: Vec<Option<String>> = jobs.iter().map(manager_of).collect();
        let asked: BTreeSet<String> =
            managers.iter().flatten().filter(|id| !self.known.contains(*id)).cloned().collect();
        let unknown = if asked.is_empty() {
            BTreeSet::new()
        } else {
            let ids = asked.clone();
            self.context.blocking(move |store| store.unknown(&ids)).await?
        };
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        self.known.extend(asked.into_iter().filter(|id| !unknown.contains(id)));
        let mut managers = managers.into_iter();
        jobs.retain(|_| !managers.next().flatten().is_some_and(|manager| unknown.contains(&manager)));
        Ok(jobs)
    }
}

/// A batch that was decided.
#[derive(Debug, Default)]
struct Decided {
    /// The source's ids of those who were decided about.
    ids: Vec<String>,
    decisions: Vec<Decision>,
    effects: Effects,
    events: Vec<Event>,
    mapped: u64,
    skipped: u64,
}

impl Decided {
    /// Drops what is not to be stored, and what was to be told about it.
    fn retain(&mut self, keep: impl Fn(&str, &Decision) -> bool) {
        let kept: Vec<bool> = self.ids.iter().zip(&self.decisions).map(|(id, decision)| keep(id, decision)).collect();
        let dropped: BTreeSet<&str> =
            self.ids.iter().zip(&kept).filter(|(_, kept)| !**kept).map(|(id, _)| id.as_str()).collect();
        if dropped.is_empty() {
            return;
        }
        self.events.retain(|event| !matches!(event, Event::Person { person, .. } if dropped.contains(person.as_str())));
        self.mapped = self.mapped.saturating_sub(dropped.len() as u64);
        let mut kept = kept.into_iter();
        self.decisions.retain(|_| kept.next().unwrap_or(true));
    }
}

/// Stores what was decided while pages came, but for what they have overtaken.
async fn commit_behind(
    context: &Context,
    overlap: &Overlap,
    seen: u64,
    known: &HashSet<String>,
    mut decided: Decided,
) -> Result<(), Stop> {
    let mut recent = overlap.alone().await;
    let mut subjects = looked_up(&decided.decisions);
    subjects.retain(|subject| !known.contains(subject));
    let unknown = if subjects.is_empty() { BTreeSet::new() } else { context.store.unknown(&subjects)? };
    decided.retain(|id, decision| {
        let waits = decision.looked_up.iter().flatten().any(|subject| unknown.contains(subject));
        !waits && !recent.overtakes(seen, id, decision)
    });
    recent.forget(seen);
    commit(context, decided).await?;
    overlap.decided();
    Ok(())
}

async fn commit(context: &Context, decided: Decided) -> Result<(), Stop> {
    let Decided { ids: _, mut decisions, effects, events, mapped, skipped } = decided;
    for decision in &mut decisions {
        if let Some(failure) = &mut decision.failure {
            let now = context.clock.now();
            failure.attempts = context.store.attempts(failure.subject)? + 1;
            failure.next = context.policy.next_attempt(failure.subject, failure.attempts, now);
            decision.map_due = Some(failure.next).filter(|next| *next != NEVER);
        }
    }
    let count = decisions.len() as u64;
    let conflicts = context.blocking(move |store| store.commit_decisions(&decisions, &effects)).await?;
    for event in events {
        context.log.write(event);
    }
    for conflict in conflicts {
        context.log.write(Event::Person {
            deed: Deed::HeldBack,
            person: conflict.id,
            name: None,
            changes: Vec::new(),
            reason: Some(format!("{} is already used by {}", conflict.value, conflict.holder)),
        });
    }
    context.counts.add(|counts| {
        counts.people_mapped += mapped;
        counts.people_skipped += skipped;
    });
    context.progress.advance(Part::Decide, count);
    Ok(())
}

/// Where the three readers of properties find theirs in one projection.
struct Layout {
    projection: Projection,
    enabled: usize,
    scope: std::ops::Range<usize>,
    grouping: std::ops::Range<usize>,
}

impl Layout {
    fn new(shape: &Shape) -> Self {
        let scope = shape.scope_properties.clone().unwrap_or_default();
        let mut paths = vec!["accountEnabled".to_owned()];
        paths.extend(scope.iter().cloned());
        paths.extend(shape.grouping_properties.iter().cloned());
        let end = 1 + scope.len();
        Self { projection: Projection::new(&paths), enabled: 0, scope: 1..end, grouping: end..paths.len() }
    }
}

/// Instances of the steps that decide about people, kept from batch to batch.
pub(super) struct Decider {
    steps: Arc<dyn Steps>,
    schemas: Arc<Schemas>,
    policy: Policy,
    layout: Layout,
    mapping: Option<Box<dyn Mapping>>,
    grouping: Option<Box<dyn Grouping>>,
    scope: Option<Box<dyn Grouping>>,
    /// Rules to be asked, by position; none for all.
    asked: Option<Vec<u32>>,
    culprits: usize,
}

impl Decider {
    fn new(context: &Context) -> Self {
        Self {
            steps: Arc::clone(&context.steps),
            schemas: Arc::clone(&context.schemas),
            policy: context.policy.clone(),
            layout: Layout::new(context.shape()),
            mapping: None,
            grouping: None,
            scope: None,
            asked: None,
            culprits: 0,
        }
    }

    async fn decide(&mut self, stage: Stage, jobs: Vec<Job>) -> Result<Decided, Stop> {
        let mut decided = Decided::default();
        let mut drafts: Vec<Draft> = jobs.into_iter().map(|job| Draft::new(job, stage, &self.layout)).collect();
        if stage == Stage::Map {
            self.judge_accounts(&mut drafts);
            self.judge_scope(&mut drafts).await?;
            self.map(&mut drafts, &mut decided).await?;
        }
        self.group(&mut drafts, &mut decided).await?;
        decided.ids = drafts.iter().map(|draft| draft.job.id.clone()).collect();
        decided.decisions = drafts.into_iter().map(|draft| draft.finish(&self.schemas, &mut decided.events)).collect();
        Ok(decided)
    }

    fn judge_accounts(&self, drafts: &mut [Draft]) {
        for draft in drafts.iter_mut().filter(|draft| draft.fate.is_none()) {
            let disabled = draft.properties.get(self.layout.enabled) == Some(&Value::Boolean(false));
            match (disabled, self.policy.deprovisioning.disabled_accounts) {
                (true, DisabledAccounts::Remove) => draft.settle(Fate::Absent, "the account is disabled"),
                (true, DisabledAccounts::Suspend) => draft.suspended = true,
                _ => {}
            }
        }
    }

    async fn judge_scope(&mut self, drafts: &mut [Draft]) -> Result<(), Stop> {
        if self.steps.shape().scope_properties.is_none() {
            return Ok(());
        }
        let open: Vec<usize> = positions(drafts, |draft| draft.fate.is_none());
        let mut queue = VecDeque::from([open]);
        while let Some(batch) = queue.pop_front().filter(|batch| !batch.is_empty()) {
            let candidates: Vec<Candidate> = batch
                .iter()
                .filter_map(|at| drafts.get(*at))
                .map(|draft| Candidate {
                    id: draft.job.id.clone(),
                    properties: draft.slice(&self.layout.scope),
                    profile: Vec::new(),
                })
                .collect();
            let count = candidates.len();
            let reason = match self.scope_batch(candidates).await {
                Ok(grouped) if grouped.assignments.len() == count => {
                    for (at, assignment) in batch.into_iter().zip(grouped.assignments) {
                        let Some(draft) = drafts.get_mut(at) else { continue };
                        draft.scoped(&assignment, self.policy.out_of_scope);
                    }
                    continue;
                }
                Ok(grouped) => {
                    format!("the scope answered {} assignments for {count} people", grouped.assignments.len())
                }
                Err(StepError::Broken(reason)) => reason,
                Err(error) => return Err(step_error("scope")(error)),
            };
            self.scope = None;
            self.halve(batch, reason, drafts, &mut queue, "scope")?;
        }
        Ok(())
    }

    async fn scope_batch(&mut self, people: Vec<Candidate>) -> Result<crate::steps::Grouped, StepError> {
        if self.scope.is_none() {
            self.scope = self.steps.scope().await?;
        }
        match &mut self.scope {
            Some(scope) => scope.assign(people, None).await,
            None => Err(StepError::Broken("there is a scope, and no step that decides it".into())),
        }
    }

    async fn map(&mut self, drafts: &mut [Draft], decided: &mut Decided) -> Result<(), Stop> {
        let open: Vec<usize> = positions(drafts, |draft| draft.fate.is_none());
        let mut queue = VecDeque::from([open]);
        while let Some(batch) = queue.pop_front().filter(|batch| !batch.is_empty()) {
            let people: Vec<Person> = batch.iter().filter_map(|at| drafts.get(*at)).map(Draft::person).collect();
            let count = people.len();
            match self.map_batch(people).await {
                Ok(mut mapped) if mapped.outcomes.len() == count => {
                    decided.mapped += count as u64;
                    decided.effects.append(mapped.effects);
                    for (at, outcome) in batch.into_iter().zip(mapped.outcomes) {
                        let Some(draft) = drafts.get_mut(at) else { continue };
                        draft.looked_up = Some(mapped.looked_up.remove(&draft.job.id).unwrap_or_default());
                        if matches!(outcome, Outcome::Skip(_)) {
                            decided.skipped += 1;
                        }
                        draft.mapped(outcome, &self.schemas);
                    }
                }
                broken => {
                    let reason = match broken {
                        Ok(mapped) => {
                            format!("the mapping answered {} outcomes for {count} people", mapped.outcomes.len())
                        }
                        Err(StepError::Broken(reason)) => reason,
                        Err(error) => return Err(step_error("mapping")(error)),
                    };
                    self.mapping = None;
                    self.halve(batch, reason, drafts, &mut queue, "mapping")?;
                }
            }
        }
        Ok(())
    }

    async fn map_batch(&mut self, people: Vec<Person>) -> Result<crate::steps::Mapped, StepError> {
        let mapping = match &mut self.mapping {
            Some(mapping) => mapping,
            None => self.mapping.insert(self.steps.mapping().await?),
        };
        mapping.map_people(people).await
    }

    async fn group(&mut self, drafts: &mut [Draft], decided: &mut Decided) -> Result<(), Stop> {
        let shape = self.steps.shape().clone();
        let open = positions(drafts, |draft| draft.fate == Some(Fate::Present));
        let mut queue = VecDeque::from([open]);
        while let Some(batch) = queue.pop_front().filter(|batch| !batch.is_empty()) {
            let candidates: Vec<Candidate> = batch
                .iter()
                .filter_map(|at| drafts.get(*at))
                .map(|draft| draft.candidate(&shape, &self.layout, &self.schemas))
                .collect();
            let count = candidates.len();
            match self.group_batch(candidates).await {
                Ok(mut grouped) if grouped.assignments.len() == count => {
                    decided.effects.append(grouped.effects);
                    for (at, assignment) in batch.into_iter().zip(grouped.assignments) {
                        let Some(draft) = drafts.get_mut(at) else { continue };
                        if let Some(more) = grouped.looked_up.remove(&draft.job.id) {
                            draft.looked_up.get_or_insert_default().extend(more);
                        }
                        draft.grouped(&assignment, &shape, self.asked.as_deref());
                    }
                }
                broken => {
                    let reason = match broken {
                        Ok(grouped) => {
                            format!(
                                "the grouping answered {} assignments for {count} people",
                                grouped.assignments.len()
                            )
                        }
                        Err(StepError::Broken(reason)) => reason,
                        Err(error) => return Err(step_error("grouping")(error)),
                    };
                    self.grouping = None;
                    self.halve(batch, reason, drafts, &mut queue, "grouping")?;
                }
            }
        }
        Ok(())
    }

    async fn group_batch(&mut self, people: Vec<Candidate>) -> Result<crate::steps::Grouped, StepError> {
        let grouping = match &mut self.grouping {
            Some(grouping) => grouping,
            None => self.grouping.insert(self.steps.grouping().await?),
        };
        grouping.assign(people, self.asked.clone()).await
    }

    /// Puts the two halves of a batch back, or holds back the culprit when it is alone.
    fn halve(
        &mut self,
        batch: Vec<usize>,
        reason: String,
        drafts: &mut [Draft],
        queue: &mut VecDeque<Vec<usize>>,
        step: &str,
    ) -> Result<(), Stop> {
        if let [alone] = batch[..] {
            self.culprits += 1;
            if self.culprits > CULPRITS {
                let reason = format!("it failed for {CULPRITS} people one by one, the last time because {reason}");
                return Err(Stop::Step { step: step.to_owned(), reason });
            }
            if let Some(draft) = drafts.get_mut(alone) {
                draft.settle(Fate::Held, &reason);
                draft.broken = true;
            }
            return Ok(());
        }
        let (first, second) = batch.split_at(batch.len() / 2);
        queue.push_front(second.to_vec());
        queue.push_front(first.to_vec());
        Ok(())
    }
}

fn positions(drafts: &[Draft], which: impl Fn(&Draft) -> bool) -> Vec<usize> {
    drafts.iter().enumerate().filter(|(_, draft)| which(draft)).map(|(at, _)| at).collect()
}

/// A decision in the making.
struct Draft {
    job: Job,
    properties: Vec<Value>,
    applied: Option<Vec<Value>>,
    fate: Option<Fate>,
    reason: Option<String>,
    suspended: bool,
    /// A step broke at this person.
    broken: bool,
    values: Option<Vec<Value>>,
    looked_up: Option<BTreeSet<String>>,
    belongings: Option<Belongings>,
    map_due: Option<i64>,
    group_due: Option<i64>,
    quiet: bool,
}

impl Draft {
    fn new(job: Job, stage: Stage, layout: &Layout) -> Self {
        let properties = job.object.as_deref().map(|object| layout.projection.read(object)).unwrap_or_default();
        let (fate, reason) = match (stage, &job.object) {
            (_, None) => (Some(Fate::Absent), Some("the source does not have this user any more".to_owned())),
            (Stage::Map, Some(_)) => (None, None),
            (Stage::Group | Stage::Rescan, Some(_)) => (Some(job.fate), job.reason.clone()),
        };
        Self {
            properties,
            applied: None,
            fate,
            reason,
            suspended: false,
            broken: false,
            values: None,
            looked_up: None,
            belongings: None,
            map_due: if stage == Stage::Map { None } else { job.map_due },
            // Rules that are not asked now keep their time.
            group_due: if stage == Stage::Rescan { job.group_due } else { None },
            quiet: stage != Stage::Map,
            job,
        }
    }

    fn settle(&mut self, fate: Fate, reason: &str) {
        self.fate = Some(fate);
        self.reason = Some(reason.to_owned());
    }

    fn slice(&self, range: &std::ops::Range<usize>) -> Vec<Value> {
        self.properties.get(range.clone()).map(<[Value]>::to_vec).unwrap_or_default()
    }

    fn person(&self) -> Person {
        Person {
            id: self.job.id.clone(),
            object: self.job.object.clone().unwrap_or_default(),
            inherited: Vec::new(),
            exists: self.job.applied.is_some(),
        }
    }

    fn scoped(&mut self, assignment: &Assignment, out_of_scope: OutOfScope) {
        self.wake_at(assignment, false);
        if let Some(undecided) = assignment.undecided.first() {
            self.settle(Fate::Held, &format!("the scope cannot be decided: {}", undecided.reason));
        } else if assignment.rules.is_empty() && assignment.belongings.is_empty() {
            match out_of_scope {
                OutOfScope::Keep if self.job.applied.is_some() => {
                    self.settle(Fate::Held, "out of scope: kept as it is")
                }
                OutOfScope::Remove | OutOfScope::Keep => self.settle(Fate::Absent, "out of scope"),
            }
        }
    }

    fn mapped(&mut self, outcome: Outcome, schemas: &Schemas) {
        match outcome {
            Outcome::Skip(reason) => self.settle(Fate::Absent, &reason),
            Outcome::Reject(reason) => self.settle(Fate::Held, &reason),
            Outcome::Profile(values) => {
                let attributes = schemas.attributes();
                if values.len() != attributes.len() {
                    let reason =
                        format!("the mapping answered {} values for {} attributes", values.len(), attributes.len());
                    return self.settle(Fate::Held, &reason);
                }
                let misfit = values.iter().zip(attributes).find(|(value, attribute)| !fits(value, attribute.kind));
                if let Some((_, attribute)) = misfit {
                    let reason = format!("the mapping answered a value of another type for {}", attribute.name);
                    return self.settle(Fate::Held, &reason);
                }
                self.applied = self.job.applied.as_deref().and_then(|text| schemas.read(text));
                self.values = Some(schemas.settle(values, self.applied.as_deref()));
                if self.suspended {
                    self.settle(Fate::Suspended, "the account is disabled");
                } else {
                    self.fate = Some(Fate::Present);
                }
            }
        }
    }

    fn candidate(&self, shape: &Shape, layout: &Layout, schemas: &Schemas) -> Candidate {
        let stored;
        let values: &[Value] = match &self.values {
            Some(values) => values,
            None => {
                stored = self.job.profile.as_deref().and_then(|text| schemas.read(text)).unwrap_or_default();
                &stored
            }
        };
        let profile = shape
            .grouping_attributes
            .iter()
            .map(|at| values.get(*at as usize).filter(|value| **value != Value::Keep).cloned().unwrap_or(Value::Null))
            .collect();
        let mut properties = self.slice(&layout.grouping);
        for (value, name) in properties.iter_mut().zip(&shape.grouping_properties) {
            if name == "memberOf" {
                *value = Value::Texts(self.job.member_of.clone());
            }
        }
        Candidate { id: self.job.id.clone(), properties, profile }
    }

    fn grouped(&mut self, assignment: &Assignment, shape: &Shape, asked: Option<&[u32]>) {
        let mut keys: BTreeMap<String, String> = assignment
            .belongings
            .iter()
            .map(|belonging| (belonging.key.clone(), shape.rule(belonging.rule).to_owned()))
            .collect();
        let mut undecided: BTreeSet<String> =
            assignment.undecided.iter().map(|undecided| shape.rule(undecided.rule).to_owned()).collect();
        for at in &assignment.rules {
            match shape.rules.get(*at as usize).and_then(|rule| rule.key.as_ref()) {
                Some(key) => {
                    keys.insert(key.clone(), shape.rule(*at).to_owned());
                }
                None => {
                    self.reason = Some(format!("the grouping named rule {at}, which makes no single group"));
                    undecided.insert(shape.rule(*at).to_owned());
                }
            }
        }
        let asked = asked.map(|asked| asked.iter().map(|at| shape.rule(*at).to_owned()).collect());
        if let Some(first) = assignment.undecided.first() {
            self.reason = Some(format!("a rule cannot be decided: {}", first.reason));
        }
        self.belongings = Some(Belongings { keys: keys.into_iter().collect(), asked, undecided });
        self.wake_at(assignment, true);
    }

    fn wake_at(&mut self, assignment: &Assignment, grouping: bool) {
        let at = assignment.changes_at.as_deref().and_then(parse_rfc3339);
        let due = if grouping { &mut self.group_due } else { &mut self.map_due };
        *due = due.iter().copied().chain(at).min();
    }

    fn finish(self, schemas: &Schemas, events: &mut Vec<Event>) -> Decision {
        let fate = self.fate.unwrap_or(Fate::Held);
        if !self.quiet {
            self.tell(fate, events);
        }
        let failure = self.broken.then(|| Failed {
            subject: Subject::Decision(self.job.row),
            attempts: 0,
            next: NEVER,
            reason: self.reason.clone().unwrap_or_default(),
            status: None,
            code: None,
            request_id: None,
        });
        let kept = || self.job.profile.clone();
        let (profile, matching, differs) = match (&self.values, fate) {
            (Some(values), Fate::Present | Fate::Suspended) => {
                let matching = matching_text(schemas.attributes(), values);
                let differs = self.applied.as_ref() != Some(values);
                (Some(schemas.write(values.clone())), matching, differs)
            }
            (None, Fate::Present | Fate::Suspended) => {
                let values = self.job.profile.as_deref().and_then(|text| schemas.read(text)).unwrap_or_default();
                let applied = self.job.applied.as_deref().and_then(|text| schemas.read(text));
                (kept(), matching_text(schemas.attributes(), &values), applied.as_ref() != Some(&values))
            }
            _ => (None, None, true),
        };
        Decision {
            row: self.job.row,
            fate,
            reason: self.reason,
            profile,
            matching,
            differs,
            belongings: self.belongings,
            looked_up: self.looked_up,
            map_due: self.map_due,
            group_due: self.group_due,
            failure,
        }
    }

    /// Writes down who is left out, unless the log of an earlier run says the same.
    fn tell(&self, fate: Fate, events: &mut Vec<Event>) {
        let deed = match fate {
            Fate::Held => Deed::HeldBack,
            Fate::Absent if self.job.object.is_some() => Deed::Skipped,
            _ => return,
        };
        if self.job.fate == fate && self.job.reason == self.reason {
            return;
        }
        let name = self.job.object.as_deref().map(|object| Projection::new(&["displayName"]).read(object));
        let name = match name.as_deref() {
            Some([Value::Text(name)]) => Some(name.clone()),
            _ => None,
        };
        let reason = self.reason.clone();
        events.push(Event::Person { deed, person: self.job.id.clone(), name, changes: Vec::new(), reason });
    }
}
