//! Several people in one request (RFC 7644 section 3.7).
//!
//! Searching comes first, one request for each; then everything to be created or changed goes together. What a bulk request did
//! not do is done again alone, where a refusal can be looked into.

use rollcall_sdk::http::{Client, Method};
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{Outcome, PersonEntry};
use serde_json::{Value as Json, json};

use crate::api::{Reply, Trouble, refusal};
use crate::directory::at;
use crate::entry::patch;
use crate::path::{field, text};
use crate::people::Step;
use crate::scim::{Ready, Scim};

/// The schema of the message.
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// What stands around the operations of a request, in bytes.
const FRAME: usize = 256;

impl<C: Client, S: Storage> Scim<C, S> {
    /// Creates or changes several people: as many outcomes, in their order. `limits` are operations and bytes of a request.
    pub(crate) fn put_people(
        &self,
        ready: &Ready,
        people: &[&PersonEntry],
        limits: (u32, u32),
    ) -> Result<Vec<Outcome>, Trouble> {
        // Before anything is written, so that nobody is taken to refer to a manager who comes in the same request.
        let links = people.iter().map(|person| self.manager(ready, person)).collect::<Result<Vec<_>, _>>()?;
        let mut steps: Vec<Result<Step, Trouble>> = people.iter().map(|person| self.step(ready, person)).collect();
        // A wait that the search was told holds for all that comes.
        if let Some(Err(halt @ Trouble::Halt(_))) = steps.iter().find(|step| matches!(step, Err(Trouble::Halt(_)))) {
            return Err(halt.clone());
        }
        let mut done: Vec<Option<String>> = vec![None; people.len()];
        let writes =
            steps.iter().enumerate().filter_map(|(at, step)| Some((at, self.write(ready, at, step.as_ref().ok()?)?)));
        for request in requests(writes.collect(), limits) {
            self.send(ready, request, &mut steps, &mut done)?;
        }
        let mut outcomes = Vec::with_capacity(people.len());
        for (((person, step), id), link) in people.iter().zip(steps).zip(done).zip(links) {
            let put = match (id, step) {
                (Some(id), _) => Ok((id, false)),
                (None, Ok(step)) => self.take(ready, person, step),
                (None, Err(trouble)) => Err(trouble),
            };
            let settled = put.and_then(|(id, adopted)| self.settle(ready, person, id, adopted, link));
            outcomes.push(settled.map_or_else(Outcome::from, Outcome::Done));
        }
        Ok(outcomes)
    }

    /// Sends one request, and notes the ids of the entries that it made or changed.
    fn send(
        &self,
        ready: &Ready,
        operations: Vec<Write>,
        steps: &mut [Result<Step, Trouble>],
        done: &mut [Option<String>],
    ) -> Result<(), Trouble> {
        if operations.len() < 2 {
            return Ok(());
        }
        let bodies: Vec<&Json> = operations.iter().map(|write| &write.operation).collect();
        let body = json!({"schemas": [BULK], "Operations": bodies});
        let reply = match self.api.call(Method::Post, "/Bulk", Some(&body)) {
            Ok(reply) => reply,
            Err(halt @ Trouble::Halt(_)) => return Err(halt),
            // Each goes alone.
            Err(_) => return Ok(()),
        };
        let answers = field(&reply.body, "Operations").and_then(Json::as_array).cloned().unwrap_or_default();
        for (number, write) in operations.iter().enumerate() {
            let answer = answers
                .iter()
                .find(|answer| text(answer, "bulkId") == Some(&write.mark))
                // A service need not repeat the mark of a change; answers come in the order of the operations.
                .or_else(|| answers.get(number).filter(|answer| text(answer, "bulkId").is_none()));
            let Some(answer) = answer else { continue };
            match outcome(answer) {
                Ok(reply) => {
                    let id = write.id.clone().or_else(|| reply.id());
                    if let Some(id) = &id {
                        self.note_version(ready, id, reply.version().map(str::to_owned))?;
                    }
                    if let Some(place) = done.get_mut(write.at) {
                        *place = id;
                    }
                }
                Err(halt @ Trouble::Halt(_)) => return Err(halt),
                // The version that was remembered is of no use when it goes alone.
                Err(trouble) if trouble.is_outdated() => {
                    if let (Some(step), Some(id)) = (steps.get_mut(write.at), write.id.clone()) {
                        *step = Ok(Step::Look { id });
                    }
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn write(&self, ready: &Ready, position: usize, step: &Step) -> Option<Write> {
        let users = &ready.service.users;
        let mark = format!("p{position}");
        let (id, operation) = match step {
            Step::Create(user) => (None, json!({"method": "POST", "path": users, "bulkId": mark, "data": user})),
            Step::Change { id, operations, version } => {
                let data = patch(operations.clone());
                let mut operation = json!({"method": "PATCH", "path": at(users, id), "bulkId": mark, "data": data});
                if let (Some(version), Some(fields)) =
                    (self.condition(ready, version.as_deref()), operation.as_object_mut())
                {
                    fields.insert("version".to_owned(), version.into());
                }
                (Some(id.clone()), operation)
            }
            Step::Look { .. } | Step::Adopt(_) | Step::Nothing { .. } => return None,
        };
        Some(Write { at: position, mark, id, operation })
    }
}

/// One operation of a bulk request.
struct Write {
    /// The position of the person.
    at: usize,
    mark: String,
    /// The id of the entry, if it is there already.
    id: Option<String>,
    operation: Json,
}

/// As many requests as the limits demand.
fn requests(writes: Vec<(usize, Write)>, (most, bytes): (u32, u32)) -> Vec<Vec<Write>> {
    let mut requests: Vec<Vec<Write>> = vec![Vec::new()];
    let mut size = FRAME;
    for (_, write) in writes {
        let length = write.operation.to_string().len() + 1;
        let full = requests.last().is_some_and(|request| request.len() >= most as usize);
        if full || size + length > bytes as usize {
            requests.push(Vec::new());
            size = FRAME;
        }
        size += length;
        if let Some(request) = requests.last_mut() {
            request.push(write);
        }
    }
    requests
}

/// What became of one operation. The status is a text, and some write a number.
fn outcome(answer: &Json) -> Result<Reply, Trouble> {
    let status = match field(answer, "status") {
        Some(Json::String(status)) => status.parse().unwrap_or(0),
        Some(Json::Number(status)) => status.as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
        // RFC 7644 before its errata, and SCIM 1.1, have {"code": "201"}.
        Some(status) => text(status, "code").and_then(|code| code.parse().ok()).unwrap_or(0),
        None => 0,
    };
    let response = field(answer, "response").cloned().unwrap_or(Json::Null);
    if (200..300).contains(&status) {
        let told = |name: &str| text(answer, name).map(str::to_owned);
        return Ok(Reply::new(response, told("location")).with_version(told("version")));
    }
    Err(refusal(status, &response, String::new, None))
}
