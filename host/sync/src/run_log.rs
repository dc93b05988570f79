//! The log of a run: one JSON object a line, every object with what changed and why; the same as readable text.
//!
//! The file is named after the run's number and stands in the tenant's state. Sensitive values never reach it: they are redacted where
//! the entry is made ([`changes`]).

use std::io::{BufRead, BufWriter, Write};
use std::sync::{Mutex, PoisonError};

use cap_std::fs::{Dir, File};
use rollcall_sandbox::contract::types::{Attribute, Value};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::profile;

/// What a sensitive value reads as.
pub const REDACTED: &str = "[redacted]";

/// One attribute of a person that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The attribute's name.
    pub attribute: String,
    /// What the target held.
    pub old: serde_json::Value,
    /// What it holds now.
    pub new: serde_json::Value,
}

/// The changes between two profiles of one schema.
pub fn changes(attributes: &[Attribute], old: &[Value], new: &[Value]) -> Vec<Change> {
    let mut changes = Vec::new();
    for (position, attribute) in attributes.iter().enumerate() {
        let before = old.get(position).unwrap_or(&Value::Null);
        let after = new.get(position).unwrap_or(&Value::Null);
        if before == after || *after == Value::Keep || (*before == Value::Keep && *after == Value::Null) {
            continue;
        }
        let shown = |value: &Value| match value {
            Value::Null => serde_json::Value::Null,
            _ if attribute.sensitive => REDACTED.into(),
            value => profile::readable(value),
        };
        changes.push(Change { attribute: attribute.name.clone(), old: shown(before), new: shown(after) });
    }
    changes
}

/// What happened to an entry, a group or a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// New at the target.
    Created,
    /// Was there already, and is ours from now on.
    Adopted,
    /// Changed at the target.
    Updated,
    /// Kept, inactive.
    Suspended,
    /// Gone from the target.
    Removed,
    /// Emptied, because the target cannot remove it.
    Emptied,
    /// Not an entry that the directory should have.
    Skipped,
    /// Left as it is, for a reason.
    HeldBack,
    /// Not removed until somebody confirms it.
    RemovalHeld,
}

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The run began.
    RunStarted {
        /// Its number.
        run: i64,
        /// Its kind.
        kind: String,
    },
    /// A page of the source was merged.
    Page {
        /// Changes in it.
        changes: usize,
        /// New users.
        new: u64,
        /// Changed users.
        changed: u64,
        /// Removed users.
        removed: u64,
    },
    /// Something about a person.
    Person {
        /// What.
        deed: Deed,
        /// The source's id.
        person: String,
        /// A name for people, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<Change>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Something about a group.
    Group {
        /// What.
        deed: Deed,
        /// The group's key.
        group: String,
        /// Its name.
        name: String,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// People entered or left a group.
    Members {
        /// The group's key.
        group: String,
        /// Its name.
        name: String,
        /// Who entered (the source's ids).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<String>,
        /// Who left.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        removed: Vec<String>,
        /// The rule that says so.
        rule: String,
    },
    /// A membership could not be changed.
    MemberHeldBack {
        /// The group's key.
        group: String,
        /// The source's id.
        person: String,
        /// Why.
        reason: String,
    },
    /// A call to another system that did not succeed.
    CallFailed {
        /// The step that called.
        step: String,
        /// What it called, without the query.
        call: String,
        /// The status, if there was an answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The provider's id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// What was wrong.
        reason: String,
    },
    /// The run waits, as the other system asked.
    Waiting {
        /// The step that was told to wait.
        step: String,
        /// How long.
        seconds: u64,
        /// In the other system's words.
        reason: String,
    },
    /// A component said something.
    Component {
        /// Which step.
        step: String,
        /// `trace` to `critical`, or `stdout` and `stderr`.
        level: String,
        /// What.
        message: String,
    },
    /// Something to know.
    Note {
        /// What.
        message: String,
    },
    /// The target does not hold what it was brought to.
    Difference {
        /// Whose entry or membership it is (the source's id).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        /// The group's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// The name of the person, or of the group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What is different.
        what: String,
        /// What was applied, and what is there.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<Change>,
    },
    /// A large group would lose or gain too many members: that waits for a confirmation.
    GroupHeld {
        /// Its key.
        group: String,
        /// Its name.
        name: String,
        /// How many members it had when it was last in step.
        members: u64,
        /// Who would enter.
        entering: u64,
        /// Who would leave.
        leaving: u64,
    },
    /// Removals wait for a confirmation.
    DeletionsHeld {
        /// How many.
        count: u64,
        /// The limit that they exceed.
        limit: u64,
    },
    /// The run is over.
    RunEnded {
        /// How.
        status: String,
        /// Why, if it is no success.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
}

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// RFC 3339, UTC.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// Whether the line is about something that did not go as wished.
    pub fn failed(&self) -> bool {
        match &self.event {
            Event::Person { deed, .. } | Event::Group { deed, .. } => {
                matches!(deed, Deed::HeldBack | Deed::RemovalHeld)
            }
            Event::MemberHeldBack { .. }
            | Event::CallFailed { .. }
            | Event::DeletionsHeld { .. }
            | Event::Difference { .. }
            | Event::GroupHeld { .. } => true,
            Event::Component { level, .. } => matches!(level.as_str(), "warn" | "error" | "critical"),
            Event::RunEnded { status, .. } => status != "Success",
            _ => false,
        }
    }

    /// Whether the line is about this person.
    pub fn concerns(&self, id: &str) -> bool {
        match &self.event {
            Event::Person { person, .. } | Event::MemberHeldBack { person, .. } => person == id,
            Event::Difference { person, .. } => person.as_deref() == Some(id),
            Event::Members { added, removed, .. } => added.iter().chain(removed).any(|person| person == id),
            _ => false,
        }
    }

    /// The line as a person reads it.
    pub fn text(&self) -> String {
        let what = match &self.event {
            Event::RunStarted { run, kind } => format!("run {run} started ({kind})"),
            Event::Page { changes, new, changed, removed } => {
                format!("read a page: {changes} changes, {new} new, {changed} changed, {removed} removed")
            }
            Event::Person { deed, person, name, changes, reason } => {
                let who = name.as_ref().map_or_else(|| person.clone(), |name| format!("{name} ({person})"));
                let mut text = format!("{} {who}", spoken(*deed));
                for change in changes {
                    text += &format!("\n      {}: {} -> {}", change.attribute, change.old, change.new);
                }
                text + &because(reason.as_deref())
            }
            Event::Group { deed, name, reason, .. } => {
                format!("{} group \"{name}\"{}", spoken(*deed), because(reason.as_deref()))
            }
            Event::Members { name, added, removed, rule, .. } => {
                let mut parts = Vec::new();
                if !added.is_empty() {
                    parts.push(format!("added {}", added.join(", ")));
                }
                if !removed.is_empty() {
                    parts.push(format!("removed {}", removed.join(", ")));
                }
                format!("group \"{name}\": {} (rule {rule})", parts.join("; "))
            }
            Event::MemberHeldBack { group, person, reason } => format!("held back {person} in group {group}: {reason}"),
            Event::CallFailed { step, call, status, request_id, reason } => {
                let status = status.map(|status| format!(" answered {status}")).unwrap_or_default();
                let request = request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
                format!("{step}: {call}{status}{request}: {reason}")
            }
            Event::Waiting { step, seconds, reason } => format!("{step}: waiting {seconds} s: {reason}"),
            Event::Component { step, level, message } => format!("{step} [{level}] {message}"),
            Event::Note { message } => message.clone(),
            Event::Difference { person, group, name, what, changes } => {
                let whom = match (person, group, name) {
                    (Some(person), Some(_), Some(name)) => format!("group \"{name}\": {person}"),
                    (Some(person), None, Some(name)) => format!("{name} ({person}):"),
                    (Some(person), ..) => format!("{person}:"),
                    (None, _, Some(name)) => format!("group \"{name}\":"),
                    (None, group, None) => group.clone().unwrap_or_default(),
                };
                let mut text = format!("{whom} {what}");
                for change in changes {
                    text += &format!("\n      {}: {} -> {}", change.attribute, change.old, change.new);
                }
                text
            }
            Event::GroupHeld { name, members, entering, leaving, .. } => {
                format!("group {name} is held: of {members} members {leaving} would leave, and {entering} would enter")
            }
            Event::DeletionsHeld { count, limit } => {
                format!("{count} deletions are held: more than {limit}, the limit of this tenant")
            }
            Event::RunEnded { status, message } => {
                format!("run ended: {status}{}", because(message.as_deref()))
            }
        };
        format!("{}  {what}", self.time)
    }
}

fn spoken(deed: Deed) -> &'static str {
    match deed {
        Deed::RemovalHeld => "would remove, once it is confirmed,",
        Deed::Created => "created",
        Deed::Adopted => "adopted",
        Deed::Updated => "updated",
        Deed::Suspended => "suspended",
        Deed::Removed => "removed",
        Deed::Emptied => "emptied",
        Deed::Skipped => "skipped",
        Deed::HeldBack => "held back",
    }
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// A log that is being written.
#[derive(Debug)]
pub struct RunLog {
    file: Mutex<BufWriter<File>>,
    watchers: Option<broadcast::Sender<Entry>>,
}

/// The name of a run's log in the folder of logs.
pub fn file_name(run: i64) -> String {
    format!("run-{run}.jsonl")
}

impl RunLog {
    /// Starts the log of a run.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(folder: &Dir, run: i64) -> std::io::Result<Self> {
        let file = Mutex::new(BufWriter::with_capacity(64 * 1024, folder.create(file_name(run))?));
        Ok(Self { file, watchers: None })
    }

    /// Sends every line to whoever watches, too. Who does not keep up loses lines; the file has them all.
    #[must_use]
    pub fn watched(self, watchers: broadcast::Sender<Entry>) -> Self {
        Self { watchers: Some(watchers), ..self }
    }

    /// Writes a line. A log that cannot be written does not stop a sync: the trouble is reported where the run ends.
    pub fn write(&self, event: Event) {
        let entry = Entry { time: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(), event };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if serde_json::to_writer(&mut *file, &entry).is_ok() {
            let _ = file.write_all(b"\n");
        }
        drop(file);
        if let Some(watchers) = &self.watchers {
            // Nobody watches any more: that is their choice.
            let _ = watchers.send(entry);
        }
    }

    /// Brings everything to the file.
    ///
    /// # Errors
    /// When the disk is full, say.
    pub fn flush(&self) -> std::io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// Reads a log; a line that cannot be read (the last one of a run that was killed) is left out.
///
/// # Errors
/// When there is no such log.
pub fn read(folder: &Dir, run: i64) -> std::io::Result<impl Iterator<Item = Entry> + use<>> {
    let lines = std::io::BufReader::new(folder.open(file_name(run))?).lines();
    Ok(lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()))
}

#[cfg(test)]
mod tests {
    use rollcall_sandbox::contract::types::AttributeType;

    use super::*;

    #[test]
    fn sensitive_values_are_redacted_and_unchanged_ones_left_out() {
        let attribute = |name: &str, sensitive| Attribute {
            name: name.into(),
            kind: AttributeType::Text,
            sensitive,
            creation_only: false,
            matching: None,
        };
        let attributes = [attribute("city", false), attribute("salary", true), attribute("title", false)];
        let text = |text: &str| Value::Text(text.into());
        let found = changes(&attributes, &[text("Pune"), text("1"), text("x")], &[text("Goa"), text("2"), text("x")]);
        assert_eq!(found.len(), 2);
        assert_eq!((&found[0].old, &found[0].new), (&"Pune".into(), &"Goa".into()));
        assert_eq!((&found[1].old, &found[1].new), (&REDACTED.into(), &REDACTED.into()));
    }

    #[test]
    fn a_line_reads_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient_dir(folder.path(), cap_std::ambient_authority()).unwrap();
        let log = RunLog::create(&dir, 7).unwrap();
        log.write(Event::Person {
            deed: Deed::HeldBack,
            person: "u1".into(),
            name: Some("Ada".into()),
            changes: vec![],
            reason: Some("no phone number".into()),
        });
        log.flush().unwrap();
        let entries: Vec<Entry> = read(&dir, 7).unwrap().collect();
        assert!(entries[0].failed() && entries[0].concerns("u1"));
        assert!(entries[0].text().ends_with("held back Ada (u1): no phone number"), "{}", entries[0].text());
    }
}
