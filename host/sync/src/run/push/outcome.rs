//! From work to operations, and from outcomes to what is recorded and logged.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rollcall_sandbox::contract::target::{
    GroupEntry, GroupWithMembers, Member, MemberReceipt, Operation, Outcome, PersonEntry, Receipt, Role,
};
use rollcall_sandbox::contract::types::{Fault, Retry, Value};

use crate::profile::matching_text;
use crate::progress::Part;
use crate::run::Stop;
use crate::run::context::Context;
use crate::run::describe::Definition;
use crate::run_log::{Deed, Event, changes};
use crate::store::{Applied, Attempt, Doubt, Effects, Failed, Fate, MemberWork, Millis, PersonWork, Subject, TeamWork};

/// The step's name in logs.
const STEP: &str = "target";

/// One operation, with what is needed to understand its outcome.
#[derive(Debug, Clone)]
pub(super) enum Planned {
    /// An entry to be made, changed or suspended.
    Person {
        work: PersonWork,
        /// The values as they will be at the target.
        values: Vec<Value>,
        /// The values that are there; none for a new entry.
        before: Option<Vec<Value>>,
    },
    /// An entry to be removed.
    PersonOut { work: PersonWork, before: Vec<Value> },
    /// A group to be made with its first members, or changed.
    Team { team: TeamWork, members: Vec<MemberWork> },
    /// A group to be removed.
    TeamOut(TeamWork),
    /// Members to be added or removed.
    Members { team: TeamWork, members: Vec<MemberWork>, leave: bool },
}

/// A person's work as an operation.
pub(super) fn planned_person(context: &Context, mut work: PersonWork, leaves: bool) -> Planned {
    let read = |text: &Option<String>| text.as_deref().and_then(|text| context.schemas.read(text));
    let before = read(&work.applied);
    if leaves {
        return Planned::PersonOut { before: before.unwrap_or_default(), work };
    }
    if work.fate == Fate::Held && !leaves {
        work.profile.clone_from(&work.applied);
        work.fate = if work.applied_active { Fate::Present } else { Fate::Suspended };
    }
    // What may have been made is made again; the target finds it.
    let before = before.filter(|_| work.doubt != Doubt::Made);
    Planned::Person { values: read(&work.profile).unwrap_or_default(), before, work }
}

/// A value that the target holds; of one that nobody knows there is nothing to tell.
fn known_value(value: &Value) -> Value {
    if *value == Value::Keep { Value::Null } else { value.clone() }
}

fn member(work: &MemberWork) -> Member {
    Member {
        person: work.id.clone(),
        remote: work.remote.clone(),
        membership: work.membership.clone(),
        matching: work.matching.clone(),
        role: if work.admin { Role::Admin } else { Role::Member },
    }
}

pub(super) fn definition(team: &TeamWork) -> Definition {
    let text = team.definition.as_deref().or(team.applied.as_deref());
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| Definition {
        name: team.key.clone(),
        parent: None,
        welcome_message: None,
    })
}

fn group_entry(team: &TeamWork) -> GroupEntry {
    let definition = definition(team);
    GroupEntry {
        key: team.key.clone(),
        remote: team.remote.clone(),
        name: definition.name,
        parent: team.parent_remote.clone(),
        welcome_message: definition.welcome_message,
    }
}

impl Planned {
    /// What the target is told.
    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::Person { work, values, before } => {
                let known = before.as_ref().filter(|_| work.doubt == Doubt::None);
                let new = before.is_none() || work.doubt == Doubt::Removed;
                let unchanged = |(position, value): (usize, &Value)| match known {
                    Some(before) if before.get(position) == Some(value) => Value::Keep,
                    // A new entry has nothing to keep.
                    _ if new => known_value(value),
                    _ => value.clone(),
                };
                Operation::PutPerson(PersonEntry {
                    person: work.id.clone(),
                    remote: work.remote.clone(),
                    values: values.iter().enumerate().map(unchanged).collect(),
                    before: before.iter().flatten().map(known_value).collect(),
                    active: work.fate == Fate::Present,
                })
            }
            Self::PersonOut { work, before } => Operation::RemovePerson(PersonEntry {
                person: work.id.clone(),
                remote: work.remote.clone(),
                values: before.iter().map(known_value).collect(),
                before: before.iter().map(known_value).collect(),
                active: work.applied_active,
            }),
            Self::Team { team, members } => Operation::PutGroup(GroupWithMembers {
                group: group_entry(team),
                members: members.iter().map(member).collect(),
            }),
            Self::TeamOut(team) => Operation::RemoveGroup(group_entry(team)),
            Self::Members { team, members, leave } => {
                let members = members.iter().map(member).collect();
                let entry = GroupWithMembers { group: group_entry(team), members };
                if *leave { Operation::RemoveMembers(entry) } else { Operation::AddMembers(entry) }
            }
        }
    }

    /// What is in doubt from the moment on at which the target is told.
    pub(super) fn attempts(&self, memberships: bool) -> Vec<Attempt> {
        let rows = |members: &[MemberWork]| members.iter().map(|member| member.row).collect();
        match self {
            Self::Person { work, .. } => vec![Attempt::PersonIn(work.row)],
            Self::PersonOut { work, .. } => vec![Attempt::PersonOut { row: work.row, memberships }],
            Self::Team { team, members } => {
                vec![Attempt::TeamIn(team.row), Attempt::MembersIn { team: team.row, members: rows(members) }]
            }
            Self::TeamOut(team) => vec![Attempt::TeamOut(team.row)],
            Self::Members { team, members, leave: false } => {
                vec![Attempt::MembersIn { team: team.row, members: rows(members) }]
            }
            Self::Members { team, members, leave: true } => {
                vec![Attempt::MembersOut { team: team.row, members: rows(members) }]
            }
        }
    }

    /// The same after a call that broke: it may have been done.
    pub(super) fn doubted(mut self) -> Self {
        match &mut self {
            Self::Person { work, .. } if work.doubt == Doubt::None => {
                work.doubt = if work.applied.is_none() { Doubt::Made } else { Doubt::Changed };
            }
            Self::PersonOut { work, .. } if work.doubt == Doubt::None => work.doubt = Doubt::Removed,
            Self::TeamOut(team) if team.doubt == Doubt::None => team.doubt = Doubt::Removed,
            Self::Team { team, members } => {
                if team.doubt == Doubt::None {
                    team.doubt = if team.applied.is_none() { Doubt::Made } else { Doubt::Changed };
                }
                members.iter_mut().for_each(|member| member.doubt = true);
            }
            Self::Members { members, .. } => members.iter_mut().for_each(|member| member.doubt = true),
            _ => {}
        }
        self
    }

    /// Everything is as it was before, where that was known: the target refused, so nothing was done.
    fn as_before(&self) -> Vec<Applied> {
        match self {
            Self::Person { work, .. } | Self::PersonOut { work, .. } if work.doubt == Doubt::None => {
                vec![Applied::PersonAsBefore(work.row)]
            }
            Self::Team { team, members } => {
                let mut applied = vec![members_as_before(team, members)];
                if team.doubt == Doubt::None {
                    applied.push(Applied::TeamAsBefore(team.row));
                }
                applied
            }
            Self::TeamOut(team) if team.doubt == Doubt::None => vec![Applied::TeamAsBefore(team.row)],
            Self::Members { team, members, .. } => vec![members_as_before(team, members)],
            _ => Vec::new(),
        }
    }

    /// What fails when it fails as a whole.
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Self::Person { work, .. } | Self::PersonOut { work, .. } => vec![Subject::Person(work.row)],
            Self::Team { team, .. } | Self::TeamOut(team) => vec![Subject::Team(team.row)],
            Self::Members { team, members, .. } => {
                members.iter().map(|member| Subject::Member(team.row, member.row)).collect()
            }
        }
    }
}

fn members_as_before<'a>(team: &TeamWork, members: impl IntoIterator<Item = &'a MemberWork>) -> Applied {
    let known = members.into_iter().filter(|member| !member.doubt);
    Applied::MembersAsBefore { team: team.row, members: known.map(|member| (member.row, member.standing)).collect() }
}

/// What a call came to: to be stored, logged and counted.
#[derive(Debug, Default)]
pub(super) struct Told {
    applied: Vec<Applied>,
    effects: Effects,
    events: Vec<Event>,
    count: u64,
}

/// Writes down what became of operations: in the store, the log and the counts.
pub(super) struct Recorder<'a> {
    context: &'a Context,
    removal_ends_memberships: bool,
    /// The target wants more calls for what it was given, at once.
    pub(super) asked_again: bool,
    /// Until when the target wants to be left alone, and why.
    until: Millis,
    throttled: String,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(context: &'a Context, removal_ends_memberships: bool) -> Self {
        Self { context, removal_ends_memberships, asked_again: false, until: 0, throttled: String::new() }
    }

    fn wait(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.until - self.context.clock.now()).unwrap_or(0))
    }

    /// Until when the target wants to be left alone and why, if that is longer than a run stays for: nothing more is handed out.
    pub(super) fn told_to_wait(&self) -> Option<(Millis, String)> {
        let long = self.wait() > self.context.policy.failure.longest_throttle_wait;
        long.then(|| (self.until, self.throttled.clone()))
    }

    /// Whether the target takes more at once.
    pub(super) fn may_go_on(&self) -> bool {
        self.wait().is_zero()
    }

    /// Waits while the target wants to be left alone, if that is not for long: one answer counts for all calls.
    pub(super) async fn pause(&mut self) {
        let wait = self.wait();
        if wait.is_zero() || self.told_to_wait().is_some() {
            return;
        }
        let reason = self.throttled.clone();
        self.context.log.write(Event::Waiting {
            step: STEP.to_owned(),
            seconds: wait.as_secs(),
            reason: reason.clone(),
        });
        self.context.progress.waiting(STEP, wait, &reason);
        self.context.counts.add(|counts| counts.seconds_waited += wait.as_secs());
        self.context.clock.sleep(wait).await;
    }

    /// Understands the outcomes of a call; nothing of it counts before it is [stored](Self::store).
    pub(super) fn understand(
        &mut self,
        batch: &[Planned],
        outcomes: Vec<Outcome>,
        effects: Effects,
    ) -> Result<Told, Stop> {
        let mut told = Told { effects, count: batch.len() as u64, ..Told::default() };
        for (planned, outcome) in batch.iter().zip(outcomes) {
            let Told { applied, events, .. } = &mut told;
            match outcome {
                Outcome::Done(receipt) => self.done(planned, receipt, applied, events),
                Outcome::Unsupported(note) => self.unsupported(planned, &note, applied, events),
                Outcome::Retry(retry) => self.retry(planned, retry, applied, events)?,
                Outcome::Rejected(fault) => {
                    applied.extend(planned.as_before());
                    self.failed(planned, &fault, None, applied, events)?;
                }
            }
        }
        Ok(told)
    }

    /// Understands that the component could not do it.
    pub(super) fn broken(&mut self, batch: &[Planned], reason: &str) -> Result<Told, Stop> {
        let fault = Fault { message: reason.to_owned(), status: None, code: None, request_id: None };
        let mut told = Told::default();
        for planned in batch {
            self.failed(planned, &fault, None, &mut told.applied, &mut told.events)?;
        }
        Ok(told)
    }

    /// Records what a call came to, and in the same transaction that the next batch is handed out.
    pub(super) async fn store(&self, told: Told, next: Vec<Attempt>) -> Result<(), Stop> {
        let Told { applied, effects, events, count } = told;
        self.context.blocking(move |store| store.record(&applied, &effects, &next)).await?;
        for event in events {
            self.context.log.write(event);
        }
        self.context.progress.advance(Part::Push, count);
        Ok(())
    }

    fn done(&self, planned: &Planned, receipt: Receipt, applied: &mut Vec<Applied>, events: &mut Vec<Event>) {
        let context = self.context;
        match planned {
            Planned::Person { work, values, before } => {
                let attributes = context.schemas.attributes();
                let active = work.fate == Fate::Present;
                let deed = match (before, active) {
                    (_, false) => Deed::Suspended,
                    (None, true) if receipt.adopted => Deed::Adopted,
                    (None, true) => Deed::Created,
                    (Some(_), true) => Deed::Updated,
                };
                context.counts.add(|counts| match deed {
                    Deed::Created => counts.people_created += 1,
                    Deed::Adopted => counts.people_adopted += 1,
                    _ => counts.people_updated += 1,
                });
                events.push(Event::Person {
                    deed,
                    person: work.id.clone(),
                    name: name_of(context, values),
                    changes: changes(attributes, before.as_deref().unwrap_or_default(), values),
                    reason: work.reason.clone().or(receipt.note),
                });
                applied.push(Applied::PersonIn {
                    row: work.row,
                    profile: work.profile.clone().unwrap_or_default(),
                    matching: matching_text(attributes, values),
                    active,
                    remote: receipt.remote,
                });
            }
            Planned::PersonOut { work, before } => {
                context.counts.add(|counts| counts.people_removed += 1);
                let reason = match work.fate {
                    Fate::Absent => work.reason.clone(),
                    _ => Some("the entry was in the way of another, or is known by another value now".to_owned()),
                };
                events.push(Event::Person {
                    deed: Deed::Removed,
                    person: work.id.clone(),
                    name: name_of(context, before),
                    changes: Vec::new(),
                    reason: reason.or(receipt.note),
                });
                applied.push(Applied::PersonOut { row: work.row, memberships: self.removal_ends_memberships });
            }
            Planned::Team { team, members } => {
                let deed = match (&team.applied, receipt.adopted) {
                    (Some(_), _) if team.doubt != Doubt::Made => Deed::Updated,
                    (_, true) => Deed::Adopted,
                    (_, false) => Deed::Created,
                };
                context.counts.add(|counts| match deed {
                    Deed::Updated => counts.groups_updated += 1,
                    _ => counts.groups_created += 1,
                });
                let definition = team.definition.clone().or_else(|| team.applied.clone()).unwrap_or_default();
                events.push(group_event(team, deed, receipt.note.clone()));
                applied.push(Applied::TeamIn { row: team.row, definition, remote: receipt.remote.clone() });
                self.members_done(team, members, false, receipt, applied, events);
            }
            Planned::TeamOut(team) => {
                context.counts.add(|counts| counts.groups_removed += 1);
                events.push(group_event(team, Deed::Removed, receipt.note));
                applied.push(Applied::TeamOut { row: team.row, left: false });
            }
            Planned::Members { team, members, leave } => {
                self.members_done(team, members, *leave, receipt, applied, events);
            }
        }
    }

    /// Members of whom the receipt says nothing were done; those that were refused are failures of their own.
    fn members_done(
        &self,
        team: &TeamWork,
        members: &[MemberWork],
        leave: bool,
        receipt: Receipt,
        applied: &mut Vec<Applied>,
        events: &mut Vec<Event>,
    ) {
        let told: HashMap<&str, &MemberReceipt> =
            receipt.members.iter().rev().map(|told| (told.person.as_str(), told)).collect();
        let told = |id: &str| told.get(id).copied();
        let mut done = Vec::new();
        for member in members {
            match told(&member.id).and_then(|told| told.refused.as_ref()) {
                None => done.push(member),
                Some(reason) => {
                    let fault = Fault { message: reason.clone(), status: None, code: None, request_id: None };
                    let subject = Subject::Member(team.row, member.row);
                    applied.push(members_as_before(team, [member]));
                    // A store that cannot be read now will say so when the failure is recorded.
                    if let Ok(failed) = self.failure(subject, &fault, None) {
                        applied.push(Applied::Failed(failed));
                    }
                    events.push(Event::MemberHeldBack {
                        group: team.key.clone(),
                        person: member.id.clone(),
                        reason: reason.clone(),
                    });
                }
            }
        }
        let asked: HashSet<&str> = members.iter().map(|member| member.id.as_str()).collect();
        let others: Vec<(String, String)> = receipt
            .members
            .iter()
            .filter(|told| !asked.contains(told.person.as_str()))
            .filter_map(|told| Some((told.person.clone(), told.membership.clone()?)))
            .collect();
        if !others.is_empty() {
            applied.push(Applied::MembershipIds { team: team.row, ids: others });
        }
        if done.is_empty() {
            return;
        }
        let ids: Vec<String> = done.iter().map(|member| member.id.clone()).collect();
        let count = done.len() as u64;
        let (added, removed) = if leave { (Vec::new(), ids) } else { (ids, Vec::new()) };
        events.push(Event::Members {
            group: team.key.clone(),
            name: definition(team).name,
            added,
            removed,
            rule: team.rule.clone(),
        });
        if leave {
            self.context.counts.add(|counts| counts.members_removed += count);
            applied
                .push(Applied::MembersOut { team: team.row, members: done.iter().map(|member| member.row).collect() });
        } else {
            self.context.counts.add(|counts| counts.members_added += count);
            let membership = |member: &MemberWork| told(&member.id).and_then(|told| told.membership.clone());
            let members = done.iter().map(|member| (member.row, membership(member), member.admin)).collect();
            applied.push(Applied::MembersIn { team: team.row, members });
        }
    }

    /// The target cannot do this at all: it is taken as done, and the log says so.
    fn unsupported(&self, planned: &Planned, note: &str, applied: &mut Vec<Applied>, events: &mut Vec<Event>) {
        if let Planned::TeamOut(team) = planned {
            self.context.counts.add(|counts| counts.groups_removed += 1);
            events.push(group_event(team, Deed::Emptied, Some(note.to_owned())));
            applied.push(Applied::TeamOut { row: team.row, left: true });
            return;
        }
        if let Planned::PersonOut { work, .. } = planned {
            // It stays there, so nobody was removed: somebody has to do what the sentence says.
            events.push(Event::Note { message: note.to_owned() });
            applied.push(Applied::PersonOut { row: work.row, memberships: self.removal_ends_memberships });
            return;
        }
        let receipt = Receipt { remote: None, members: Vec::new(), adopted: false, note: None };
        let mut silent = Vec::new();
        self.done(planned, receipt, applied, &mut silent);
        events.push(Event::Note { message: note.to_owned() });
    }

    fn retry(
        &mut self,
        planned: &Planned,
        retry: Retry,
        applied: &mut Vec<Applied>,
        events: &mut Vec<Event>,
    ) -> Result<(), Stop> {
        match retry.after_seconds {
            // It is not in the way of anything and no failure: it is due again as it was.
            Some(0) => {
                self.asked_again = true;
                return Ok(());
            }
            Some(seconds) => {
                self.until = self.until.max(self.context.clock.now() + i64::from(seconds) * 1_000);
                self.throttled.clone_from(&retry.fault.message);
            }
            None => {}
        }
        self.failed(planned, &retry.fault, Some(retry.after_seconds), applied, events)
    }

    fn failed(
        &self,
        planned: &Planned,
        fault: &Fault,
        retry: Option<Option<u32>>,
        applied: &mut Vec<Applied>,
        events: &mut Vec<Event>,
    ) -> Result<(), Stop> {
        self.context.log_call(STEP, fault);
        for subject in planned.subjects() {
            applied.push(Applied::Failed(self.failure(subject, fault, retry)?));
        }
        if retry.is_none() {
            let reason = fault.message.clone();
            match planned {
                Planned::Person { work, .. } | Planned::PersonOut { work, .. } => events.push(Event::Person {
                    deed: Deed::HeldBack,
                    person: work.id.clone(),
                    name: None,
                    changes: Vec::new(),
                    reason: Some(reason),
                }),
                Planned::Team { team, .. } | Planned::TeamOut(team) => {
                    events.push(group_event(team, Deed::HeldBack, Some(reason)));
                }
                Planned::Members { team, members, .. } => {
                    events.extend(members.iter().map(|member| Event::MemberHeldBack {
                        group: team.key.clone(),
                        person: member.id.clone(),
                        reason: reason.clone(),
                    }));
                }
            }
        }
        Ok(())
    }

    /// A failure with its next attempt: as the target asked, or soon for the first ones, or further and further away.
    fn failure(&self, subject: Subject, fault: &Fault, retry: Option<Option<u32>>) -> Result<Failed, Stop> {
        let before = self.context.store.attempts(subject)?;
        let now = self.context.clock.now();
        let policy = &self.context.policy;
        // Being told to wait is no failed attempt.
        let attempts = if matches!(retry, Some(Some(_))) { before } else { before + 1 };
        let next = match retry {
            Some(Some(seconds)) => now + i64::from(seconds) * 1_000,
            Some(None) if attempts <= 3 => now + (500 << attempts),
            _ => policy.next_attempt(subject, attempts, now),
        };
        Ok(Failed {
            subject,
            attempts,
            next,
            reason: fault.message.clone(),
            status: fault.status,
            code: fault.code.clone(),
            request_id: fault.request_id.clone(),
        })
    }
}

fn group_event(team: &TeamWork, deed: Deed, reason: Option<String>) -> Event {
    Event::Group { deed, group: team.key.clone(), name: definition(team).name, reason }
}

/// The person's name, if the profile has one that may be shown.
pub(in crate::run) fn name_of(context: &Context, values: &[Value]) -> Option<String> {
    let attributes = context.schemas.attributes();
    let position = ["name", "display_name"]
        .iter()
        .find_map(|name| attributes.iter().position(|attribute| attribute.name == *name && !attribute.sensitive))?;
    match values.get(position) {
        Some(Value::Text(name)) => Some(name.clone()),
        _ => None,
    }
}
