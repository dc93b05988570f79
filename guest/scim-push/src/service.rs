//! What the service can do, as it says itself (RFC 7644 section 4).
//!
//! A service that says nothing is taken to do what almost all do: PATCH and filters. It is asked once in a run; the instances
//! of the run find the answer in storage.

use rollcall_sdk::Failure;
use rollcall_sdk::http::{Client, Method};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::api::{Api, Trouble};
use crate::path::{ENTERPRISE, GROUP, Path, USER, field, text, truth};

/// What was discovered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Service {
    /// Changes in part; otherwise a resource is read and put back whole.
    pub(crate) patch: bool,
    /// Finding by attributes; otherwise everything is listed once.
    pub(crate) filter: bool,
    /// The most entries of a page.
    pub(crate) largest_page: Option<u32>,
    /// Gives versions, which a change can name; none when the service does not say.
    #[serde(default)]
    pub(crate) versions: Option<bool>,
    /// Several operations in one request: how many, and how many bytes.
    pub(crate) bulk: Option<(u32, u32)>,
    /// Where users are.
    pub(crate) users: String,
    /// Where groups are; none when there are none.
    pub(crate) groups: Option<String>,
    /// Paths that the service does not take, with the reason.
    pub(crate) dropped: Vec<(String, String)>,
}

impl Default for Service {
    fn default() -> Self {
        Service {
            patch: true,
            filter: true,
            largest_page: None,
            versions: None,
            bulk: None,
            users: "/Users".to_owned(),
            groups: Some("/Groups".to_owned()),
            dropped: Vec::new(),
        }
    }
}

impl Service {
    /// Asks the service. `paths` are those that attributes are written to.
    pub(crate) fn discover<'a>(api: &Api<impl Client>, paths: impl Iterator<Item = &'a Path>) -> Result<Self, Failure> {
        let mut service = Service::default();
        match ask(api, "/ServiceProviderConfig")? {
            Some(config) => service.configure(&config),
            None => rollcall_sdk::info!("The service does not say what it can do; PATCH and filters are tried."),
        }
        let kinds = resources(ask(api, "/ResourceTypes")?);
        let extended = service.locate(&kinds);
        let schemas = resources(ask(api, "/Schemas")?);
        for path in paths {
            if let Some(reason) = untaken(path, &schemas, extended) {
                service.dropped.push((path.to_string(), reason.to_owned()));
            }
        }
        Ok(service)
    }

    fn configure(&mut self, config: &Json) {
        let part = |name: &str| field(config, name);
        let supported = |name: &str| part(name).and_then(|part| field(part, "supported")).and_then(truth);
        let number = |name: &str, limit: &str| {
            part(name)
                .and_then(|part| field(part, limit))
                .and_then(Json::as_u64)
                .and_then(|number| u32::try_from(number).ok())
        };
        self.patch = supported("patch").unwrap_or(true);
        self.filter = supported("filter").unwrap_or(true);
        self.versions = supported("etag");
        self.largest_page = number("filter", "maxResults").filter(|most| *most > 0);
        if supported("bulk") == Some(true) {
            let limits = (number("bulk", "maxOperations"), number("bulk", "maxPayloadSize"));
            if let (Some(operations @ 2..), Some(bytes @ 1_024..)) = limits {
                self.bulk = Some((operations, bytes));
            }
        }
    }

    /// Takes the places of users and groups; answers whether users have the enterprise extension, if that is said.
    fn locate(&mut self, kinds: &[Json]) -> Option<bool> {
        let of = |urn: &str| {
            kinds.iter().find(|kind| text(kind, "schema").is_some_and(|found| found.eq_ignore_ascii_case(urn)))
        };
        let users = of(USER)?;
        if let Some(place) = endpoint(users) {
            self.users = place;
        }
        self.groups = of(GROUP).map(|kind| endpoint(kind).unwrap_or_else(|| "/Groups".to_owned()));
        let extensions = field(users, "schemaExtensions").and_then(Json::as_array)?;
        let is_enterprise = |one: &Json| text(one, "schema").is_some_and(|urn| urn.eq_ignore_ascii_case(ENTERPRISE));
        Some(extensions.iter().any(is_enterprise))
    }
}

/// An endpoint is relative to the base URL (RFC 7643 section 6); nothing else is followed.
fn endpoint(kind: &Json) -> Option<String> {
    let place = text(kind, "endpoint")?.trim_end_matches('/');
    let plain = place.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'));
    let place = format!("/{}", place.trim_start_matches('/'));
    (plain && place.len() > 1 && !place.contains("//")).then_some(place)
}

/// The answer of a discovery endpoint; none when the service has none.
fn ask(api: &Api<impl Client>, path: &str) -> Result<Option<Json>, Failure> {
    match api.call(Method::Get, path, None) {
        Ok(reply) => Ok(Some(reply.body).filter(|body| !body.is_null())),
        // Some services let nobody see what they can do.
        Err(trouble) if trouble.is_missing() || trouble.is_unable() || matches!(trouble.status(), Some(400 | 403)) => {
            Ok(None)
        }
        Err(Trouble::Refused(fault)) => Err(Failure::Failed(fault)),
        Err(trouble) => Err(trouble.into()),
    }
}

/// The resources of a list, in a ListResponse or as a plain list.
fn resources(answer: Option<Json>) -> Vec<Json> {
    match answer {
        Some(Json::Array(list)) => list,
        Some(answer) => field(&answer, "Resources").and_then(Json::as_array).cloned().unwrap_or_default(),
        None => Vec::new(),
    }
}

/// Why the service does not take a path; none when it does, or when nobody knows.
fn untaken(path: &Path, schemas: &[Json], extended: Option<bool>) -> Option<&'static str> {
    // The name in the reference to the manager is read-only by the standard, and written only where a schema says otherwise.
    let by_standard = path.extension.as_deref() == Some(ENTERPRISE)
        && path.attribute.eq_ignore_ascii_case("manager")
        && path.sub.as_deref().is_some_and(|sub| sub.eq_ignore_ascii_case("displayName"));
    if path.extension.as_deref() == Some(ENTERPRISE) && extended == Some(false) {
        return Some("its users have no enterprise extension");
    }
    let urn = path.extension.as_deref().unwrap_or(USER);
    let unknown = by_standard.then_some("it is read-only");
    let Some(schema) = schemas.iter().find(|schema| text(schema, "id").is_some_and(|id| id.eq_ignore_ascii_case(urn)))
    else {
        return unknown;
    };
    let Some(attributes) = field(schema, "attributes").and_then(Json::as_array).filter(|list| !list.is_empty()) else {
        return unknown;
    };
    let named = |list: &[Json], name: &str| {
        list.iter().find(|one| text(one, "name").is_some_and(|found| found.eq_ignore_ascii_case(name))).cloned()
    };
    let read_only =
        |attribute: &Json| text(attribute, "mutability").is_some_and(|how| how.eq_ignore_ascii_case("readOnly"));
    let Some(attribute) = named(attributes, &path.attribute) else { return Some("its schema does not have it") };
    if read_only(&attribute) {
        return Some("it is read-only");
    }
    let parts = field(&attribute, "subAttributes").and_then(Json::as_array);
    match (&path.sub, parts) {
        (Some(sub), Some(parts)) if !parts.is_empty() => match named(parts, sub) {
            None => Some("its schema does not have it"),
            Some(part) if read_only(&part) => Some("it is read-only"),
            Some(_) => None,
        },
        _ => unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::Response;
    use rollcall_sdk::testing::ScriptedHttp;
    use serde_json::json;

    fn discover(answers: [(u16, Json); 3], paths: &[&str]) -> Service {
        let places = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];
        let http = places.iter().zip(answers).fold(ScriptedHttp::new(), |http, (place, (status, body))| {
            http.answer(Method::Get, format!("https://a.example{place}"), Response::json_of(status, &body.to_string()))
        });
        let paths: Vec<Path> = paths.iter().map(|path| Path::parse(path).unwrap()).collect();
        Service::discover(&Api::new(http, "https://a.example".to_owned()), paths.iter()).unwrap()
    }

    #[test]
    fn a_service_that_says_nothing_is_taken_to_patch_and_filter() {
        let nothing = || [(404, json!({})), (404, json!({})), (403, json!({}))];
        assert_eq!(discover(nothing(), &["title"]), Service::default());
        assert_eq!(discover(nothing(), &["manager.displayName"]).dropped.len(), 1);
    }

    #[test]
    fn what_it_says_counts_whatever_the_case_and_with_truth_as_text() {
        let config = json!({
            "Patch": {"Supported": "False"},
            "etag": {"supported": "true"},
            "bulk": {"supported": "true", "maxOperations": 50, "maxPayloadSize": 100_000},
            "filter": {"supported": false, "maxResults": 20},
        });
        let kinds = json!([{"schema": USER, "endpoint": "People/"}]);
        let service = discover([(200, config), (200, kinds), (404, json!({}))], &[]);
        assert_eq!((service.patch, service.filter, service.largest_page), (false, false, Some(20)));
        assert_eq!(service.versions, Some(true));
        assert_eq!((service.bulk, service.users.as_str(), service.groups), (Some((50, 100_000)), "/People", None));
    }

    #[test]
    fn an_endpoint_that_leads_elsewhere_is_not_followed() {
        for place in ["https://evil.example/Users", "//evil.example", "../x", "/", "/Users?x=1"] {
            assert_eq!(endpoint(&json!({ "endpoint": place })), None, "{place}");
        }
        assert_eq!(endpoint(&json!({"endpoint": "/scim/Users"})).as_deref(), Some("/scim/Users"));
    }

    #[test]
    fn what_a_schema_does_not_have_or_lets_nobody_write_is_dropped() {
        let kinds = json!({"Resources": [{"schema": USER, "schemaExtensions": []}]});
        let schema = json!({"id": USER, "attributes": [
            {"name": "title"},
            {"name": "nickName", "mutability": "readOnly"},
            {"name": "name", "subAttributes": [{"name": "formatted", "mutability": "readOnly"}, {"name": "givenName"}]},
        ]});
        let paths = ["title", "nickName", "name.formatted", "name.givenName", "locale", "department"];
        let service = discover([(200, json!({})), (200, kinds), (200, json!({ "Resources": [schema] }))], &paths);
        let dropped: Vec<&str> = service.dropped.iter().map(|(path, _)| path.as_str()).collect();
        let department = format!("{ENTERPRISE}:department");
        assert_eq!(dropped, ["nickName", "name.formatted", "locale", &department]);
    }
}
