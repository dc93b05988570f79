//! People by a directory endpoint.
//!
//! **An invention of ours.** Kaizala documented no call for its directory; people were imported in the portal. A gateway in front
//! of a directory can offer these two, and our emulator does:
//!
//! * `PUT /v1/directory/users` with `[{"id", "mobileNumber", "attributes": {}}]`, up to 100: creates or changes entries by `id`.
//!   An attribute that is absent stays, one that is null is cleared.
//! * `POST /v1/directory/users/remove` with `[{"id", "mobileNumber"}]`, up to 100: removes entries, and their memberships.
//! * `GET /v1/directory/users?cursor=`: `{"users": [{"id", "mobileNumber", "attributes": {}}], "cursor"}`.
//!
//! Both answer `{"result": true}`, or the entries that were refused: `{"result": false, "refused": [{"id", "message",
//! "errorCode"}]}`.

use rollcall_sdk::Fault;
use rollcall_sdk::http::{Client, Method};
use rollcall_sdk::outbox::Outbox;
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{Outcome, PersonEntry, Receipt};
use serde::Serialize;
use serde_json::Value as Json;

use crate::api::reason;
use crate::kaizala::Batch;
use crate::profile::{Others, Profile};
use crate::reply::{Trouble, text, truth};

const PUT: (Method, &str) = (Method::Put, "/v1/directory/users");
const REMOVE: (Method, &str) = (Method::Post, "/v1/directory/users/remove");

/// One person in a call.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    #[serde(rename = "mobileNumber")]
    mobile_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Others<'a>>,
}

impl<C: Client, S: Storage + Clone, O: Outbox> Batch<'_, C, S, O> {
    /// Creates or changes entries.
    pub(crate) fn put_people(&self, people: &[&PersonEntry]) -> Result<Vec<Outcome>, Trouble> {
        self.send(PUT, people, |profile, person| {
            let (phone, attributes) = (profile.phone(person)?, profile.others(person));
            Some(Entry { id: &person.person, mobile_number: Some(phone), attributes: Some(attributes) })
        })
    }

    /// Removes entries.
    pub(crate) fn remove_people(&self, people: &[&PersonEntry]) -> Result<Vec<Outcome>, Trouble> {
        self.send(REMOVE, people, |profile, person| {
            Some(Entry { id: &person.person, mobile_number: profile.phone(person), attributes: None })
        })
    }

    fn send<'a>(
        &'a self,
        call: (Method, &str),
        people: &[&'a PersonEntry],
        entry: fn(&'a Profile, &'a PersonEntry) -> Option<Entry<'a>>,
    ) -> Result<Vec<Outcome>, Trouble> {
        let profile = &self.kaizala.profile;
        let entries: Vec<Option<Entry<'_>>> = people.iter().map(|person| entry(profile, person)).collect();
        let sent: Vec<&Entry<'_>> = entries.iter().flatten().collect();
        let answer = if sent.is_empty() { Ok(Json::Null) } else { self.kaizala.api.call(call.0, call.1, &sent) };
        let refusals = match answer {
            Ok(answer) => Refusals::of(&answer),
            Err(Trouble::Refused(fault)) => Refusals::Unnamed(fault),
            Err(trouble) => return Err(trouble),
        };
        if sent.len() > 1 && matches!(refusals, Refusals::Unnamed(_)) {
            // One bad entry must not hold up the others: half of them at a time, until it is alone.
            let (first, second) = people.split_at(people.len() / 2);
            let mut outcomes = self.send(call, first, entry)?;
            outcomes.extend(self.send(call, second, entry)?);
            return Ok(outcomes);
        }
        let outcome =
            |(person, entry): (&&PersonEntry, &Option<Entry<'_>>)| match (entry, refusals.about(&person.person)) {
                (None, _) => {
                    Outcome::refused("This person has no phone number, and Kaizala knows people by nothing else.")
                }
                (_, Some(fault)) => Outcome::Rejected(fault),
                (_, None) => Outcome::Done(self.receipt(person)),
            };
        Ok(people.iter().zip(&entries).map(outcome).collect())
    }

    fn receipt(&self, person: &PersonEntry) -> Receipt {
        Receipt { remote: self.kaizala.profile.phone(person).map(str::to_owned), ..Receipt::plain() }
    }
}

/// Which entries of a call were refused.
enum Refusals {
    /// These, by id.
    Named(Vec<(String, Fault)>),
    /// One or more, and nothing says which.
    Unnamed(Fault),
}

impl Refusals {
    fn of(answer: &Json) -> Self {
        let refused = answer.get("refused").and_then(Json::as_array);
        let named: Vec<(String, Fault)> = refused
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let fault = Fault::new(reason(entry)).code(text(entry, "errorCode"));
                Some((text(entry, "id")?.to_owned(), fault))
            })
            .collect();
        if named.is_empty() && truth(answer.get("result")) == Some(false) {
            return Refusals::Unnamed(Fault::new("The directory refused this entry and gave no reason."));
        }
        Refusals::Named(named)
    }

    fn about(&self, id: &str) -> Option<Fault> {
        match self {
            Refusals::Named(named) => named.iter().find(|(refused, _)| refused == id).map(|(_, fault)| fault.clone()),
            Refusals::Unnamed(fault) => Some(fault.clone()),
        }
    }
}
