use super::*;
use rollcall_sdk::outbox::OutboxFile;
use rollcall_sdk::settings::parse;
use rollcall_sdk::target::Member;
use rollcall_sdk::testing::MemoryOutbox;

fn files(outbox: &MemoryOutbox, settings: &str) -> Files<MemoryOutbox> {
    Files::new(outbox.clone(), parse(settings).unwrap(), &attributes()).unwrap()
}

fn attributes() -> [Attribute; 2] {
    [Attribute::text("name"), Attribute::text("phone_number")]
}

fn person(id: &str, name: &str) -> Operation {
    Operation::PutPerson(entry(id, name))
}

fn entry(id: &str, name: &str) -> PersonEntry {
    PersonEntry {
        person: id.into(),
        remote: None,
        values: vec![name.into(), Value::Null],
        before: vec![],
        active: true,
    }
}

fn group(key: &str, parent: Option<&str>, people: &[(&str, Role)]) -> GroupWithMembers {
    let member = |(person, role): &(&str, Role)| Member {
        person: (*person).to_owned(),
        remote: None,
        membership: None,
        matching: String::new(),
        role: *role,
    };
    GroupWithMembers {
        group: GroupEntry {
            key: key.into(),
            remote: None,
            name: format!("Group {key}"),
            parent: parent.map(str::to_owned),
            welcome_message: Some("Hi, you".into()),
        },
        members: people.iter().map(member).collect(),
    }
}

fn all_done(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_)))
}

#[test]
fn people_groups_and_members_become_three_files() {
    let outbox = MemoryOutbox::new();
    let files = files(&outbox, "{}");
    let operations = [person("1", "Vance, Adele"), person("2", "Zoë"), Operation::Finish(Part::People)];
    assert!(all_done(&files.push(&operations)));
    let expected = "id,name,phone_number\r\n1,\"Vance, Adele\",\r\n2,Zoë,\r\n";
    assert_eq!(outbox.file("people.csv").as_deref(), Some(expected));
    assert_eq!(outbox.file("groups.csv"), None);

    let operations = [
        Operation::PutGroup(group("a", None, &[("1", Role::Admin)])),
        Operation::AddMembers(group("a", None, &[("2", Role::Member)])),
        Operation::PutGroup(group("b", Some("a"), &[])),
    ];
    assert!(all_done(&files.push(&operations)));
    assert_eq!(outbox.file("groups.csv"), None);
    assert!(all_done(&files.push(&[Operation::Finish(Part::Groups)])));
    let groups = "key,name,parent,welcome_message\r\na,Group a,,\"Hi, you\"\r\nb,Group b,a,\"Hi, you\"\r\n";
    assert_eq!(outbox.file("groups.csv").as_deref(), Some(groups));
    assert_eq!(outbox.file("members.csv").as_deref(), Some("group,person,role\r\na,1,admin\r\na,2,member\r\n"));
}

#[test]
fn an_instance_hands_out_again_from_the_beginning_after_it_finished() {
    let outbox = MemoryOutbox::new();
    let files = files(&outbox, "{}");
    files.push(&[person("1", "A"), Operation::Finish(Part::People)]);
    files.push(&[person("2", "B"), Operation::Finish(Part::People)]);
    assert_eq!(outbox.file("people.csv").as_deref(), Some("id,name,phone_number\r\n2,B,\r\n"));
}

#[test]
fn a_part_without_entries_is_a_file_with_nothing_but_names_and_leaves_the_other_part_alone() {
    let outbox = MemoryOutbox::new();
    let files = files(&outbox, "{}");
    files.push(&[Operation::Finish(Part::Groups)]);
    assert_eq!(outbox.file("groups.csv").as_deref(), Some("key,name,parent,welcome_message\r\n"));
    assert_eq!(outbox.file("members.csv").as_deref(), Some("group,person,role\r\n"));
    assert_eq!(outbox.file("people.csv"), None);
    files.push(&[Operation::Finish(Part::People)]);
    assert_eq!(outbox.file("people.csv").as_deref(), Some("id,name,phone_number\r\n"));
}

#[test]
fn who_is_suspended_is_left_out_unless_a_column_tells_who_is_active() {
    let suspended = || Operation::PutPerson(PersonEntry { active: false, ..entry("1", "A") });
    for (settings, expected, can) in [
        ("{}", "id,name,phone_number\r\n", false),
        (r#"{"active_column": "active"}"#, "id,active,name,phone_number\r\n1,false,A,\r\n", true),
    ] {
        let outbox = MemoryOutbox::new();
        let files = files(&outbox, settings);
        assert!(all_done(&files.push(&[suspended(), Operation::Finish(Part::People)])));
        assert_eq!(outbox.file("people.csv").as_deref(), Some(expected));
        assert_eq!(files.limits().can.has(Abilities::SUSPEND_PEOPLE), can);
    }
}

#[test]
fn what_is_to_be_kept_is_what_was_there_before() {
    let outbox = MemoryOutbox::new();
    let kept = PersonEntry {
        values: vec![Value::Keep, Value::Null],
        before: vec!["Adele".into(), "+1".into()],
        ..entry("1", "")
    };
    files(&outbox, "{}").push(&[Operation::PutPerson(kept), Operation::Finish(Part::People)]);
    assert_eq!(outbox.file("people.csv").as_deref(), Some("id,name,phone_number\r\n1,Adele,\r\n"));
}

#[test]
fn names_delimiter_mark_separator_and_guard_are_settings() {
    let outbox = MemoryOutbox::new();
    let settings = r#"{"people_file": "staff.txt", "delimiter": "\t", "bom": true, "guard_formulas": true, "list_separator": "|"}"#;
    let listed =
        PersonEntry { values: vec!["=1+1".into(), Value::Texts(vec!["a".into(), "b".into()])], ..entry("1", "") };
    files(&outbox, settings).push(&[Operation::PutPerson(listed), Operation::Finish(Part::People)]);
    assert_eq!(outbox.file("staff.txt").as_deref(), Some("\u{feff}id\tname\tphone_number\r\n1\t'=1+1\ta|b\r\n"));
}

#[test]
fn a_column_that_is_there_twice_is_refused() {
    let new = |settings: &str, attributes: &[Attribute]| {
        Files::new(MemoryOutbox::new(), parse(settings).unwrap(), attributes).unwrap_err().setting
    };
    assert_eq!(new("{}", &[Attribute::text("id")]), "");
    assert_eq!(new(r#"{"active_column": "name"}"#, &attributes()), "active_column");
    assert_eq!(new(r#"{"active_column": "id"}"#, &attributes()), "active_column");
}

#[test]
fn removals_are_left_to_the_next_whole_file() {
    let outcomes = files(&MemoryOutbox::new(), "{}").push(&[
        Operation::RemovePerson(entry("1", "A")),
        Operation::RemoveMembers(group("a", None, &[])),
        Operation::RemoveGroup(group("a", None, &[]).group),
    ]);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Unsupported(_))));
}

/// An outbox whose disk is full after some writes.
struct FullDisk;

struct FullFile;

impl Outbox for FullDisk {
    type File = FullFile;

    fn create(&self, _name: &str) -> Result<FullFile, String> {
        Ok(FullFile)
    }
}

impl OutboxFile for FullFile {
    fn write(&self, _text: &str) -> Result<(), String> {
        Err("the disk is full".to_owned())
    }

    fn finish(self) -> Result<(), String> {
        panic!("a file that could not be written must not take its place")
    }
}

#[test]
fn a_file_that_cannot_be_written_is_tried_again_and_never_takes_its_place() {
    let files = Files::new(FullDisk, Settings::default(), &attributes()).unwrap();
    let many: Vec<Operation> = (0..10_000).map(|number| person(&number.to_string(), "Somebody")).collect();
    let outcomes = files.push(&many);
    let Some(Outcome::Retry(retry)) = outcomes.last() else { panic!("{:?}", outcomes.last()) };
    assert_eq!(retry.fault.message, "The file people.csv was not written: the disk is full.");
    assert!(matches!(files.push(&[Operation::Finish(Part::People)])[0], Outcome::Retry(_)));
    assert!(matches!(files.push(&[Operation::Finish(Part::Groups)])[0], Outcome::Retry(_)));
}
