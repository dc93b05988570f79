//! What any store must do. The tests speak to the trait only; `open` is the one place that knows the implementation.

use std::collections::BTreeSet;

use super::SqliteStore;
use crate::store::*;

struct Fixture {
    store: Box<dyn Store>,
    _folder: tempfile::TempDir,
}

fn open() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = Box::new(SqliteStore::open(&folder.path().join("state.db")).unwrap());
    Fixture { store, _folder: folder }
}

fn interest() -> Interest {
    Interest {
        mapping: Names::of_paths(["name", "phone"]),
        grouping: Names::of_paths(["department"]),
        looked_up: Names::of_paths(["name"]),
    }
}

fn page(fixture: &Fixture, full: bool, changes: &[SourceChange]) -> PageReceipt {
    let commit = PageCommit { changes, full, interest: &interest(), settings: &[], effects: &Effects::default() };
    fixture.store.commit_page(&commit).unwrap()
}

fn user(id: &str, patch: &str) -> SourceChange {
    SourceChange::User(id.into(), patch.into())
}

fn jobs(fixture: &Fixture, stage: Stage) -> Vec<Job> {
    fixture.store.jobs(stage, 0, None, 1000, false).unwrap().0
}

/// Decides that somebody is present with this phone number and in these groups.
fn present(job: &Job, phone: &str, groups: &[&str]) -> Decision {
    let profile = format!("[1,\"{phone}\"]");
    Decision {
        row: job.row,
        fate: Fate::Present,
        reason: None,
        differs: job.applied.as_ref() != Some(&profile),
        profile: Some(profile),
        matching: Some(phone.into()),
        belongings: Some(Belongings {
            keys: groups.iter().map(|key| ((*key).to_owned(), "rule".to_owned())).collect(),
            ..Belongings::default()
        }),
        looked_up: None,
        map_due: None,
        group_due: None,
        failure: None,
    }
}

fn absent(job: &Job) -> Decision {
    Decision {
        fate: Fate::Absent,
        profile: None,
        matching: None,
        belongings: None,
        differs: true,
        ..present(job, "", &[])
    }
}

fn decide(fixture: &Fixture, decisions: &[Decision]) -> Vec<Conflict> {
    fixture.store.commit_decisions(decisions, &Effects::default()).unwrap()
}

fn describe(fixture: &Fixture, keys: &[&str]) {
    let teams: Vec<_> = keys
        .iter()
        .map(|key| TeamDescription {
            key: (*key).into(),
            definition: Some(format!("{{\"name\":\"{key}\"}}")),
            parent: None,
            minimum: 1,
            keep_empty: true,
            admins: vec![],
        })
        .collect();
    fixture.store.describe_teams(&teams).unwrap();
}

fn people(fixture: &Fixture, phase: PeoplePhase) -> Vec<PersonWork> {
    fixture.store.people(phase, 0, 0, 100, None).unwrap()
}

const IN: PeoplePhase = PeoplePhase::In { matching_is_identity: false };
const OUT: PeoplePhase = PeoplePhase::Out { confirmed_only: false, alone: false };
const MEMBERS_IN: Direction = Direction::In { matching_is_identity: false };
const MEMBERS_OUT: Direction = Direction::Out { leave_to_people_out: false, confirmed_only: false };

fn put(fixture: &Fixture, work: &PersonWork) {
    let applied = Applied::PersonIn {
        row: work.row,
        profile: work.profile.clone().unwrap(),
        matching: work.matching.clone(),
        active: true,
        remote: Some(format!("r-{}", work.id)),
    };
    fixture.store.record(&[applied], &Effects::default(), &[]).unwrap();
}

/// Pushes everything there is to push, as a target that never fails; answers how many things were done.
fn push_all(fixture: &Fixture) -> usize {
    let store = &fixture.store;
    let mut done = 0;
    let record = |applied: Applied| store.record(&[applied], &Effects::default(), &[]).unwrap();
    for work in people(fixture, IN) {
        put(fixture, &work);
        done += 1;
    }
    for team in store.teams_in(0, 0, 100).unwrap() {
        record(Applied::TeamIn { row: team.row, definition: team.definition.unwrap(), remote: Some("t".into()) });
        done += 1;
    }
    for direction in [MEMBERS_IN, MEMBERS_OUT] {
        for team in store.teams_with_members(direction, 0, 0, 100, None).unwrap() {
            let members = store.members(team.row, direction, 0, 0, 100, None).unwrap();
            done += members.len();
            record(match direction {
                Direction::In { .. } => Applied::MembersIn {
                    team: team.row,
                    members: members.iter().map(|m| (m.row, Some(format!("m-{}", m.id)), m.admin)).collect(),
                },
                Direction::Out { .. } => {
                    Applied::MembersOut { team: team.row, members: members.iter().map(|m| m.row).collect() }
                }
            });
        }
    }
    for team in store.teams_out(0, 0, 100).unwrap() {
        record(Applied::TeamOut { row: team.row, left: false });
        done += 1;
    }
    for work in people(fixture, OUT) {
        record(Applied::PersonOut { row: work.row, memberships: true });
        done += 1;
    }
    done
}

#[test]
fn only_changes_that_matter_give_work() {
    let fixture = open();
    let receipt = page(&fixture, true, &[user("b", r#"{"name":"B"}"#), user("a", r#"{"name":"A","department":"X"}"#)]);
    assert_eq!((receipt.new, receipt.changed), (2, 0));
    let decisions: Vec<_> = jobs(&fixture, Stage::Map).iter().map(|job| present(job, &job.id, &[])).collect();
    decide(&fixture, &decisions);
    assert_eq!(jobs(&fixture, Stage::Map).len(), 0);

    assert_eq!(page(&fixture, false, &[user("a", r#"{"name":"A"}"#)]).unchanged, 1);
    page(&fixture, false, &[user("a", r#"{"city":"Pune"}"#)]);
    assert_eq!((jobs(&fixture, Stage::Map).len(), jobs(&fixture, Stage::Group).len()), (0, 0));
    page(&fixture, false, &[user("a", r#"{"department":"Y"}"#)]);
    assert_eq!((jobs(&fixture, Stage::Map).len(), jobs(&fixture, Stage::Group).len()), (0, 1));
    page(&fixture, false, &[user("a", r#"{"name":"Aa"}"#)]);
    assert_eq!(
        jobs(&fixture, Stage::Map)[0].object.as_deref(),
        Some(r#"{"city":"Pune","department":"Y","name":"Aa"}"#)
    );
}

#[test]
fn a_queue_is_read_on_from_where_it_was_left_although_nobody_was_decided_about() {
    let fixture = open();
    let users: Vec<SourceChange> = ["a", "b", "c", "d", "e", "f"].iter().map(|id| user(id, "{}")).collect();
    page(&fixture, true, &users);
    let all = jobs(&fixture, Stage::Map);
    let later = |job: &Job, at| Decision { map_due: Some(at), ..present(job, &job.id, &[]) };
    decide(&fixture, &[later(&all[1], 7), later(&all[4], 5), later(&all[5], 9)]);
    let mut after = None;
    let mut read = Vec::new();
    loop {
        let (batch, next) = fixture.store.jobs(Stage::Map, 8, after, 2, false).unwrap();
        if batch.is_empty() {
            break;
        }
        read.push(batch.into_iter().map(|job| job.id).collect::<Vec<_>>().concat());
        after = next;
    }
    assert_eq!(read, ["ac", "de", "b"], "by time, then by row; \"f\" is not due yet");
}

#[test]
fn a_later_change_of_one_user_in_a_page_wins() {
    let fixture = open();
    page(&fixture, true, &[user("z", r#"{"name":"1"}"#), user("a", "{}"), user("z", r#"{"name":"2"}"#)]);
    assert_eq!(fixture.store.object("z").unwrap().as_deref(), Some(r#"{"name":"2"}"#));
    page(&fixture, false, &[user("z", r#"{"name":"3"}"#), SourceChange::Removed("z".into()), user("a", "{}")]);
    assert_eq!(fixture.store.object("z").unwrap(), None);
}

#[test]
fn an_unreadable_object_is_reported_and_the_page_goes_on() {
    let fixture = open();
    let receipt = page(&fixture, true, &[user("a", "not json"), user("b", "{}")]);
    assert_eq!((receipt.new, receipt.bad.len(), receipt.bad[0].0.as_str()), (1, 1, "a"));
}

#[test]
fn a_full_round_sweeps_what_it_did_not_mention_and_nothing_else() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}"), user("b", "{}")]);
    fixture.store.start_full_round().unwrap();
    page(&fixture, true, &[user("b", "{}")]);
    assert_eq!(fixture.store.sweep(10).unwrap(), ["a"]);
    assert_eq!(fixture.store.sweep(10).unwrap(), Vec::<String>::new());
    assert!(fixture.store.object("a").unwrap().is_none() && fixture.store.object("b").unwrap().is_some());
}

#[test]
fn dependents_are_mapped_again_when_what_they_looked_at_changes() {
    let fixture = open();
    page(&fixture, true, &[user("boss", r#"{"name":"Boss"}"#), user("a", r#"{"name":"A"}"#)]);
    let mut decisions: Vec<_> = jobs(&fixture, Stage::Map).iter().map(|job| present(job, &job.id, &[])).collect();
    decisions[0].looked_up = Some(BTreeSet::from(["boss".to_owned()]));
    decide(&fixture, &decisions);
    page(&fixture, false, &[user("boss", r#"{"name":"Chief"}"#)]);
    let due: Vec<_> = jobs(&fixture, Stage::Map).into_iter().map(|job| job.id).collect();
    assert_eq!(due, ["a", "boss"]);
}

#[test]
fn a_person_passes_through_its_whole_life() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}"), user("b", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &["sales"]), present(&queue[1], "+2", &["sales", "hr"])]);
    assert_eq!(fixture.store.undescribed_teams(10).unwrap(), ["hr", "sales"]);
    describe(&fixture, &["hr", "sales"]);
    assert_eq!(push_all(&fixture), 2 + 2 + 3);
    assert!(fixture.store.pending(0).unwrap().is_empty());
    assert_eq!(push_all(&fixture), 0);

    page(&fixture, false, &[SourceChange::Removed("b".into())]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[absent(&queue[0])]);
    assert_eq!(push_all(&fixture), 2 + 1);
    assert_eq!(fixture.store.applied_people().unwrap(), 1);
    assert!(fixture.store.pending(0).unwrap().is_empty(), "{:?}", fixture.store.pending(0));
}

#[test]
fn a_group_that_is_to_go_when_it_is_empty_goes() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &["shift"])]);
    let description = TeamDescription {
        key: "shift".into(),
        definition: Some("{}".into()),
        parent: None,
        minimum: 1,
        keep_empty: false,
        admins: vec![],
    };
    fixture.store.describe_teams(&[description]).unwrap();
    push_all(&fixture);
    decide(&fixture, &[present(&queue[0], "+1", &[])]);
    assert_eq!(fixture.store.pending(0).unwrap().groups_removed, 1);
    push_all(&fixture);
    assert!(fixture.store.pending(0).unwrap().is_empty());
}

#[test]
fn a_parent_is_made_before_its_child_and_although_nobody_is_in_it() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &["child"])]);
    describe(&fixture, &["parent"]);
    let child = TeamDescription {
        key: "child".into(),
        definition: Some("{}".into()),
        parent: Some("parent".into()),
        minimum: 1,
        keep_empty: true,
        admins: vec![],
    };
    fixture.store.describe_teams(&[child]).unwrap();
    let first: Vec<_> = fixture.store.teams_in(0, 0, 10).unwrap().into_iter().map(|team| team.key).collect();
    assert_eq!(first, ["parent"]);
    push_all(&fixture);
    let second = fixture.store.teams_in(0, 0, 10).unwrap();
    assert_eq!((second[0].key.as_str(), second[0].parent_remote.as_deref()), ("child", Some("t")));
}

#[test]
fn the_second_with_a_phone_number_waits_until_the_first_gives_it_up() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}"), user("b", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    let conflicts = decide(&fixture, &[present(&queue[0], "+1", &[]), present(&queue[1], "+1", &[])]);
    assert_eq!(conflicts, [Conflict { id: "b".into(), holder: "a".into(), value: "+1".into() }]);
    push_all(&fixture);
    decide(&fixture, &[absent(&queue[0])]);
    let woken = jobs(&fixture, Stage::Map);
    assert_eq!(woken.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(decide(&fixture, &[present(&woken[0], "+1", &[])]), []);
    let displaced = people(&fixture, PeoplePhase::Displaced { matching_is_identity: false, alone: false });
    assert_eq!(displaced.iter().map(|work| work.id.as_str()).collect::<Vec<_>>(), ["a"]);
}

/// A group is not kept for the sake of somebody who cannot enter it.
#[test]
fn whoever_is_held_enters_no_group_and_stays_where_they_are() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &["old"])]);
    describe(&fixture, &["old", "new"]);
    push_all(&fixture);
    decide(&fixture, &[present(&queue[0], "+1", &["old", "new"])]);
    describe(&fixture, &["old", "new"]);
    assert_eq!(fixture.store.pending(0).unwrap().groups_created, 1);
    let held = Decision { fate: Fate::Held, belongings: None, ..present(&queue[0], "+1", &[]) };
    decide(&fixture, &[held]);
    assert_eq!(fixture.store.pending(0).unwrap().groups_created, 0);
    assert_eq!(push_all(&fixture), 0);
    assert_eq!(fixture.store.groups_of(queue[0].row).unwrap(), ["old"]);
    decide(&fixture, &[present(&queue[0], "+1", &["old", "new"])]);
    assert_eq!(push_all(&fixture), 3, "the person, the group and the membership");
    assert_eq!(fixture.store.groups_of(queue[0].row).unwrap(), ["new", "old"]);
}

#[test]
fn what_was_begun_for_somebody_who_is_held_and_in_the_way_is_finished() {
    let fixture = open();
    page(&fixture, true, &[user("a", r#"{"name": "A"}"#), user("b", r#"{"name": "B"}"#)]);
    let due = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&due[0], "1", &["g"])]);
    describe(&fixture, &["g"]);
    people(&fixture, IN).iter().for_each(|work| put(&fixture, work));
    let team = fixture.store.teams_in(0, 0, 100).unwrap().remove(0);
    let made = Applied::TeamIn { row: team.row, definition: team.definition.unwrap(), remote: Some("t".into()) };
    let next = [Attempt::MembersIn { team: team.row, members: vec![due[0].row] }];
    fixture.store.record(&[made], &Effects::default(), &next).unwrap();
    // No answer came. Then somebody else gets the number, and the first one cannot be mapped.
    decide(&fixture, &[present(&due[0], "2", &["g"]), present(&due[1], "1", &[])]);
    decide(&fixture, &[Decision { fate: Fate::Held, ..present(&due[0], "2", &[]) }]);
    let entering = |direction| fixture.store.members(team.row, direction, 0, 0, 100, None).unwrap().len();
    assert_eq!(entering(MEMBERS_IN), 1, "what the target made of it must be found out");
    let by_number = Direction::In { matching_is_identity: true };
    assert_eq!(entering(by_number), 0, "there the number is another's, and the entry is removed");
}

#[test]
fn a_state_of_an_older_version_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(super::MIGRATIONS[0]).unwrap();
    old.execute_batch("insert into person (id, map_due) values ('a', 0); pragma user_version = 1").unwrap();
    drop(old);
    let fixture = Fixture { store: Box::new(SqliteStore::open(&path).unwrap()), _folder: folder };
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &["team"])]);
    assert_eq!(fixture.store.groups_of(queue[0].row).unwrap(), ["team"]);
}

#[test]
fn two_people_can_swap_their_phone_numbers() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}"), user("b", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &[]), present(&queue[1], "+2", &[])]);
    push_all(&fixture);
    let again = |phone: &str, at: usize| present(&queue[at], phone, &[]);
    assert_eq!(decide(&fixture, &[again("+2", 0), again("+1", 1)]).len(), 1);
    let woken = jobs(&fixture, Stage::Map);
    assert_eq!((woken.len(), woken[0].id.as_str()), (1, "a"));
    assert_eq!(decide(&fixture, &[again("+2", 0)]), []);
    let displaced = people(&fixture, PeoplePhase::Displaced { matching_is_identity: true, alone: false });
    assert_eq!(displaced.len(), 2);
}

#[test]
fn a_failure_waits_for_its_time_and_a_new_wish_does_not() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &[])]);
    let failed = Failed {
        subject: Subject::Person(queue[0].row),
        attempts: 1,
        next: 5_000,
        reason: "no".into(),
        status: Some(500),
        code: None,
        request_id: None,
    };
    fixture.store.record(&[Applied::Failed(failed)], &Effects::default(), &[]).unwrap();
    assert_eq!(people(&fixture, IN).len(), 0);
    assert_eq!(fixture.store.next_due(0).unwrap(), Some(5_000));
    assert_eq!(fixture.store.people(IN, 5_000, 0, 10, None).unwrap().len(), 1);
    decide(&fixture, &[present(&queue[0], "+1", &[])]);
    assert_eq!(people(&fixture, IN).len(), 0, "the same wish keeps its wait");
    decide(&fixture, &[present(&queue[0], "+2", &[])]);
    assert_eq!(people(&fixture, IN).len(), 1);
}

#[test]
fn held_deletions_go_when_they_are_confirmed_and_only_those() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}"), user("b", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &["g"]), present(&queue[1], "+2", &["g"])]);
    describe(&fixture, &["g"]);
    push_all(&fixture);
    decide(&fixture, &[absent(&queue[0])]);
    let run = fixture.store.start_run("incremental", "2026-01-01T00:00:00Z").unwrap();
    assert_eq!(fixture.store.hold(run, 0).unwrap(), 1);
    decide(&fixture, &[absent(&queue[1])]);
    let confirmed = PeoplePhase::Out { confirmed_only: true, alone: false };
    assert_eq!(people(&fixture, confirmed).len(), 0);
    let held = Direction::Out { leave_to_people_out: false, confirmed_only: true };
    assert_eq!(fixture.store.teams_with_members(held, 0, 0, 10, None).unwrap().len(), 0);
    assert_eq!(fixture.store.confirm(run).unwrap(), 1);
    assert_eq!(people(&fixture, confirmed).iter().map(|work| work.id.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn memberships_of_a_rule_that_is_gone_end() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &["g"])]);
    describe(&fixture, &["g"]);
    push_all(&fixture);
    fixture.store.retire_rules(&BTreeSet::new()).unwrap();
    assert_eq!(fixture.store.pending(0).unwrap().members_removed, 1);
}

#[test]
fn an_undecided_rule_changes_nothing() {
    let fixture = open();
    page(&fixture, true, &[user("a", "{}")]);
    let queue = jobs(&fixture, Stage::Map);
    decide(&fixture, &[present(&queue[0], "+1", &["g"])]);
    let mut undecided = present(&queue[0], "+1", &[]);
    undecided.belongings.as_mut().unwrap().undecided.insert("rule".into());
    decide(&fixture, &[undecided]);
    describe(&fixture, &["g"]);
    assert_eq!(fixture.store.all_teams(0, 10).unwrap()[0].members, 1);
}

#[test]
fn a_state_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::TooNew { found: 99, .. })));
}

#[test]
fn a_copy_holds_what_the_state_holds_and_may_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("state.db")).unwrap();
    store.set(&[("colour", Some("red"))]).unwrap();
    assert_eq!(store.setting("colour").unwrap().as_deref(), Some("red"));
    store.copy_to(&folder.path().join("copy.db")).unwrap();
    let copy = SqliteStore::open(&folder.path().join("copy.db")).unwrap();
    assert_eq!(copy.setting("colour").unwrap().as_deref(), Some("red"));
    copy.set(&[("colour", Some("blue"))]).unwrap();
    assert_eq!(store.setting("colour").unwrap().as_deref(), Some("red"));
}
