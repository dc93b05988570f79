//! Mapping and grouping a batch.
//!
//! A component that fails in a batch gets it back in halves until the culprit is alone; that person is held back, and the others go on.

use std::collections::VecDeque;
use std::sync::Arc;

use rollcall_sandbox::contract::grouping::Candidate;
use rollcall_sandbox::contract::mapping::{Outcome, Person};
use rollcall_sandbox::contract::types::Value;

use super::Decided;
use super::draft::{Draft, Layout};
use crate::config::DisabledAccounts;
use crate::run::Stop;
use crate::run::context::{Context, Policy, step_error};
use crate::schemas::Schemas;
use crate::steps::{Grouping, Mapping, StepError, Steps};
use crate::store::{Fate, Job, Stage};

/// A component that holds back this many people one by one is broken as a whole.
const CULPRITS: usize = 100;

/// Instances of the steps that decide about people, kept from batch to batch.
pub(in crate::run) struct Decider {
    steps: Arc<dyn Steps>,
    schemas: Arc<Schemas>,
    policy: Policy,
    layout: Layout,
    mapping: Option<Box<dyn Mapping>>,
    grouping: Option<Box<dyn Grouping>>,
    scope: Option<Box<dyn Grouping>>,
    /// Rules to be asked, by position; none for all.
    pub(super) asked: Option<Vec<u32>>,
    culprits: usize,
}

impl Decider {
    pub(super) fn new(context: &Context) -> Self {
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

    pub(super) async fn decide(&mut self, stage: Stage, jobs: Vec<Job>) -> Result<Decided, Stop> {
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
