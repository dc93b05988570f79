//! Reading the target back: does it hold what it was last brought to?
//!
//! What somebody changed at the target by hand is told, and, where a repair is wanted, written down as what the target holds. The plan is the
//! difference between what is desired and what is applied, so pushing then repairs it like any other change. Entries and groups that
//! Rollcall neither made nor adopted are counted and left alone.

mod found;

use rollcall_sandbox::contract::target::{Abilities, Delivery, Found as Listed, Listing};
use rollcall_sandbox::contract::types::{Failure, Value};

use self::found::{Extra, Found};
use super::Stop;
use super::context::{Context, step_error};
use super::describe::{Definition, name_in};
use super::push::{everything, name_of};
use crate::profile::matching_text;
use crate::progress::Part;
use crate::run_log::{Change, Event, REDACTED, changes};
use crate::steps::Target;
use crate::store::{Applied, Doubt, Effects, PersonWork, Standing, TeamWork};

/// The step's name in logs.
const STEP: &str = "target";

/// How many objects are compared at a time.
const PAGE: u32 = 500;

/// Compares the target with what was applied. With `repair` the differences are written down, so that pushing repairs them.
pub(super) async fn verify(context: &Context, repair: bool) -> Result<(), Stop> {
    let mut target = context.steps.target().await.map_err(step_error(STEP))?;
    let mut attempt = 0;
    let limits = loop {
        attempt += 1;
        match target.limits().await.map_err(step_error(STEP))? {
            Ok(limits) => break limits,
            Err(failure) => context.wait(STEP, failure, attempt).await?,
        }
    };
    if !limits.can.contains(Abilities::READ) {
        if repair && everything::again(context, &limits)? {
            let message =
                "This target cannot be read back, so nothing was compared. Everything is handed out to it again.";
            context.log.write(Event::Note { message: message.to_owned() });
            return Ok(());
        }
        let whole = [limits.people, limits.groups].contains(&Delivery::Everything);
        let remedy = if whole { "; `rollcall verify --repair` hands out everything to it again" } else { "" };
        let reason = format!("this target cannot be read back, so nothing can be compared{remedy}");
        return Err(Stop::Step { step: STEP.to_owned(), reason });
    }
    context.progress.begin(Part::Verify, None);
    let mut verifier = Verifier { context, repair, found: Found::new()? };
    verifier.people(target.as_mut()).await?;
    verifier.groups(target.as_mut()).await
}

struct Verifier<'a> {
    context: &'a Context,
    repair: bool,
    found: Found,
}

impl Verifier<'_> {
    /// Reads a listing to its end, waiting where the target asks for it; false when it cannot be read.
    async fn read(&self, target: &mut dyn Target, what: &Listing, name: &str) -> Result<bool, Stop> {
        let context = self.context;
        let (mut cursor, mut attempt) = (None, 0);
        loop {
            attempt += 1;
            let page = match target.read(what.clone(), cursor.clone()).await.map_err(step_error(STEP))? {
                Ok(page) => page,
                Err(Failure::Failed(fault)) => {
                    context.log_call(STEP, &fault);
                    let message = format!("{name} cannot be compared: {}", fault.message);
                    context.log.write(Event::Note { message });
                    return Ok(false);
                }
                Err(failure) => {
                    context.wait(STEP, failure, attempt).await?;
                    continue;
                }
            };
            attempt = 0;
            context.progress.advance(Part::Verify, page.entries.len() as u64);
            for entry in page.entries {
                match entry {
                    Listed::Person(person) => self.found.person(person, &context.schemas)?,
                    Listed::Group(group) => self.found.team(group)?,
                    Listed::Member(member) => self.found.member(member)?,
                }
            }
            match page.next {
                Some(next) if cursor.as_ref() == Some(&next) => {
                    let reason = format!("reading {name} does not end: a page leads to itself");
                    return Err(Stop::Step { step: STEP.to_owned(), reason });
                }
                Some(next) => cursor = Some(next),
                None => return Ok(true),
            }
        }
    }

    async fn people(&mut self, target: &mut dyn Target) -> Result<(), Stop> {
        let store = &self.context.store;
        let listed = self.read(target, &Listing::People, "people").await?;
        if listed && self.found.people_left()? == 0 && store.applied_people()? > 1 {
            let reason = "the target lists nobody, although people were pushed: look at its address and its permissions. \
                          Nothing was compared or repaired";
            return Err(Stop::Step { step: STEP.to_owned(), reason: reason.to_owned() });
        }
        let mut after = 0;
        loop {
            let people = store.applied_entries(after, PAGE)?;
            let Some(last) = people.last() else { break };
            after = last.row;
            let mut facts = Vec::new();
            for work in people.into_iter().filter(|work| work.doubt == Doubt::None) {
                let Some(remote) = work.remote.as_deref().or(work.applied_match.as_deref()) else { continue };
                let entry = self.found.take_person(remote)?;
                // An entry that is gone is made anew with another id: whoever has the old one is nobody of ours.
                if entry.is_some() || !listed {
                    self.found.own(remote, work.row)?;
                }
                if listed {
                    facts.extend(self.person(&work, entry));
                }
            }
            self.write_down(facts)?;
        }
        self.left_alone(self.found.people_left()?, "entries");
        Ok(())
    }

    /// What is different about an entry, as the fact to write down.
    fn person(&self, work: &PersonWork, entry: Option<found::Entry>) -> Option<Applied> {
        let context = self.context;
        let attributes = context.schemas.attributes();
        let applied = work.applied.as_deref().and_then(|text| context.schemas.read(text))?;
        let tell = |what: &str, changes: Vec<Change>| {
            let name = name_of(context, &applied);
            self.tell(Some(work.id.clone()), None, name, what, changes);
        };
        let Some(entry) = entry else {
            tell("the entry is gone", Vec::new());
            return Some(Applied::PersonOut { row: work.row, memberships: false });
        };
        let listed = context.schemas.read(&entry.values)?;
        let holds: Vec<Value> = applied
            .iter()
            .zip(listed.into_iter().chain(std::iter::repeat(Value::Keep)))
            .zip(attributes)
            // What the target does not tell is as it was applied, and what is only set at the creation is theirs from then on.
            .map(|((applied, listed), attribute)| match listed {
                Value::Keep => applied.clone(),
                _ if attribute.creation_only || *applied == Value::Keep => applied.clone(),
                listed if is_nothing(&listed) && is_nothing(applied) => applied.clone(),
                listed => listed,
            })
            .collect();
        if holds == applied && entry.active == work.applied_active {
            return None;
        }
        let what = match (entry.active, work.applied_active) {
            (true, false) => "the entry is active, and was suspended",
            (false, true) => "the entry is not active, and was",
            _ => "the entry was changed",
        };
        tell(what, changes(attributes, &applied, &holds));
        Some(Applied::PersonIn {
            row: work.row,
            matching: matching_text(attributes, &holds),
            profile: context.schemas.write(holds),
            active: entry.active,
            remote: None,
        })
    }

    async fn groups(&mut self, target: &mut dyn Target) -> Result<(), Stop> {
        if !self.read(target, &Listing::Groups, "groups").await? {
            return Ok(());
        }
        let mut after = 0;
        loop {
            let teams = self.context.store.applied_teams(after, PAGE)?;
            let Some(last) = teams.last() else { break };
            after = last.row;
            for team in teams.into_iter().filter(|team| team.doubt == Doubt::None) {
                let Some(remote) = team.remote.clone() else { continue };
                let named = self.found.take_team(&remote)?;
                let there = named.is_some();
                let fact = self.team(&team, named);
                self.write_down(fact.into_iter().collect())?;
                if there {
                    self.found.next_group()?;
                    let name = format!("the members of {}", name(&team));
                    if self.read(target, &Listing::Members(remote), &name).await? {
                        self.members(&team)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn team(&self, team: &TeamWork, named: Option<String>) -> Option<Applied> {
        let Some(named) = named else {
            self.tell(None, Some(team.key.clone()), Some(name(team)), "the group is gone", Vec::new());
            return Some(Applied::TeamOut { row: team.row, left: false });
        };
        let mut definition: Definition = serde_json::from_str(team.applied.as_deref()?).ok()?;
        if named == definition.name {
            return None;
        }
        let change =
            Change { attribute: "name".to_owned(), old: definition.name.clone().into(), new: named.clone().into() };
        self.tell(None, Some(team.key.clone()), Some(definition.name.clone()), "the group was renamed", vec![change]);
        definition.name = named;
        let definition = serde_json::to_string(&definition).ok()?;
        Some(Applied::TeamIn { row: team.row, definition, remote: None })
    }

    fn members(&self, team: &TeamWork) -> Result<(), Stop> {
        let store = &self.context.store;
        let group = || Some(team.key.clone());
        let mut after = 0;
        loop {
            let members = store.applied_members(team.row, after, PAGE)?;
            let Some(last) = members.last() else { break };
            after = last.row;
            let mut facts = Vec::new();
            for member in members {
                let admin = match self.found.take_member(&member)? {
                    _ if member.doubt => continue,
                    None => {
                        self.tell(
                            Some(member.id),
                            group(),
                            Some(name(team)),
                            "is not in the group any more",
                            Vec::new(),
                        );
                        facts.push(Applied::MembersOut { team: team.row, members: vec![member.row] });
                        continue;
                    }
                    Some(admin) => admin,
                };
                if admin != (member.standing == Standing::Admin) {
                    let what = if admin { "is an admin of the group now" } else { "is no admin of the group any more" };
                    self.tell(Some(member.id), group(), Some(name(team)), what, Vec::new());
                    facts.push(Applied::MembersIn {
                        team: team.row,
                        members: vec![(member.row, member.membership, admin)],
                    });
                }
            }
            self.write_down(facts)?;
        }
        loop {
            let extras = self.found.members_left(PAGE)?;
            if extras.is_empty() {
                return Ok(());
            }
            self.write_down(extras.into_iter().filter_map(|extra| self.extra(team, extra)).collect())?;
        }
    }

    /// Somebody was put into a group by hand.
    fn extra(&self, team: &TeamWork, extra: Extra) -> Option<Applied> {
        let Extra { person, membership, called, admin } = extra;
        let Some(person) = person else {
            // The target may call people by a value that is not for logs.
            let sensitive = self.context.schemas.attributes().iter().any(|it| it.matching == Some(0) && it.sensitive);
            let who = if sensitive { REDACTED } else { &called };
            let message =
                format!("group \"{}\": {who}, whom Rollcall does not know, is a member: left alone", name(team));
            self.context.log.write(Event::Note { message });
            return None;
        };
        self.tell(None, Some(team.key.clone()), Some(name(team)), &format!("{called} was added by hand"), Vec::new());
        Some(Applied::MemberFound { team: team.row, person, membership, admin })
    }

    fn tell(
        &self,
        person: Option<String>,
        group: Option<String>,
        name: Option<String>,
        what: &str,
        changes: Vec<Change>,
    ) {
        self.context.counts.add(|counts| counts.differences += 1);
        self.context.log.write(Event::Difference { person, group, name, what: what.to_owned(), changes });
    }

    fn left_alone(&self, count: u64, what: &str) {
        if count > 0 {
            let message = format!("{count} {what} of the target are not Rollcall's: left alone");
            self.context.log.write(Event::Note { message });
        }
    }

    fn write_down(&self, facts: Vec<Applied>) -> Result<(), Stop> {
        if self.repair && !facts.is_empty() {
            self.context.store.record(&facts, &Effects::default(), &[])?;
        }
        Ok(())
    }
}

/// A cleared value reads back as nothing, an empty text or an empty list, as the target likes.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::Texts(texts) => texts.is_empty(),
        _ => false,
    }
}

fn name(team: &TeamWork) -> String {
    name_in(team.applied.as_deref()).unwrap_or_else(|| team.key.clone())
}
