//! The directory under test, through a tenant's target: a new instance for each call, storage committed after it, as a run does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rollcall_sandbox::contract::target::{
    Abilities, Found, FoundPerson, GroupEntry, GroupWithMembers, Listing, Member, MemberReceipt, Operation, Outcome,
    Part, Receipt, Role, TargetLimits,
};
use rollcall_sandbox::contract::types::{Attribute, Failure, Fault, Retry};
use rollcall_sync::steps::{StepError, Steps, Target};
use rollcall_sync::store::Store;

use super::profile::Profile;
use crate::component::run::source::words;
use crate::refusal::Refusal;
use crate::setup::Ready;

/// How often an operation may be asked to come back.
const TRIES: u32 = 20;

/// The directory.
pub struct Directory {
    steps: Arc<dyn Steps>,
    store: Arc<dyn Store>,
    pub limits: TargetLimits,
    pub attributes: Arc<[Attribute]>,
    /// How many operations were asked to come back later.
    pub came_back: u32,
    /// Membership ids, by group and person.
    memberships: BTreeMap<(String, String), String>,
}

/// A group of the suite.
#[derive(Debug, Clone)]
pub struct Group {
    key: String,
    pub name: String,
    pub remote: Option<String>,
}

impl Group {
    /// As an operation names it.
    pub fn entry(&self) -> GroupEntry {
        GroupEntry {
            key: self.key.clone(),
            remote: self.remote.clone(),
            name: self.name.clone(),
            parent: None,
            welcome_message: Some("Welcome".to_owned()),
        }
    }
}

fn ended(error: StepError) -> Refusal {
    Refusal::failed(error.to_string())
}

/// What the target asked for, or a moment.
fn pause(retry: &Retry) -> Duration {
    retry.after_seconds.map_or(Duration::from_millis(100), |seconds| Duration::from_secs(seconds.into()))
}

/// An outcome in words.
pub fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(_) => "done".to_owned(),
        Outcome::Retry(retry) => format!("asked to come back: {}", retry.fault.message),
        Outcome::Rejected(fault) => format!("refused: {}", fault.message),
        Outcome::Unsupported(reason) => format!("not supported: {reason}"),
    }
}

impl Directory {
    /// Asks the target what it can do.
    pub async fn open(ready: &Ready) -> Result<Self, Refusal> {
        let steps: Arc<dyn Steps> = Arc::clone(&ready.steps) as Arc<dyn Steps>;
        let attributes = Arc::clone(&steps.shape().attributes);
        let limits = match steps.target().await.map_err(ended)?.limits().await.map_err(ended)? {
            Ok(limits) => limits,
            Err(failure) => return Err(Refusal::failed(words(&failure))),
        };
        let store = ready.tenant.store();
        Ok(Self { steps, store, limits, attributes, came_back: 0, memberships: BTreeMap::new() })
    }

    /// Does operations, in batches that the target takes; comes back where it asks for that. One outcome for each.
    pub async fn push(&mut self, operations: Vec<Operation>) -> Result<Vec<Outcome>, Refusal> {
        let mut outcomes = Vec::new();
        let size = usize::try_from(self.limits.operations).unwrap_or(1).clamp(1, 1_000);
        for batch in operations.chunks(size) {
            outcomes.extend(self.push_batch(batch.to_vec()).await?);
        }
        Ok(outcomes)
    }

    async fn push_batch(&mut self, operations: Vec<Operation>) -> Result<Vec<Outcome>, Refusal> {
        let mut outcomes: Vec<Option<Outcome>> = operations.iter().map(|_| None).collect();
        let mut reason = String::new();
        for _ in 0..TRIES {
            let open: Vec<usize> =
                outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_none()).map(|(at, _)| at).collect();
            if open.is_empty() {
                break;
            }
            let asked: Vec<Operation> = open.iter().filter_map(|at| operations.get(*at)).cloned().collect();
            let mut target = self.steps.target().await.map_err(ended)?;
            let answers = self.call(target.as_mut(), asked).await?;
            let mut wait = None;
            for (at, answer) in open.into_iter().zip(answers) {
                if let Outcome::Retry(retry) = &answer {
                    self.came_back += 1;
                    reason.clone_from(&retry.fault.message);
                    wait = wait.max(Some(pause(retry)));
                } else if let Some(place) = outcomes.get_mut(at) {
                    *place = Some(answer);
                }
            }
            if let Some(wait) = wait {
                tokio::time::sleep(wait).await;
            }
        }
        let given_up = || {
            let message = format!("the target asked to come back more than {TRIES} times: {reason}");
            Outcome::Rejected(Fault { message, status: None, code: None, request_id: None })
        };
        Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(given_up)).collect())
    }

    async fn call(&self, target: &mut dyn Target, operations: Vec<Operation>) -> Result<Vec<Outcome>, Refusal> {
        let count = operations.len();
        let (outcomes, effects) = target.push(operations).await.map_err(ended)?;
        self.store.commit_decisions(&[], &effects).map_err(|error| Refusal::failed(error.to_string()))?;
        if outcomes.len() != count {
            return Err(Refusal::failed(format!(
                "the target answered {} outcomes for {count} operations",
                outcomes.len()
            )));
        }
        Ok(outcomes)
    }

    /// Does one operation; answers its receipt, or what is wrong. What a target cannot do at all counts as done.
    pub async fn done(&mut self, operation: Operation) -> Result<Result<Receipt, Vec<String>>, Refusal> {
        let outcome = self.push(vec![operation]).await?.pop();
        Ok(match outcome {
            Some(Outcome::Done(receipt)) => {
                let refused = receipt.members.iter().filter_map(|member| member.refused.as_ref());
                let refused: Vec<String> = refused.map(|reason| format!("a member was refused: {reason}")).collect();
                if refused.is_empty() { Ok(receipt) } else { Err(refused) }
            }
            Some(Outcome::Unsupported(_)) => {
                Ok(Receipt { remote: None, members: Vec::new(), adopted: false, note: None })
            }
            Some(other) => Err(vec![told(&other)]),
            None => Err(vec!["no outcome".to_owned()]),
        })
    }

    /// Does operations; answers what was not done.
    pub async fn refusals(&mut self, operations: Vec<Operation>) -> Result<Vec<String>, Refusal> {
        let outcomes = self.push(operations).await?;
        let wrong = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Rejected(_)));
        Ok(wrong.map(told).collect())
    }

    /// Hands out everything to one instance; answers what was not done.
    pub async fn in_one(&mut self, operations: Vec<Operation>, part: Part) -> Result<Vec<String>, Refusal> {
        let mut target = self.steps.target().await.map_err(ended)?;
        let mut outcomes = self.call(target.as_mut(), operations).await?;
        outcomes.extend(self.call(target.as_mut(), vec![Operation::Finish(part)]).await?);
        Ok(outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Done(_))).map(told).collect())
    }

    /// Forgets what the target keeps in storage.
    pub async fn forget(&mut self) -> Result<(), Refusal> {
        let fail = |error: rollcall_sync::store::StoreError| Refusal::failed(error.to_string());
        let keys = self.store.keys("target", "", 10_000).map_err(fail)?;
        let effects = rollcall_sync::store::Effects {
            key_values: keys.into_iter().map(|key| ("target".to_owned(), key, None)).collect(),
            ..Default::default()
        };
        self.store.commit_decisions(&[], &effects).map_err(fail)?;
        Ok(())
    }

    /// A group that nobody made yet.
    pub fn group(&self, key: &str, name: &str) -> Group {
        Group { key: key.to_owned(), name: name.to_owned(), remote: None }
    }

    /// People as members of a group.
    pub fn members(&self, group: &Group, people: &[&Profile], role: Role) -> GroupWithMembers {
        let member = |person: &&Profile| Member {
            person: person.id.clone(),
            remote: person.remote.clone(),
            membership: self.memberships.get(&(group.key.clone(), person.id.clone())).cloned(),
            matching: person.matching(),
            role,
        };
        GroupWithMembers { group: group.entry(), members: people.iter().map(member).collect() }
    }

    /// Keeps the membership ids that a receipt tells.
    pub fn remember(&mut self, group: &Group, receipts: &[MemberReceipt]) {
        for receipt in receipts {
            if let Some(membership) = &receipt.membership {
                self.memberships.insert((group.key.clone(), receipt.person.clone()), membership.clone());
            }
        }
    }

    async fn read(&self, what: &Listing) -> Result<Option<Vec<Found>>, Refusal> {
        if !self.limits.can.contains(Abilities::READ) {
            return Ok(None);
        }
        let (mut found, mut cursor, mut tries) = (Vec::new(), None, 0);
        loop {
            let mut target = self.steps.target().await.map_err(ended)?;
            match target.read(what.clone(), cursor.clone()).await.map_err(ended)? {
                Ok(page) => {
                    found.extend(page.entries);
                    match page.next {
                        Some(next) => cursor = Some(next),
                        None => return Ok(Some(found)),
                    }
                }
                Err(Failure::Retry(retry)) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(pause(&retry)).await;
                }
                Err(failure) => return Err(Refusal::failed(words(&failure))),
            }
        }
    }

    /// Entries by their id; none where they cannot be read.
    pub async fn people(&mut self) -> Result<Option<BTreeMap<String, FoundPerson>>, Refusal> {
        let Some(found) = self.read(&Listing::People).await? else { return Ok(None) };
        let people = found.into_iter().filter_map(|found| match found {
            Found::Person(person) => Some((person.remote.clone(), person)),
            _ => None,
        });
        Ok(Some(people.collect()))
    }

    /// Whether there is a group of this name; none where groups cannot be read.
    pub async fn group_named(&self, name: &str) -> Result<Option<bool>, Refusal> {
        let found = self.read(&Listing::Groups).await?;
        Ok(found.map(|found| found.iter().any(|found| matches!(found, Found::Group(group) if group.name == name))))
    }

    /// What members of a group are known by: their ids and their matching values.
    pub async fn roster(&self, group: &Group) -> Result<Option<BTreeSet<String>>, Refusal> {
        let Some(remote) = &group.remote else { return Ok(None) };
        let found = self.read(&Listing::Members(remote.clone())).await?;
        Ok(found.map(|found| {
            let keys = found.into_iter().filter_map(|found| match found {
                Found::Member(member) => Some([member.remote, member.matching]),
                _ => None,
            });
            keys.flatten().flatten().collect()
        }))
    }

    /// How many members a group has.
    pub async fn member_count(&self, group: &Group) -> Result<Option<usize>, Refusal> {
        let Some(remote) = &group.remote else { return Ok(None) };
        Ok(self.read(&Listing::Members(remote.clone())).await?.map(|found| found.len()))
    }
}
