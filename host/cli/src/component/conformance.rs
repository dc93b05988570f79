//! `rollcall component test --tenant TENANT.toml`: the conformance suite for targets.
//!
//! It does to a directory what runs do over weeks: makes entries and groups, changes, repeats and removes them, forgets that it did, and reads
//! back what is there after each step. Everything that it makes is called "Conformance ..." and is gone at the end, unless the target cannot
//! remove it. The tenant's own state is not touched; its settings, login, grants and components are those of the file.

mod directory;
mod profile;

use std::path::Path;

use rollcall_sandbox::contract::target::{Abilities, Delivery, Operation, Outcome, Part, Role};
use rollcall_sandbox::contract::types::Value;
use serde_json::json;

use self::directory::Directory;
use self::profile::Profile;
use super::test::report::Report;
use crate::refusal::{FAILED, Refusal, say};
use crate::setup;

/// What came of a check.
type Came = Result<Result<String, Vec<String>>, Refusal>;

/// More members than this are not worth the calls, whatever a target takes at a time.
const MOST_MEMBERS: u32 = 200;

pub async fn run(tenant: &Path, json: bool) -> Result<u8, Refusal> {
    let mut config = setup::config(tenant, &[])?;
    let state = std::env::temp_dir().join(format!("rollcall-conformance-{}", std::process::id()));
    config.state.clone_from(&state);
    let mut report = Report::default();
    let came = {
        let ready = setup::ready(&config).await?;
        match Directory::open(&ready).await {
            Ok(mut directory) => suite(&mut directory, &mut report).await,
            Err(refusal) => Err(refusal),
        }
    };
    // A state of this suite only: what cannot be removed is in the folder for temporary files.
    let _ = std::fs::remove_dir_all(&state);
    came?;
    if json {
        say(&json!({ "tenant": config.name, "step": "target", "passed": report.passed(), "checks": report.json() })
            .to_string());
    } else {
        say(&format!("{}: the target that {} names", config.name, tenant.display()));
        for line in report.lines() {
            say(&line);
        }
    }
    Ok(if report.passed() { 0 } else { FAILED })
}

async fn suite(directory: &mut Directory, report: &mut Report) -> Result<(), Refusal> {
    let limits = directory.limits;
    report.check("limits", super::test::target::limited(&limits));
    let people: Vec<Profile> = (0..4).map(|number| Profile::new(&directory.attributes, number)).collect();
    let present: Vec<Profile> = match limits.people {
        Delivery::Changes => entries(directory, people, report).await?,
        Delivery::Everything => {
            report.check("people whole", whole_people(directory, &people).await?);
            people
        }
        Delivery::Nothing => people,
    };
    match limits.groups {
        Delivery::Changes => groups(directory, &present, report).await?,
        Delivery::Everything => report.check("groups whole", whole_groups(directory, &present).await?),
        Delivery::Nothing => {}
    }
    if limits.people == Delivery::Changes {
        report.check("remove people", remove_people(directory, &present).await?);
    }
    match directory.came_back {
        0 => report.note("throttling", "the target never asked to come back later".to_owned()),
        times if report.passed() => {
            report.check("throttling", Ok(format!("came back {times} times, and everything was done")))
        }
        times => report.note("throttling", format!("came back {times} times")),
    }
    Ok(())
}

/// The life of an entry.
async fn entries(
    directory: &mut Directory,
    mut people: Vec<Profile>,
    report: &mut Report,
) -> Result<Vec<Profile>, Refusal> {
    let can = directory.limits.can;
    report.check("removed already", cleared(directory, &people).await?);
    report.check("create", create(directory, &mut people).await?);
    report.check("repeat", repeat(directory, &people).await?);
    report.check("lost answer", lost_answer(directory, &people).await?);
    report.check("adopt", adopt(directory, &people).await?);
    if can.contains(Abilities::UPDATE_PEOPLE) {
        report.check("update", changed(directory, &mut people, Profile::renamed).await?);
        report.check("clear", changed(directory, &mut people, Profile::cleared).await?);
    } else {
        report.note("update", "the target cannot change an entry".to_owned());
    }
    if can.contains(Abilities::SUSPEND_PEOPLE) {
        report.check("suspend", suspend(directory, &people).await?);
    }
    report.check("partial failure", partial(directory, &people).await?);
    Ok(people)
}

/// The life of a group.
async fn groups(directory: &mut Directory, people: &[Profile], report: &mut Report) -> Result<(), Refusal> {
    let can = directory.limits.can;
    let mut group = directory.group("conformance-one", "Conformance One");
    let [first, second, third, ..] = people else { return Ok(()) };
    report.check("group", {
        let came = make_group(directory, &mut group, &[first, second]).await?;
        match came {
            Ok(_) => members_are(directory, &group, people, &[first, second]).await?,
            wrong => wrong,
        }
    });
    report.check("group repeated", {
        let mut again = directory.group("conformance-one", "Conformance One");
        match make_group(directory, &mut again, &[first, second]).await? {
            Ok(_) if again.remote != group.remote => {
                Ok(Err(vec![format!("made twice: {:?}, and {:?}", group.remote, again.remote)]))
            }
            Ok(_) => members_are(directory, &group, people, &[first, second]).await,
            wrong => Ok(wrong),
        }?
    });
    if can.contains(Abilities::READ) {
        report.check("adopt group", adopt_group(directory, &group, people).await?);
    } else {
        report.note("adopt group", "the target cannot be read, so it takes no group over".to_owned());
    }
    report.check("members in", {
        let operation =
            |directory: &Directory| Operation::AddMembers(directory.members(&group, &[third], Role::Member));
        match twice(directory, operation).await? {
            Ok(_) => members_are(directory, &group, people, &[first, second, third]).await?,
            wrong => wrong,
        }
    });
    report.check("administrator", {
        let operation = Operation::AddMembers(directory.members(&group, &[third], Role::Admin));
        match directory.done(operation).await? {
            Ok(_) => members_are(directory, &group, people, &[first, second, third]).await?,
            Err(wrong) => Err(wrong),
        }
    });
    report.check("members out", {
        let operation =
            |directory: &Directory| Operation::RemoveMembers(directory.members(&group, &[first, third], Role::Member));
        match twice(directory, operation).await? {
            Ok(_) => members_are(directory, &group, people, &[second]).await?,
            wrong => wrong,
        }
    });
    report.check("batches", batches(directory, &group).await?);
    if can.contains(Abilities::RENAME_GROUPS) {
        report.check("rename", rename(directory, &mut group).await?);
    } else {
        report.note("rename", "the target cannot rename a group".to_owned());
    }
    report.check("remove group", remove_group(directory, &group, people, second).await?);
    Ok(())
}

/// As for a host that never saw this group before.
async fn adopt_group(directory: &mut Directory, group: &directory::Group, people: &[Profile]) -> Came {
    let [first, second, ..] = people else { return Ok(Ok(String::new())) };
    directory.forget().await?;
    let mut again = directory.group("conformance-one", "Conformance One");
    match make_group(directory, &mut again, &[first, second]).await? {
        Ok(_) if again.remote != group.remote => Ok(Err(vec![format!(
            "a group that was there before was made again: {:?}, and {:?}",
            group.remote, again.remote
        )])),
        Ok(_) => members_are(directory, group, people, &[first, second]).await,
        wrong => Ok(wrong),
    }
}

/// Entries of a suite that was ended half-way go first; removing what is not there is no mistake.
async fn cleared(directory: &mut Directory, people: &[Profile]) -> Came {
    let mut wrong = Vec::new();
    for _ in 0..2 {
        let operations = people.iter().map(|person| Operation::RemovePerson(person.entry())).collect();
        wrong = directory.refusals(operations).await?;
    }
    Ok(if wrong.is_empty() { Ok("an entry that is not there is taken as removed".to_owned()) } else { Err(wrong) })
}

async fn create(directory: &mut Directory, people: &mut [Profile]) -> Came {
    let operations = people.iter().map(|person| Operation::PutPerson(person.entry())).collect();
    let mut wrong = Vec::new();
    for (person, outcome) in people.iter_mut().zip(directory.push(operations).await?) {
        match outcome {
            Outcome::Done(receipt) => {
                if receipt.adopted {
                    wrong.push(format!("{}: adopted, although nobody was there", person.id));
                }
                person.remote = receipt.remote;
            }
            other => wrong.push(format!("{}: {}", person.id, directory::told(&other))),
        }
    }
    if wrong.is_empty() { held(directory, people).await } else { Ok(Err(wrong)) }
}

/// Pushed again as after a crash before the outcome was recorded: with the id, and as a new entry.
async fn repeat(directory: &mut Directory, people: &[Profile]) -> Came {
    let operations = people.iter().map(|person| Operation::PutPerson(person.again())).collect();
    let wrong = directory.refusals(operations).await?;
    if wrong.is_empty() { held(directory, people).await } else { Ok(Err(wrong)) }
}

async fn lost_answer(directory: &mut Directory, people: &[Profile]) -> Came {
    same_ids(directory, people, "an entry whose answer was lost").await
}

/// As for a host that never saw this target before.
async fn adopt(directory: &mut Directory, people: &[Profile]) -> Came {
    directory.forget().await?;
    same_ids(directory, people, "an entry that was there before").await
}

async fn same_ids(directory: &mut Directory, people: &[Profile], what: &str) -> Came {
    let operations = people.iter().map(|person| Operation::PutPerson(person.entry())).collect();
    let mut wrong = Vec::new();
    for (person, outcome) in people.iter().zip(directory.push(operations).await?) {
        match outcome {
            Outcome::Done(receipt) if receipt.remote == person.remote => {}
            Outcome::Done(receipt) => {
                wrong.push(format!(
                    "{what} of {} was made again: {:?}, then {:?}",
                    person.id, person.remote, receipt.remote
                ));
            }
            other => wrong.push(format!("{}: {}", person.id, directory::told(&other))),
        }
    }
    if wrong.is_empty() { held(directory, people).await } else { Ok(Err(wrong)) }
}

async fn changed(
    directory: &mut Directory,
    people: &mut [Profile],
    change: impl Fn(&mut Profile) -> Option<String>,
) -> Came {
    let mut what = None;
    let mut operations = Vec::new();
    for person in people.iter_mut() {
        let before = person.values.clone();
        what = change(person);
        operations.push(Operation::PutPerson(person.changed_from(before)));
    }
    let Some(what) = what else { return Ok(Ok("no attribute that can be changed so".to_owned())) };
    let wrong = directory.refusals(operations).await?;
    if !wrong.is_empty() {
        return Ok(Err(wrong));
    }
    Ok(held(directory, people).await?.map(|told| format!("`{what}`; {told}")))
}

async fn suspend(directory: &mut Directory, people: &[Profile]) -> Came {
    let Some(person) = people.first() else { return Ok(Ok(String::new())) };
    for active in [false, true] {
        let mut entry = person.again();
        entry.active = active;
        if let Err(wrong) = directory.done(Operation::PutPerson(entry)).await? {
            return Ok(Err(wrong));
        }
        let found = directory.people().await?;
        let state = found.as_ref().and_then(|found| found.get(person.remote.as_ref()?)).map(|entry| entry.active);
        if state.is_some_and(|state| state != active) {
            return Ok(Err(vec![format!("active should be {active} now, and is not")]));
        }
    }
    Ok(Ok("suspended, and active again".to_owned()))
}

/// One that cannot be done does not stop the others.
async fn partial(directory: &mut Directory, people: &[Profile]) -> Came {
    let (Some(first), Some(last)) = (people.first(), people.last()) else { return Ok(Ok(String::new())) };
    let mut nobody = Profile::new(&directory.attributes, 9_999);
    nobody.values.iter_mut().for_each(|value| *value = Value::Null);
    let operations = [first.again(), nobody.entry(), last.again()].map(Operation::PutPerson).to_vec();
    let outcomes = directory.push(operations).await?;
    match outcomes.as_slice() {
        [Outcome::Done(_), Outcome::Rejected(fault), Outcome::Done(_)] => {
            Ok(Ok(format!("somebody without any value is refused (\"{}\"), the others are done", fault.message)))
        }
        [Outcome::Done(_), Outcome::Done(receipt), Outcome::Done(_)] => {
            nobody.remote.clone_from(&receipt.remote);
            let wrong = directory.refusals(vec![Operation::RemovePerson(nobody.again())]).await?;
            Ok(if wrong.is_empty() { Ok("somebody without any value is taken too".to_owned()) } else { Err(wrong) })
        }
        other => Ok(Err(other.iter().map(directory::told).collect())),
    }
}

/// Does an operation, and once more.
async fn twice(directory: &mut Directory, operation: impl Fn(&Directory) -> Operation) -> Came {
    for time in ["", "once more: "] {
        if let Err(wrong) = directory.done(operation(directory)).await? {
            return Ok(Err(wrong.into_iter().map(|line| format!("{time}{line}")).collect()));
        }
    }
    Ok(Ok(String::new()))
}

async fn make_group(directory: &mut Directory, group: &mut directory::Group, members: &[&Profile]) -> Came {
    let operation = Operation::PutGroup(directory.members(group, members, Role::Member));
    Ok(match directory.done(operation).await? {
        Ok(receipt) if receipt.remote.is_none() => Err(vec!["the receipt has no id of the group".to_owned()]),
        Ok(receipt) => {
            group.remote = receipt.remote;
            directory.remember(group, &receipt.members);
            Ok(String::new())
        }
        Err(wrong) => Err(wrong),
    })
}

/// More members than go into one operation.
async fn batches(directory: &mut Directory, group: &directory::Group) -> Came {
    let at_a_time = directory.limits.members.clamp(1, MOST_MEMBERS);
    let count = if directory.limits.people == Delivery::Changes { at_a_time + 3 } else { 0 };
    let mut people: Vec<Profile> =
        (100..100 + count).map(|number| Profile::new(&directory.attributes, number)).collect();
    let operations = people.iter().map(|person| Operation::RemovePerson(person.entry())).collect();
    directory.refusals(operations).await?;
    let operations: Vec<Operation> = people.iter().map(|person| Operation::PutPerson(person.entry())).collect();
    let mut wrong = Vec::new();
    for (person, outcome) in people.iter_mut().zip(directory.push(operations).await?) {
        match outcome {
            Outcome::Done(receipt) => person.remote = receipt.remote,
            other => wrong.push(format!("{}: {}", person.id, directory::told(&other))),
        }
    }
    let all: Vec<&Profile> = people.iter().collect();
    let before = directory.member_count(group).await?;
    for batch in all.chunks(at_a_time as usize) {
        wrong.extend(
            directory
                .done(Operation::AddMembers(directory.members(group, batch, Role::Member)))
                .await?
                .err()
                .into_iter()
                .flatten(),
        );
    }
    let between = directory.member_count(group).await?;
    for batch in all.chunks(at_a_time as usize) {
        wrong.extend(
            directory
                .done(Operation::RemoveMembers(directory.members(group, batch, Role::Member)))
                .await?
                .err()
                .into_iter()
                .flatten(),
        );
    }
    let after = directory.member_count(group).await?;
    let operations = people.iter().map(|person| Operation::RemovePerson(person.again())).collect();
    wrong.extend(directory.refusals(operations).await?);
    if let (Some(before), Some(between), Some(after)) = (before, between, after)
        && (between != before + all.len() || after != before)
    {
        let count = all.len();
        wrong.push(format!("{before} members, {between} after {count} were added, {after} after they were removed"));
    }
    let told = format!("{} members in batches of {at_a_time}, in and out", all.len());
    Ok(if wrong.is_empty() { Ok(told) } else { Err(wrong) })
}

async fn rename(directory: &mut Directory, group: &mut directory::Group) -> Came {
    group.name = "Conformance Two".to_owned();
    let operation = Operation::PutGroup(directory.members(group, &[], Role::Member));
    Ok(match directory.done(operation).await? {
        Ok(receipt) if receipt.remote.is_some() && receipt.remote != group.remote => {
            Err(vec!["a renamed group has another id".to_owned()])
        }
        Ok(_) => match directory.group_named("Conformance Two").await? {
            Some(false) => Err(vec!["no group has the new name".to_owned()]),
            _ => Ok("the same group has the new name".to_owned()),
        },
        Err(wrong) => Err(wrong),
    })
}

async fn remove_group(directory: &mut Directory, group: &directory::Group, people: &[Profile], last: &Profile) -> Came {
    let out = Operation::RemoveMembers(directory.members(group, &[last], Role::Member));
    if let Err(wrong) = directory.done(out).await? {
        return Ok(Err(wrong));
    }
    if !directory.limits.can.contains(Abilities::REMOVE_GROUPS) {
        return Ok(members_are(directory, group, people, &[]).await?.map(|_| "cannot be removed: emptied".to_owned()));
    }
    let operation = |_: &Directory| Operation::RemoveGroup(group.entry());
    if let Err(wrong) = twice(directory, operation).await? {
        return Ok(Err(wrong));
    }
    Ok(match directory.group_named(&group.name).await? {
        Some(true) => Err(vec!["the group is still there".to_owned()]),
        _ => Ok("gone, also when it is removed once more".to_owned()),
    })
}

async fn remove_people(directory: &mut Directory, people: &[Profile]) -> Came {
    if !directory.limits.can.contains(Abilities::REMOVE_PEOPLE) {
        return Ok(Ok("the target cannot remove an entry: those of this suite stay".to_owned()));
    }
    for _ in 0..2 {
        let operations = people.iter().map(|person| Operation::RemovePerson(person.again())).collect();
        let wrong = directory.refusals(operations).await?;
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
    }
    let Some(found) = directory.people().await? else { return Ok(Ok("done, also once more".to_owned())) };
    let left = people.iter().filter(|person| person.remote.as_ref().is_some_and(|remote| found.contains_key(remote)));
    let wrong: Vec<String> = left.map(|person| format!("{} is still there", person.id)).collect();
    Ok(if wrong.is_empty() { Ok("gone, also when they are removed once more".to_owned()) } else { Err(wrong) })
}

/// Each is there once, with the values that it should have.
async fn held(directory: &mut Directory, people: &[Profile]) -> Came {
    let Some(found) = directory.people().await? else { return Ok(Ok("cannot be read back".to_owned())) };
    let mut wrong = Vec::new();
    for person in people {
        match person.remote.as_ref().and_then(|remote| found.get(remote)) {
            None => wrong.push(format!("{} is not listed", person.id)),
            Some(entry) => wrong.extend(person.differences(&entry.values)),
        }
        let doubles = found.values().filter(|entry| entry.person.as_ref() == Some(&person.id)).count();
        if doubles > 1 {
            wrong.push(format!("{} is there {doubles} times", person.id));
        }
    }
    Ok(if wrong.is_empty() { Ok(format!("{} entries read back as they should be", people.len())) } else { Err(wrong) })
}

/// Of the people of this suite, these are members and the others are not.
async fn members_are(
    directory: &mut Directory,
    group: &directory::Group,
    all: &[Profile],
    members: &[&Profile],
) -> Came {
    let Some(found) = directory.roster(group).await? else { return Ok(Ok("cannot be read back".to_owned())) };
    let mut wrong = Vec::new();
    for person in all {
        let listed =
            found.contains(&person.matching()) || person.remote.as_ref().is_some_and(|remote| found.contains(remote));
        match (listed, members.iter().any(|member| member.id == person.id)) {
            (false, true) => wrong.push(format!("{} is not among the members", person.id)),
            (true, false) => wrong.push(format!("{} should not be a member", person.id)),
            _ => {}
        }
    }
    Ok(if wrong.is_empty() { Ok(format!("{} members read back as they should be", members.len())) } else { Err(wrong) })
}

/// Everything, and the word that it was everything; and once more.
async fn whole_people(directory: &mut Directory, people: &[Profile]) -> Came {
    let mut wrong = Vec::new();
    for count in [people.len(), people.len(), 1] {
        let kept = people.iter().take(count);
        let operations: Vec<Operation> = kept.map(|person| Operation::PutPerson(person.entry())).collect();
        wrong.extend(directory.in_one(operations, Part::People).await?);
    }
    Ok(if wrong.is_empty() { Ok("handed out whole three times".to_owned()) } else { Err(wrong) })
}

async fn whole_groups(directory: &mut Directory, people: &[Profile]) -> Came {
    let group = directory.group("conformance-one", "Conformance One");
    let all: Vec<&Profile> = people.iter().collect();
    let mut wrong = Vec::new();
    for members in [all.as_slice(), all.as_slice(), &[]] {
        let operation = Operation::PutGroup(directory.members(&group, members, Role::Member));
        wrong.extend(directory.in_one(vec![operation], Part::Groups).await?);
    }
    Ok(if wrong.is_empty() { Ok("handed out whole three times".to_owned()) } else { Err(wrong) })
}
