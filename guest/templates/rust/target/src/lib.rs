//! A Rollcall target: a telephone book with an entry for each person.

use rollcall_sdk::http::{Client, Request, encode_segment};
use rollcall_sdk::target::{Abilities, Delivery, Operation, Outcome, PersonEntry, Receipt, Target, TargetLimits};
use rollcall_sdk::{Attribute, Failure, Host, Problem};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the tenant's file says under `settings`. A key that is not here is refused, so that a typo is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    base_url: String,
}

/// The target, configured.
pub struct Book {
    base_url: String,
    names: Vec<String>,
}

impl Target for Book {
    type Settings = Settings;

    fn configure(settings: Settings, attributes: &[Attribute]) -> Result<Self, Problem> {
        if !settings.base_url.starts_with("http") {
            return Err(Problem::new("base_url", "this is no address").suggest("https://book.example.org"));
        }
        let names = attributes.iter().map(|attribute| attribute.name.clone()).collect();
        Ok(Book { base_url: settings.base_url.trim_end_matches('/').to_owned(), names })
    }

    fn limits(&self) -> Result<TargetLimits, Failure> {
        Ok(TargetLimits {
            operations: 100,
            members: 1,
            concurrency: 2,
            requests_per_minute: Some(600),
            people: Delivery::Changes,
            groups: Delivery::Nothing,
            can: Abilities::UPDATE_PEOPLE | Abilities::REMOVE_PEOPLE,
        })
    }

    fn push(&self, operations: Vec<Operation>) -> Vec<Outcome> {
        operations.iter().map(|operation| self.one(&Host, operation)).collect()
    }
}

impl Book {
    /// The network is a trait, so that a unit test can play the server.
    fn one(&self, http: &impl Client, operation: &Operation) -> Outcome {
        let done = match operation {
            Operation::PutPerson(person) => self.put(http, person),
            Operation::RemovePerson(person) => self.remove(http, person),
            _ => return Outcome::Unsupported("the book has entries only".into()),
        };
        match done {
            Ok(()) => match operation {
                Operation::PutPerson(person) => Outcome::Done(Receipt::of(&person.person)),
                _ => Outcome::Done(Receipt::plain()),
            },
            // Throttled or out of service: the host waits and comes back. Everything else is held back with its reason.
            Err(Failure::Retry(retry)) => Outcome::Retry(retry),
            Err(other) => Outcome::Rejected(other.fault().clone()),
        }
    }

    /// An entry is put by the person's own id, so putting it twice is putting it once.
    fn put(&self, http: &impl Client, person: &PersonEntry) -> Result<(), Failure> {
        // `keep` means: leave what is there.
        let told = self.names.iter().zip(&person.values).filter(|(_, value)| !value.is_keep());
        let entry: Map<String, Value> = told.map(|(name, value)| (name.clone(), value.to_json())).collect();
        let response = http.send(&Request::put(self.address(person)).json(&entry)?)?;
        if response.is_success() { Ok(()) } else { Err(response.failure("The book refused.")) }
    }

    fn remove(&self, http: &impl Client, person: &PersonEntry) -> Result<(), Failure> {
        let response = http.send(&Request::delete(self.address(person)))?;
        // What is not there any more is removed.
        if response.is_success() || response.status == 404 { Ok(()) } else { Err(response.failure("The book refused.")) }
    }

    fn address(&self, person: &PersonEntry) -> String {
        format!("{}/entries/{}", self.base_url, encode_segment(&person.person))
    }
}

rollcall_sdk::export_target!(Book);

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::{Method, Response};
    use rollcall_sdk::testing::ScriptedHttp;

    fn pushed(status: u16) -> (Outcome, Vec<String>) {
        let attributes = [Attribute::text("name"), Attribute::text("phone")];
        let book: Book = rollcall_sdk::target::configure(r#"{"base_url": "https://book.example"}"#, &attributes).unwrap();
        let url = "https://book.example/entries/7";
        let http = ScriptedHttp::new().answer(Method::Put, url, Response::json_of(status, "{}"));
        let values = vec!["Adele Vance".into(), rollcall_sdk::Value::Keep];
        let adele = PersonEntry { person: "7".into(), remote: None, values, before: vec![], active: true };
        (book.one(&http, &Operation::PutPerson(adele)), http.bodies())
    }

    #[test]
    fn an_entry_has_what_is_not_to_be_kept() {
        let (outcome, bodies) = pushed(200);
        assert_eq!(outcome, Outcome::Done(Receipt::of("7")));
        assert_eq!(bodies, [r#"{"name":"Adele Vance"}"#]);
    }

    #[test]
    fn a_service_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
        assert!(matches!(pushed(429).0, Outcome::Retry(_)));
        assert!(matches!(pushed(422).0, Outcome::Rejected(_)));
    }
}
