//! People by a file for the portal: Directory, *Import Users*.
//!
//! The portal's template was never published beyond "your users and their phone numbers", so **the form of this file is ours**:
//! UTF-8, a line of names, then one line for each person; `Mobile Number` first, then every other attribute by its name; RFC 4180
//! quoting. Uploading it again updates; removing people stays a thing to do by hand in the portal.

use std::mem;

use rollcall_sdk::Fault;
use rollcall_sdk::outbox::{Outbox, OutboxFile};
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{Outcome, PersonEntry, Receipt};

use crate::profile::Profile;

/// Lines are written in pieces of about this many bytes.
const PIECE: usize = 64 * 1024;

/// Says in storage that a file was begun. A `finish` without a file then means that the file was lost with an instance before
/// this one, not that there is nobody: an empty import file must not replace a full one by accident.
const BEGUN: &str = "import/begun";

/// The import file while it is being written.
#[derive(Debug)]
pub(crate) struct Import<S, O: Outbox> {
    storage: S,
    outbox: O,
    name: String,
    state: State<O::File>,
}

#[derive(Debug)]
enum State<F> {
    Idle,
    Open { file: F, text: String },
    Broken(String),
}

impl<S: Storage, O: Outbox> Import<S, O> {
    pub(crate) fn new(storage: S, outbox: O, name: String) -> Self {
        Import { storage, outbox, name, state: State::Idle }
    }

    /// Adds a person.
    pub(crate) fn add(&mut self, profile: &Profile, person: &PersonEntry) -> Outcome {
        let phone = profile.phone(person).map(str::to_owned);
        let Some(number) = phone.as_deref().filter(|_| person.active) else {
            // Held back here would hold back the whole file.
            rollcall_sdk::warn!("{} is not in the import file: no phone number, or suspended.", person.person);
            return Outcome::Done(Receipt::plain());
        };
        let mut line = vec![number.to_owned()];
        line.extend(profile.other_texts(person));
        match self.write(profile, Some(&line)) {
            Ok(()) => Outcome::Done(Receipt { remote: phone, ..Receipt::plain() }),
            Err(reason) => later(&self.name, &reason),
        }
    }

    /// Puts the file in its place.
    pub(crate) fn finish(&mut self, profile: &Profile) -> Outcome {
        if matches!(self.state, State::Idle) && self.storage.get(BEGUN).is_ok_and(|begun| begun.is_some()) {
            let _ = self.storage.delete(BEGUN);
            return later(&self.name, "it was begun by an instance that is gone; it is written anew");
        }
        let finished = self.write(profile, None).and_then(|()| match mem::replace(&mut self.state, State::Idle) {
            State::Open { file, text } => file.write(&text).and_then(|()| file.finish()),
            State::Idle => Ok(()),
            State::Broken(reason) => Err(reason),
        });
        self.state = State::Idle;
        let _ = self.storage.delete(BEGUN);
        match finished {
            Ok(()) => {
                let note = format!(
                    "The import file {} is ready in the outbox. Upload it in Kaizala's management portal: Directory, Import Users.",
                    self.name
                );
                Outcome::Done(Receipt { note: Some(note), ..Receipt::plain() })
            }
            Err(reason) => later(&self.name, &reason),
        }
    }

    /// Writes a line, after beginning the file if that is still to be done. After a failure nothing more is written.
    fn write(&mut self, profile: &Profile, line: Option<&[String]>) -> Result<(), String> {
        let written = match &mut self.state {
            State::Broken(reason) => return Err(reason.clone()),
            State::Idle => self.begin(profile),
            State::Open { .. } => Ok(()),
        };
        let written = written.and_then(|()| match (&mut self.state, line) {
            (State::Open { file, text }, Some(line)) => {
                push_line(text, line);
                if text.len() < PIECE { Ok(()) } else { file.write(&mem::take(text)) }
            }
            _ => Ok(()),
        });
        written.inspect_err(|reason| self.state = State::Broken(reason.clone()))
    }

    fn begin(&mut self, profile: &Profile) -> Result<(), String> {
        let file = self.outbox.create(&self.name)?;
        // Without the mark the file is written all the same.
        let _ = self.storage.set(BEGUN, b"1");
        let mut names = vec!["Mobile Number".to_owned()];
        names.extend(profile.other_names().map(str::to_owned));
        let mut text = String::new();
        push_line(&mut text, &names);
        self.state = State::Open { file, text };
        Ok(())
    }
}

fn later(name: &str, reason: &str) -> Outcome {
    Outcome::Retry(Fault::new(format!("The import file {name} was not written: {reason}.")).retry(None))
}

/// A line of CSV (RFC 4180): a field with a comma, a quote or a line break stands in quotes.
fn push_line(text: &mut String, fields: &[String]) {
    for (number, field) in fields.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        if field.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::testing::{MemoryOutbox, MemoryStorage, log_lines};
    use rollcall_sdk::{Attribute, Value};

    fn profile() -> Profile {
        Profile::of(&[Attribute::text("name"), Attribute::text("phone").matching(1)]).unwrap()
    }

    fn person(name: &str, phone: Value) -> PersonEntry {
        PersonEntry {
            person: name.into(),
            remote: None,
            values: vec![name.into(), phone],
            before: vec![],
            active: true,
        }
    }

    fn import(storage: &MemoryStorage, outbox: &MemoryOutbox) -> Import<MemoryStorage, MemoryOutbox> {
        Import::new(storage.clone(), outbox.clone(), "people.csv".to_owned())
    }

    #[test]
    fn the_file_appears_whole_at_the_end() {
        let (storage, outbox) = (MemoryStorage::new(), MemoryOutbox::new());
        let mut import = import(&storage, &outbox);
        let outcome = import.add(&profile(), &person("Vance, \"A\"", "+1425".into()));
        assert!(matches!(outcome, Outcome::Done(receipt) if receipt.remote.as_deref() == Some("+1425")));
        assert_eq!(outbox.file("people.csv"), None);
        assert!(matches!(import.finish(&profile()), Outcome::Done(_)));
        let expected = "Mobile Number,name\r\n+1425,\"Vance, \"\"A\"\"\"\r\n";
        assert_eq!(outbox.file("people.csv").as_deref(), Some(expected));
        assert!(storage.contents().is_empty());
    }

    #[test]
    fn a_person_without_a_number_or_suspended_is_left_out_and_does_not_stop_the_file() {
        let (storage, outbox) = (MemoryStorage::new(), MemoryOutbox::new());
        let mut import = import(&storage, &outbox);
        assert!(matches!(import.add(&profile(), &person("A", Value::Null)), Outcome::Done(_)));
        let suspended = PersonEntry { active: false, ..person("B", "+2".into()) };
        assert!(matches!(import.add(&profile(), &suspended), Outcome::Done(_)));
        import.finish(&profile());
        assert_eq!(outbox.file("people.csv").as_deref(), Some("Mobile Number,name\r\n"));
        assert_eq!(log_lines().len(), 2);
    }

    #[test]
    fn a_file_that_was_lost_with_its_instance_is_not_replaced_by_an_empty_one() {
        let (storage, outbox) = (MemoryStorage::new(), MemoryOutbox::new());
        import(&storage, &outbox).add(&profile(), &person("A", "+1".into()));
        assert!(matches!(import(&storage, &outbox).finish(&profile()), Outcome::Retry(_)));
        assert_eq!(outbox.file("people.csv"), None);
        assert!(matches!(import(&storage, &outbox).finish(&profile()), Outcome::Done(_)));
    }
}
