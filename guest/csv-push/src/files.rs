//! Operations, and the three files that they become.
//!
//! The host hands out all people and `finish`, then all groups with all their members and `finish`, in one instance; either half
//! may be missing in a run. A file is begun with its first line. What cannot be written breaks its half: nothing of it takes its
//! place, and the host tries the whole again.

use std::cell::RefCell;
use std::fmt;

use rollcall_sdk::outbox::Outbox;
use rollcall_sdk::target::{
    Abilities, Delivery, GroupEntry, GroupWithMembers, Operation, Outcome, Part, PersonEntry, Receipt, Role,
    TargetLimits,
};
use rollcall_sdk::{Attribute, Fault, Problem, Value};

use crate::settings::Settings;
use crate::table::{Form, Table};
use crate::text::text;

/// Names of the columns that are not attributes.
const ID: &str = "id";
const GROUP_COLUMNS: [&str; 4] = ["key", "name", "parent", "welcome_message"];
const MEMBER_COLUMNS: [&str; 3] = ["group", "person", "role"];

/// The files of people, groups and members, written to an outbox.
pub struct Files<O: Outbox> {
    outbox: O,
    settings: Settings,
    form: Form,
    attributes: Vec<String>,
    people: RefCell<Half<Table<O::File>>>,
    groups: RefCell<Half<GroupTables<O::File>>>,
}

/// What was handed out of one part.
enum Half<T> {
    /// Nothing yet.
    Idle,
    /// Something.
    Open(T),
    /// Something, and it could not be written.
    Broken(String),
}

struct GroupTables<F> {
    groups: Table<F>,
    members: Table<F>,
}

impl<T> Half<T> {
    /// Does something with what is open, after beginning it if need be. After a failure nothing more is done.
    fn with(
        &mut self,
        begin: impl FnOnce() -> Result<T, String>,
        work: impl FnOnce(&mut T) -> Result<(), String>,
    ) -> Result<(), String> {
        if matches!(self, Half::Idle) {
            *self = begin().map_or_else(Half::Broken, Half::Open);
        }
        let done = match self {
            Half::Open(tables) => work(tables),
            Half::Broken(reason) => Err(reason.clone()),
            Half::Idle => Ok(()),
        };
        done.inspect_err(|reason| *self = Half::Broken(reason.clone()))
    }

    /// Takes what is open, or begins it: a part without a single entry is a file with nothing but names.
    fn take(&mut self, begin: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        match std::mem::replace(self, Half::Idle) {
            Half::Idle => begin(),
            Half::Open(tables) => Ok(tables),
            Half::Broken(reason) => Err(reason),
        }
    }
}

impl<O: Outbox> fmt::Debug for Files<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<O: Outbox> Files<O> {
    /// Checks the settings. Nothing is written.
    pub fn new(outbox: O, settings: Settings, attributes: &[Attribute]) -> Result<Self, Problem> {
        let delimiter = settings.check()?;
        let attributes: Vec<String> = attributes.iter().map(|attribute| attribute.name.clone()).collect();
        if let Some(column) = &settings.active_column
            && (column == ID || attributes.contains(column))
        {
            return Err(Problem::new("active_column", format!("there is a column `{column}` already")));
        }
        if attributes.iter().any(|name| name == ID) {
            let message =
                format!("The profile has an attribute `{ID}`; people.csv has the source's id in that column.");
            return Err(Problem::new("", message));
        }
        Ok(Files {
            outbox,
            form: Form { delimiter, bom: settings.bom, guard: settings.guard_formulas },
            settings,
            attributes,
            people: RefCell::new(Half::Idle),
            groups: RefCell::new(Half::Idle),
        })
    }

    /// Everything, whenever anything changed. Not `removal-ends-memberships`: the file of members is written from memberships.
    pub fn limits(&self) -> TargetLimits {
        let always =
            Abilities::REMOVE_PEOPLE | Abilities::UPDATE_PEOPLE | Abilities::RENAME_GROUPS | Abilities::REMOVE_GROUPS;
        let suspend =
            if self.settings.active_column.is_some() { Abilities::SUSPEND_PEOPLE } else { Abilities::empty() };
        TargetLimits {
            operations: 1_000,
            members: 1_000,
            concurrency: 1,
            requests_per_minute: None,
            people: Delivery::Everything,
            groups: Delivery::Everything,
            can: always | suspend,
        }
    }

    /// Writes a batch.
    pub fn push(&self, operations: &[Operation]) -> Vec<Outcome> {
        operations.iter().map(|operation| self.one(operation)).collect()
    }

    fn one(&self, operation: &Operation) -> Outcome {
        let whole = |what: &str| {
            Outcome::Unsupported(format!("CSV files are written whole: {what} is left out rather than removed."))
        };
        match operation {
            Operation::PutPerson(person) => self.add_person(person),
            Operation::PutGroup(entry) => self.add_group(Some(&entry.group), entry),
            Operation::AddMembers(entry) => self.add_group(None, entry),
            Operation::Finish(Part::People) => self.finish_people(),
            Operation::Finish(Part::Groups) => self.finish_groups(),
            Operation::RemovePerson(_) => whole("a person"),
            Operation::RemoveMembers(_) => whole("a member"),
            Operation::RemoveGroup(_) => whole("a group"),
        }
    }

    fn add_person(&self, person: &PersonEntry) -> Outcome {
        if !person.active && self.settings.active_column.is_none() {
            return Outcome::Done(Receipt::plain());
        }
        let value = |at: usize| match person.values.get(at) {
            Some(Value::Keep) | None => person.before.get(at),
            value => value,
        };
        let fields: Vec<String> = (0..self.attributes.len())
            .map(|at| value(at).map(|value| text(value, &self.settings.list_separator)).unwrap_or_default())
            .collect();
        let active = self.settings.active_column.is_some().then_some(if person.active { "true" } else { "false" });
        let line = [person.person.as_str()].into_iter().chain(active).chain(fields.iter().map(String::as_str));
        let written = self.people.borrow_mut().with(|| self.begin_people(), |people| people.add(line));
        outcome(&self.settings.people_file, written)
    }

    fn begin_people(&self) -> Result<Table<O::File>, String> {
        let names = [ID].into_iter().chain(self.settings.active_column.as_deref());
        let names = names.chain(self.attributes.iter().map(String::as_str));
        Table::begin(&self.outbox, &self.settings.people_file, self.form, names)
    }

    fn add_group(&self, group: Option<&GroupEntry>, entry: &GroupWithMembers) -> Outcome {
        let written = self.groups.borrow_mut().with(
            || self.begin_groups(),
            |tables| {
                if let Some(group) = group {
                    let parent = group.parent.as_deref().unwrap_or_default();
                    let welcome = group.welcome_message.as_deref().unwrap_or_default();
                    tables.groups.add([group.key.as_str(), &group.name, parent, welcome])?;
                }
                entry.members.iter().try_for_each(|member| {
                    let role = if member.role == Role::Admin { "admin" } else { "member" };
                    tables.members.add([entry.group.key.as_str(), &member.person, role])
                })
            },
        );
        outcome(&self.settings.groups_file, written)
    }

    fn begin_groups(&self) -> Result<GroupTables<O::File>, String> {
        Ok(GroupTables {
            groups: Table::begin(&self.outbox, &self.settings.groups_file, self.form, GROUP_COLUMNS)?,
            members: Table::begin(&self.outbox, &self.settings.members_file, self.form, MEMBER_COLUMNS)?,
        })
    }

    fn finish_people(&self) -> Outcome {
        let tables = self.people.borrow_mut().take(|| self.begin_people());
        let finished = tables.and_then(Table::finish).map(|count| {
            rollcall_sdk::info!("{}: {count} people.", self.settings.people_file);
        });
        outcome(&self.settings.people_file, finished)
    }

    /// Members before groups: if only one of the two takes its place, every group that is listed has its members.
    fn finish_groups(&self) -> Outcome {
        let (groups_file, members_file) = (&self.settings.groups_file, &self.settings.members_file);
        let tables = self.groups.borrow_mut().take(|| self.begin_groups());
        let finished = tables.and_then(|tables| {
            let members = tables.members.finish().map_err(|reason| format!("{members_file}: {reason}"))?;
            let groups = tables.groups.finish()?;
            rollcall_sdk::info!("{groups_file}: {groups} groups. {members_file}: {members} members.");
            Ok(())
        });
        outcome(groups_file, finished)
    }
}

fn outcome(file: &str, written: Result<(), String>) -> Outcome {
    match written {
        Ok(()) => Outcome::Done(Receipt::plain()),
        Err(reason) => Outcome::Retry(Fault::new(format!("The file {file} was not written: {reason}.")).retry(None)),
    }
}

#[cfg(test)]
mod tests;
