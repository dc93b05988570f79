//! A Rollcall target: a chat channel that is told who came, who left and what became of the groups.
//!
//! A webhook takes `{"text": "..."}` and cannot be asked what it was told before. So this step notes in its storage whom the channel knows of:
//! what is pushed again is not said again. A batch is one message, and a long list is a number: the first run of a large organization says
//! "1,000 people are here now".

mod notice;

use rollcall_sdk::http::{Client, Request};
use rollcall_sdk::storage::{Error, Storage};
use rollcall_sdk::target::{Abilities, Delivery, Operation, Outcome, PersonEntry, Receipt, Target, TargetLimits};
use rollcall_sdk::{Attribute, Failure, Host, Problem, Value};
use serde::Deserialize;
use serde_json::json;

use crate::notice::{News, message};

/// The key of the message that is being sent: what is found there later may have arrived, and may not.
const SAYING: &str = "saying";

/// What the tenant's file says under `settings`. A key that is not here is refused, so that a typo is found.
///
/// Where the address of the webhook is a secret, name its origin here and let the host add a header: `[target.login]`, kind `header`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    webhook: String,
    /// The attribute that people are called by. Default: `name`.
    #[serde(default = "name")]
    attribute: String,
    /// How many people are called by name before they are only counted. Default: 10.
    #[serde(default = "ten")]
    names: usize,
}

fn name() -> String {
    "name".to_owned()
}

fn ten() -> usize {
    10
}

/// The target, configured.
pub struct ChatNotices {
    webhook: String,
    names: usize,
    /// The position of the attribute that people are called by.
    called: usize,
}

/// What an operation comes to: what there is to say, what to note once it was said, and the outcome.
struct Step {
    news: News,
    notes: Vec<(String, Option<String>)>,
    receipt: Receipt,
}

impl Target for ChatNotices {
    type Settings = Settings;

    fn configure(settings: Settings, attributes: &[Attribute]) -> Result<Self, Problem> {
        if !settings.webhook.starts_with("http") {
            return Err(Problem::new("webhook", "this is no address").suggest("https://chat.example.org/hooks/people"));
        }
        let Some(called) = attributes.iter().position(|attribute| attribute.name == settings.attribute) else {
            return Err(Problem::new("attribute", format!("the profile has no attribute `{}`", settings.attribute)));
        };
        if attributes.get(called).is_some_and(|attribute| attribute.sensitive) {
            return Err(Problem::new("attribute", "this attribute is sensitive, and a channel is read by many"));
        }
        Ok(ChatNotices { webhook: settings.webhook, names: settings.names, called })
    }

    fn limits(&self) -> Result<TargetLimits, Failure> {
        Ok(TargetLimits {
            operations: 1_000,
            members: 1_000,
            // One after the other: `SAYING` is one message.
            concurrency: 1,
            // Webhooks of chats usually take one message a second.
            requests_per_minute: Some(50),
            people: Delivery::Changes,
            groups: Delivery::Changes,
            can: Abilities::UPDATE_PEOPLE
                | Abilities::REMOVE_PEOPLE
                | Abilities::RENAME_GROUPS
                | Abilities::REMOVE_GROUPS,
        })
    }

    fn push(&self, operations: Vec<Operation>) -> Vec<Outcome> {
        self.batch(&Host, &Host, &operations)
    }
}

impl ChatNotices {
    /// Network and storage are traits, so that a unit test can play them.
    fn batch(&self, http: &impl Client, storage: &impl Storage, operations: &[Operation]) -> Vec<Outcome> {
        let steps: Vec<_> = operations.iter().map(|operation| self.step(storage, operation)).collect();
        let news: Vec<&News> = steps.iter().flatten().map(|step| &step.news).collect();
        let failure = match message(&news, self.names) {
            Some(text) => self.say(http, storage, &text).err(),
            None => None,
        };
        let outcome = |step: Result<Step, Error>| match (step, &failure) {
            (Err(error), _) => Outcome::refused(error.to_string()),
            // What says nothing is done, whether or not the message of the others went out.
            (Ok(step), Some(failure)) if !matches!(step.news, News::Nothing) => match failure {
                Failure::Retry(retry) => Outcome::Retry(retry.clone()),
                other => Outcome::Rejected(other.fault().clone()),
            },
            (Ok(step), _) => match note(storage, &step.notes) {
                Ok(()) => Outcome::Done(step.receipt),
                Err(error) => Outcome::refused(error.to_string()),
            },
        };
        steps.into_iter().map(outcome).collect()
    }

    fn step(&self, storage: &impl Storage, operation: &Operation) -> Result<Step, Error> {
        let known = |key: &str| -> Result<Option<String>, Error> {
            Ok(storage.get(key)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        };
        let plain = Receipt::plain();
        Ok(match operation {
            Operation::PutPerson(person) => {
                let (key, name) = (format!("person/{}", person.person), self.name(person));
                let news = if known(&key)?.is_some() { News::Nothing } else { News::Came(name.clone()) };
                Step { news, notes: vec![(key, Some(name))], receipt: Receipt::of(&person.person) }
            }
            Operation::RemovePerson(person) => {
                let key = format!("person/{}", person.person);
                let news = known(&key)?.map_or(News::Nothing, News::Left);
                Step { news, notes: vec![(key, None)], receipt: plain }
            }
            Operation::PutGroup(put) => {
                let (key, name) = (format!("group/{}", put.group.key), put.group.name.clone());
                let news = match known(&key)? {
                    None => News::Line(format!("There is a new group: {name}.")),
                    Some(before) if before != name => News::Line(format!("The group {before} is called {name} now.")),
                    Some(_) => News::Nothing,
                };
                Step { news, notes: vec![(key, Some(name))], receipt: Receipt::of(&put.group.key) }
            }
            // A channel is no place for everybody's groups: only that there are some is told.
            Operation::AddMembers(_) | Operation::RemoveMembers(_) => {
                Step { news: News::Nothing, notes: vec![], receipt: plain }
            }
            Operation::RemoveGroup(group) => {
                let key = format!("group/{}", group.key);
                let news =
                    known(&key)?.map_or(News::Nothing, |name| News::Line(format!("The group {name} is no more.")));
                Step { news, notes: vec![(key, None)], receipt: plain }
            }
            Operation::Finish(_) => Step { news: News::Nothing, notes: vec![], receipt: plain },
        })
    }

    fn name(&self, person: &PersonEntry) -> String {
        match person.values.get(self.called) {
            Some(Value::Text(name)) => name.clone(),
            _ => "Somebody".to_owned(),
        }
    }

    fn say(&self, http: &impl Client, storage: &impl Storage, text: &str) -> Result<(), Failure> {
        let failed = |error: Error| Failure::Failed(rollcall_sdk::Fault::new(error.to_string()));
        // A run that was cut off while it sent this very message: it may be there, and nobody can ask.
        let again = storage.get(SAYING).map_err(failed)?.is_some_and(|before| before == text.as_bytes());
        let body = if again { format!("{text}\n(perhaps for the second time)") } else { text.to_owned() };
        storage.set(SAYING, text.as_bytes()).map_err(failed)?;
        let answer = http.send(&Request::post(&self.webhook).json(&json!({ "text": body }))?);
        if !answer.as_ref().is_err_and(|error| error.may_have_arrived()) {
            storage.delete(SAYING).map_err(failed)?;
        }
        let response = answer?;
        if response.is_success() { Ok(()) } else { Err(response.failure("The chat did not take the message.")) }
    }
}

fn note(storage: &impl Storage, notes: &[(String, Option<String>)]) -> Result<(), Error> {
    for (key, value) in notes {
        match value {
            Some(value) => storage.set(key, value.as_bytes())?,
            None => storage.delete(key)?,
        }
    }
    Ok(())
}

rollcall_sdk::export_target!(ChatNotices);

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::{Error as Lost, Method, Response};
    use rollcall_sdk::testing::{MemoryStorage, ScriptedHttp};

    const HOOK: &str = "https://chat.example/hook";

    fn chat() -> ChatNotices {
        let settings = format!(r#"{{"webhook": "{HOOK}"}}"#);
        rollcall_sdk::target::configure(&settings, &[Attribute::text("name")]).unwrap()
    }

    fn adele() -> PersonEntry {
        PersonEntry { person: "7".into(), remote: None, values: vec!["Adele".into()], before: vec![], active: true }
    }

    fn answers(status: u16) -> ScriptedHttp {
        ScriptedHttp::new().answer(Method::Post, HOOK, Response::json_of(status, "{}"))
    }

    #[test]
    fn what_is_pushed_again_is_not_said_again() {
        let (http, storage) = (answers(200), MemoryStorage::new());
        let came = [Operation::PutPerson(adele())];
        for _ in 0..2 {
            assert_eq!(chat().batch(&http, &storage, &came), [Outcome::Done(Receipt::of("7"))]);
        }
        assert_eq!(http.bodies(), [r#"{"text":"Adele is here now."}"#]);
        let (http, left) = (answers(200), [Operation::RemovePerson(adele())]);
        for _ in 0..2 {
            assert_eq!(chat().batch(&http, &storage, &left), [Outcome::Done(Receipt::plain())]);
        }
        assert_eq!(http.bodies(), [r#"{"text":"Adele has left."}"#]);
        assert!(storage.contents().is_empty());
    }

    #[test]
    fn a_message_that_was_not_taken_is_said_later() {
        let storage = MemoryStorage::new();
        let came = [Operation::PutPerson(adele())];
        assert!(matches!(chat().batch(&answers(429), &storage, &came)[..], [Outcome::Retry(_)]));
        assert!(matches!(chat().batch(&answers(404), &storage, &came)[..], [Outcome::Rejected(_)]));
        assert!(storage.contents().is_empty());
    }

    #[test]
    fn a_message_whose_answer_was_lost_says_so_when_it_comes_again() {
        let storage = MemoryStorage::new();
        let came = [Operation::PutPerson(adele())];
        let lost = ScriptedHttp::new().fail(Method::Post, HOOK, Lost::Interrupted("no answer".into()));
        assert!(matches!(chat().batch(&lost, &storage, &came)[..], [Outcome::Retry(_)]));
        let http = answers(200);
        chat().batch(&http, &storage, &came);
        assert_eq!(http.bodies(), [r#"{"text":"Adele is here now.\n(perhaps for the second time)"}"#]);
    }
}
