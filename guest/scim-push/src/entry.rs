//! Changing one entry: in part (PATCH), or read and put back whole (PUT).

use rollcall_sdk::http::{Client, Method};
use rollcall_sdk::storage::Storage;
use serde_json::{Value as Json, json};

use crate::api::{Reply, Trouble};
use crate::change::{Wanted, operations};
use crate::path::{ENTERPRISE, GROUP, USER, field, truth};
use crate::scim::{Ready, Scim};

/// How often an entry is read again when somebody else changes it at the same moment.
const ATTEMPTS: u32 = 5;

/// The schema of the message (RFC 7644 section 3.5.2).
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The body of a PATCH.
pub(crate) fn patch(operations: Vec<Json>) -> Json {
    json!({"schemas": [PATCH], "Operations": operations})
}

/// The version that an entry has after a change, if the service told it.
pub(crate) type Version = Option<String>;

impl<C: Client, S: Storage> Scim<C, S> {
    /// Reads an entry and makes it as wanted. Nothing is sent when it is so already.
    pub(crate) fn change(&self, ready: &Ready, path: &str, wanted: &[Wanted]) -> Result<Version, Trouble> {
        let actual = self.api.call(Method::Get, path, None)?;
        self.unless_outdated(path, actual, |actual| self.change_once(ready, path, actual, wanted))
    }

    /// Makes an entry as wanted that was found by a search. What a search tells need not be the whole entry: lists leave out members, say
    /// (RFC 7643 section 7, "returned"). Before an entry is put back whole it is read by itself.
    pub(crate) fn change_from(
        &self,
        ready: &Ready,
        path: &str,
        actual: Reply,
        wanted: &[Wanted],
    ) -> Result<Version, Trouble> {
        if !ready.service.patch {
            return self.change(ready, path, wanted);
        }
        self.unless_outdated(path, actual, |actual| self.change_once(ready, path, actual, wanted))
    }

    fn change_once(&self, ready: &Ready, path: &str, actual: &Reply, wanted: &[Wanted]) -> Result<Version, Trouble> {
        let operations = operations(&actual.body, wanted);
        if operations.is_empty() {
            return Ok(actual.version().map(str::to_owned));
        }
        let version = self.condition(ready, actual.version());
        if ready.service.patch {
            let reply = self.api.call_if(Method::Patch, path, Some(&patch(operations)), version)?;
            return Ok(reply.version().map(str::to_owned));
        }
        let mut whole = actual.body.clone();
        // The address and the name that stand in a reference are those of the manager before.
        for (path, value) in wanted.iter().filter(|(path, _)| path.is_manager()) {
            if path.get(&whole) != Some(value) {
                path.set_whole(&mut whole, Json::Null);
            }
        }
        wanted.iter().for_each(|(path, value)| path.set(&mut whole, value.clone()));
        self.put_whole(path, whole, version)
    }

    /// Removes an entry whose version may be known.
    pub(crate) fn remove(&self, ready: &Ready, path: &str, version: Version) -> Result<(), Trouble> {
        let known = Reply::new(Json::Null, None).with_version(version);
        self.unless_outdated(path, known, |known| {
            self.api.call_if(Method::Delete, path, None, self.condition(ready, known.version())).map(drop)
        })
    }

    /// Does what goes by an entry as it was read; when somebody else was faster (RFC 7644 section 3.14), the entry is read again.
    pub(crate) fn unless_outdated<T>(
        &self,
        path: &str,
        mut actual: Reply,
        once: impl Fn(&Reply) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        for _ in 1..ATTEMPTS {
            match once(&actual) {
                Err(trouble) if trouble.is_outdated() => {
                    let now = self.api.call(Method::Get, path, None)?;
                    // A service, or what stands before it, that refuses the very version that it tells: nobody was faster, and its
                    // versions are of no use.
                    if now.version() == actual.version() {
                        self.useless_versions.set(true);
                    }
                    actual = now;
                }
                done => return done,
            }
        }
        once(&actual)
    }

    /// What a change names as the version that it is meant for: nothing where the service says that it does not go by versions.
    pub(crate) fn condition<'a>(&self, ready: &Ready, version: Option<&'a str>) -> Option<&'a str> {
        version.filter(|_| ready.service.versions != Some(false) && !self.useless_versions.get())
    }

    /// Puts an entry back whole, without what a service keeps by itself.
    pub(crate) fn put_whole(&self, path: &str, mut whole: Json, version: Option<&str>) -> Result<Version, Trouble> {
        let urn = if field(&whole, "userName").is_some() { USER } else { GROUP };
        if let Json::Object(whole) = &mut whole {
            whole.retain(|name, _| !name.eq_ignore_ascii_case("meta") && !name.eq_ignore_ascii_case("groups"));
            if !whole.keys().any(|name| name.eq_ignore_ascii_case("schemas")) {
                whole.insert("schemas".to_owned(), json!([urn]));
            }
        }
        say_truth(&mut whole);
        name_extension(&mut whole);
        let reply = self.api.call_if(Method::Put, path, Some(&whole), version)?;
        Ok(reply.version().map(str::to_owned))
    }
}

/// What a service tells as a text is sent as truth: that is the type of these attributes (RFC 7643 section 8.7.1).
fn say_truth(resource: &mut Json) {
    match resource {
        Json::Array(items) => items.iter_mut().for_each(say_truth),
        Json::Object(fields) => {
            for (name, value) in fields {
                let is_truth = ["active", "primary"].iter().any(|known| known.eq_ignore_ascii_case(name));
                match truth(value).filter(|_| is_truth) {
                    Some(told) => *value = told.into(),
                    None => say_truth(value),
                }
            }
        }
        _ => {}
    }
}

/// A resource names the schemas of what it has (RFC 7643 section 3).
pub(crate) fn name_extension(resource: &mut Json) {
    let extended =
        field(resource, ENTERPRISE).is_some_and(|extension| extension.as_object().is_some_and(|one| !one.is_empty()));
    let Json::Object(fields) = resource else { return };
    let named = fields.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("schemas"));
    let Some((_, Json::Array(schemas))) = named else { return };
    let named = schemas.iter().any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(ENTERPRISE)));
    if extended && !named {
        schemas.push(Json::from(ENTERPRISE));
    }
}

#[cfg(test)]
mod tests {
    use rollcall_sdk::Attribute;
    use rollcall_sdk::http::Response;
    use rollcall_sdk::testing::{MemoryStorage, ScriptedHttp};

    use super::*;
    use crate::path::Path;
    use crate::service::Service;

    const ENTRY: &str = "https://a.example/Users/1";

    /// What is put back of an entry that is there when this is wanted.
    fn put_back(actual: &Json, path: &str, wanted: Json) -> Json {
        let answer = Response::json_of(200, &actual.to_string());
        let http = ScriptedHttp::new().answer(Method::Get, ENTRY, answer.clone()).answer(Method::Put, ENTRY, answer);
        let storage = MemoryStorage::new();
        let service = Service { patch: false, ..Service::default() };
        storage.set("service", serde_json::to_string(&service).unwrap().as_bytes()).unwrap();
        let settings = rollcall_sdk::settings::parse(r#"{"base_url": "https://a.example"}"#).unwrap();
        let scim = Scim::new(http.clone(), storage, settings, &[Attribute::text("email")]).unwrap();
        scim.change(&scim.ready().unwrap(), "/Users/1", &[(Path::parse(path).unwrap(), wanted)]).unwrap();
        http.assert_finished();
        serde_json::from_str(&http.bodies().pop().unwrap()).unwrap()
    }

    #[test]
    fn a_manager_is_put_back_without_what_was_told_of_the_one_before() {
        let manager = json!({"value": "m1", "$ref": "https://a.example/Users/m1", "displayName": "M"});
        let actual = json!({"schemas": [USER, ENTERPRISE], "userName": "a", ENTERPRISE: {"manager": manager, "department": "D"}});
        for (wanted, expected) in [
            (Json::from("m2"), json!({"manager": {"value": "m2"}, "department": "D"})),
            (Json::Null, json!({"department": "D"})),
        ] {
            assert_eq!(put_back(&actual, "manager", wanted)[ENTERPRISE], expected);
        }
        let same = put_back(&actual, "department", json!("E"));
        assert_eq!(same[ENTERPRISE], json!({"manager": manager, "department": "E"}));
    }

    #[test]
    fn a_manager_who_is_told_as_a_text_becomes_a_reference() {
        let actual = json!({"userName": "a", ENTERPRISE: {"manager": "m1"}});
        let path = Path::parse("manager").unwrap();
        assert_eq!(path.get(&actual), Some(&json!("m1")));
        assert_eq!(put_back(&actual, "manager", json!("m2"))[ENTERPRISE], json!({"manager": {"value": "m2"}}));
    }
}
