//! The target as the engine calls it: operations, and everything that may go wrong with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rollcall_sandbox::contract::target::{
    FoundPage, GroupWithMembers, Listing, Member, MemberReceipt, Operation, Outcome, PersonEntry, Receipt, TargetLimits,
};
use rollcall_sandbox::contract::types::{Failure, Retry, Value};
use rollcall_sync::steps::{Calling, StepError, Target};
use rollcall_sync::store::Effects;

use crate::chaos::Fortune;
use crate::configuration::Configuration;
use crate::source::fault;
use crate::target::{MemberWish, PutPerson, Refusal, TargetModel, Verdict};
use crate::whole::Whole;
use crate::world::World;

/// An instance of the target's step.
pub struct TargetInstance {
    world: Arc<World>,
    configuration: Arc<Configuration>,
    /// What was handed out of everything so far.
    whole: Whole,
}

impl TargetInstance {
    /// An instance that knows the attributes as they are configured.
    pub fn new(world: Arc<World>, configuration: Arc<Configuration>) -> Self {
        Self { world, configuration, whole: Whole::default() }
    }

    fn text(&self, values: &[Value], name: &str) -> Option<String> {
        let position = self.configuration.attributes.iter().position(|attribute| attribute.name == name)?;
        match values.get(position)? {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The values that are to be set, by name.
    fn values(&self, values: &[Value]) -> BTreeMap<String, Option<String>> {
        let names = self.configuration.attributes.iter().map(|attribute| attribute.name.to_owned());
        names
            .zip(values)
            .filter_map(|(name, value)| match value {
                Value::Keep => None,
                Value::Text(text) => Some((name, Some(text.clone()))),
                _ => Some((name, None)),
            })
            .collect()
    }

    fn put_person(&self, target: &mut TargetModel, entry: &PersonEntry) -> Verdict<Receipt> {
        let phone = self.text(&entry.values, "phone").or_else(|| self.text(&entry.before, "phone"));
        let put = PutPerson {
            person: &entry.person,
            remote: entry.remote.as_deref(),
            phone: phone.as_deref(),
            values: self.values(&entry.values),
            whole: !entry.values.contains(&Value::Keep),
            active: entry.active,
        };
        let (id, adopted) = target.put_person(&put)?;
        // A target that knows people by their phone numbers has no other id to tell.
        Ok(Receipt { remote: (!target.identity()).then_some(id), adopted, ..plain() })
    }

    fn put_group(&self, target: &mut TargetModel, entry: &GroupWithMembers) -> Verdict<Receipt> {
        let group = &entry.group;
        let remote = target.put_group(&group.key, group.remote.as_deref(), &group.name, group.parent.as_deref())?;
        let receipt = self.add_members(target, entry, Some(&remote))?;
        Ok(Receipt { remote: Some(remote), ..receipt })
    }

    fn add_members(&self, target: &mut TargetModel, entry: &GroupWithMembers, group: Option<&str>) -> Verdict<Receipt> {
        let mut receipt = plain();
        for member in &entry.members {
            if self.refused(member, &mut receipt) {
                continue;
            }
            let id = target.add_member(&entry.group.key, group, &wish(member))?;
            if target.flavour.tells_memberships {
                receipt.members.push(MemberReceipt {
                    person: member.person.clone(),
                    membership: Some(id),
                    refused: None,
                });
            }
        }
        Ok(receipt)
    }

    fn remove_members(&self, target: &mut TargetModel, entry: &GroupWithMembers) -> Verdict<Receipt> {
        let mut receipt = plain();
        for member in &entry.members {
            if !self.refused(member, &mut receipt) {
                target.remove_member(&entry.group.key, entry.group.remote.as_deref(), &wish(member))?;
            }
        }
        Ok(receipt)
    }

    fn refused(&self, member: &Member, receipt: &mut Receipt) -> bool {
        let chaos = &self.world.chaos;
        let refused = chaos.strikes(chaos.rates().members);
        if refused {
            let refused = Some("not this one".to_owned());
            receipt.members.push(MemberReceipt { person: member.person.clone(), membership: None, refused });
        }
        refused
    }

    fn apply(&mut self, target: &mut TargetModel, operation: &Operation) -> Verdict<Receipt> {
        let mut whole = std::mem::take(&mut self.whole);
        let read = |entry: &PersonEntry| (self.text(&entry.values, "phone"), self.values(&entry.values));
        let listed = whole.take(target, operation, read);
        self.whole = whole;
        if let Some(listed) = listed {
            return listed;
        }
        match operation {
            Operation::PutPerson(entry) => self.put_person(target, entry),
            Operation::RemovePerson(entry) => {
                let phone = self.text(&entry.before, "phone");
                let directory = self.world.directory();
                let user = directory.users.iter().find(|user| user.id == entry.person);
                let phones = user.map(|user| user.phones.clone()).unwrap_or_default();
                let remote = entry.remote.as_deref();
                target.remove_person(&entry.person, remote, phone.as_deref(), &phones).map(|()| plain())
            }
            Operation::PutGroup(entry) => self.put_group(target, entry),
            Operation::AddMembers(entry) => self.add_members(target, entry, entry.group.remote.as_deref()),
            Operation::RemoveMembers(entry) => self.remove_members(target, entry),
            Operation::RemoveGroup(group) => target.remove_group(&group.key, group.remote.as_deref()).map(|()| plain()),
            Operation::Finish(_) => Ok(plain()),
        }
    }

    /// Does one operation, or does it and loses the answer, or does not do it.
    fn do_one(&mut self, target: &mut TargetModel, operation: &Operation) -> Outcome {
        let world = Arc::clone(&self.world);
        let chaos = &world.chaos;
        let rate = chaos.rates().operations;
        let troubled = chaos.strikes(rate);
        let trouble = if troubled { chaos.below(10) } else { usize::MAX };
        let done = if troubled && trouble < 7 { None } else { Some(self.apply(target, operation)) };
        let retry =
            |after_seconds, message: &str| Outcome::Retry(Retry { after_seconds, fault: fault(message, Some(503)) });
        let outcome = match (trouble, done) {
            (_, Some(Err(Refusal::Violation(what)))) => {
                chaos.violation(format!("{what}: {operation:?}"));
                Outcome::Rejected(fault(&what, Some(400)))
            }
            (_, Some(Err(Refusal::Unsupported(what)))) => Outcome::Unsupported(what),
            (0, None) => retry(None, "try again"),
            (1, None) => retry(Some(0), "enough for one call"),
            (2..=3, None) => retry(Some(5), "slow down"),
            (4, None) => retry(Some(1_000), "come back later"),
            (_, None) => Outcome::Rejected(fault("refused", Some(400))),
            (usize::MAX, Some(Ok(receipt))) => Outcome::Done(receipt),
            (_, Some(Ok(_))) => retry(None, "it was done, but the answer was lost"),
        };
        chaos.tell(|| format!("target: {operation:?} -> {outcome:?}"));
        outcome
    }
}

fn wish(member: &Member) -> MemberWish<'_> {
    MemberWish {
        person: &member.person,
        remote: member.remote.as_deref(),
        membership: member.membership.as_deref(),
        phone: &member.matching,
        role: member.role,
    }
}

/// A receipt that says no more than "done".
pub fn plain() -> Receipt {
    Receipt { remote: None, members: Vec::new(), adopted: false, note: None }
}

impl Target for TargetInstance {
    fn limits(&mut self) -> Calling<'_, Result<TargetLimits, Failure>> {
        Box::pin(async move {
            self.world.call("limits")?;
            let chaos = &self.world.chaos;
            if chaos.strikes(chaos.rates().calls) {
                let fault = fault("the target does not answer", None);
                return Ok(Err(match chaos.below(3) {
                    0 => Failure::Retry(Retry { after_seconds: None, fault }),
                    1 => Failure::Retry(Retry { after_seconds: Some(60), fault }),
                    _ => Failure::Failed(fault),
                }));
            }
            Ok(Ok(self.world.target().flavour.limits))
        })
    }

    fn push(&mut self, operations: Vec<Operation>) -> Calling<'_, (Vec<Outcome>, Effects)> {
        Box::pin(async move {
            let world = Arc::clone(&self.world);
            let fortune = world.chaos.step("push");
            let dead = || Err(StepError::Unusable("the process is dead".into()));
            if matches!(fortune, Fortune::Dead | Fortune::DiesBefore) {
                return dead();
            }
            let mut target = world.target();
            target.calls += 1;
            // A trap comes after any number of operations: those are done, and nobody hears of them.
            let traps = world.chaos.strikes(world.chaos.rates().calls);
            let until = if traps { world.chaos.below(operations.len() + 1) } else { operations.len() };
            let outcomes: Vec<Outcome> =
                operations.iter().take(until).map(|operation| self.do_one(&mut target, operation)).collect();
            if traps {
                world.chaos.tell(|| format!("the target traps after {until} operations of {}", operations.len()));
                return Err(StepError::Broken("the target trapped".into()));
            }
            if fortune == Fortune::DiesAfter { dead() } else { Ok((outcomes, Effects::default())) }
        })
    }

    fn read(&mut self, _: Listing, _: Option<String>) -> Calling<'_, Result<FoundPage, Failure>> {
        Box::pin(async move { Err(StepError::Unusable("nothing is read back here".into())) })
    }
}
