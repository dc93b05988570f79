//! A Rollcall source: people from a directory that speaks SCIM 2.0 (RFC 7643, RFC 7644), beside or instead of Microsoft Entra ID.
//!
//! SCIM tells of no changes, so every round lists everybody, and the host finds out who left. Pages are counted (`startIndex`), and a
//! directory that changes between two pages moves somebody over the border of a page: the round would not mention that person, who would be
//! removed. So the cursor holds how many there were at the first page, and a round that finds another number starts over.

mod person;

use rollcall_sdk::http::{Client, Request, Response, encode_segment};
use rollcall_sdk::source::{Change, Next, Page, Source, UserPatch};
use rollcall_sdk::{Failure, Fault, Host, Problem};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the tenant's file says under `settings`. A key that is not here is refused, so that a typo is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    base_url: String,
    /// How many people a page has. Default: 200, which services usually allow.
    #[serde(default = "usual_page")]
    page: usize,
}

fn usual_page() -> usize {
    200
}

/// The source, configured.
pub struct ScimPull {
    base_url: String,
    page: usize,
}

/// A page as the directory sends it (RFC 7644 section 3.4.2).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    total_results: usize,
    #[serde(default, rename = "Resources")]
    resources: Vec<Map<String, Value>>,
}

impl Source for ScimPull {
    type Settings = Settings;

    fn configure(settings: Settings, properties: &[String]) -> Result<Self, Problem> {
        if !settings.base_url.starts_with("http") {
            return Err(Problem::new("base_url", "this is no address").suggest("https://directory.example.org/scim/v2"));
        }
        if !(1..=1_000).contains(&settings.page) {
            return Err(Problem::new("page", "a page has 1 to 1,000 people").suggest("200"));
        }
        // What SCIM has no place for, nobody would ever get.
        if let Some(name) = properties.iter().find(|name| !person::has(name)) {
            return Err(Problem::new("", format!("a SCIM directory has no `{name}`: map it from something else")));
        }
        Ok(ScimPull { base_url: settings.base_url.trim_end_matches('/').to_owned(), page: settings.page })
    }

    fn pull(&self, cursor: Option<&str>) -> Result<Page, Failure> {
        self.list(&Host, cursor)
    }

    fn fetch(&self, id: &str) -> Result<Option<UserPatch>, Failure> {
        self.one(&Host, id)
    }
}

impl ScimPull {
    /// The network is a trait, so that a unit test can play the directory.
    fn list(&self, http: &impl Client, cursor: Option<&str>) -> Result<Page, Failure> {
        let (start, known) = match cursor {
            Some(cursor) => place(cursor)?,
            None => (1, None),
        };
        let url = format!("{}/Users?startIndex={start}&count={}", self.base_url, self.page);
        let response = http.send(&Request::get(url).header("accept", "application/scim+json"))?;
        let listed: Listed = read(&response)?;
        if known.is_some_and(|known| known != listed.total_results) {
            let message = "Somebody came or left while the directory was read: it is read from the start.";
            return Err(Failure::CursorExpired(Fault::new(message)));
        }
        let next = start + listed.resources.len();
        let next = match listed.resources.len() {
            // A page without anybody before the end would be asked for again for ever.
            0 if next <= listed.total_results => {
                return Err(Failure::Failed(Fault::new(format!("The directory sends an empty page at {start}."))));
            }
            _ if next > listed.total_results => Next::Complete(None),
            _ => Next::More(format!("{next}/{}", listed.total_results)),
        };
        Ok(Page { changes: listed.resources.iter().filter_map(person::patch).map(Change::User).collect(), next })
    }

    fn one(&self, http: &impl Client, id: &str) -> Result<Option<UserPatch>, Failure> {
        let url = format!("{}/Users/{}", self.base_url, encode_segment(id));
        let response = http.send(&Request::get(url).header("accept", "application/scim+json"))?;
        if response.status == 404 {
            return Ok(None);
        }
        Ok(person::patch(&read(&response)?))
    }
}

/// What a cursor says: where the page starts, and how many people there were.
fn place(cursor: &str) -> Result<(usize, Option<usize>), Failure> {
    let place =
        cursor.split_once('/').and_then(|(start, known)| Some((start.parse().ok()?, Some(known.parse().ok()?))));
    place.ok_or_else(|| Failure::CursorExpired(Fault::new(format!("\"{cursor}\" is no place in this directory."))))
}

fn read<T: serde::de::DeserializeOwned>(response: &Response) -> Result<T, Failure> {
    if !response.is_success() {
        return Err(response.failure("The directory did not answer."));
    }
    response
        .json()
        .map_err(|error| Failure::Failed(Fault::new(format!("The directory's answer cannot be read: {error}"))))
}

rollcall_sdk::export_source!(ScimPull);

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::Method;
    use rollcall_sdk::testing::ScriptedHttp;

    fn directory() -> ScimPull {
        let settings = r#"{"base_url": "https://d.example/v2", "page": 1}"#;
        rollcall_sdk::source::configure(settings, &["displayName".to_owned()]).unwrap()
    }

    fn page(start: usize, total: usize) -> ScriptedHttp {
        let url = format!("https://d.example/v2/Users?startIndex={start}&count=1");
        let body =
            format!(r#"{{"totalResults": {total}, "Resources": [{{"id": "{start}", "userName": "u{start}"}}]}}"#);
        ScriptedHttp::new().answer(Method::Get, url, Response::json_of(200, &body))
    }

    #[test]
    fn a_round_ends_with_the_last_page() {
        let first = directory().list(&page(1, 2), None).unwrap();
        assert_eq!(first.next, Next::More("2/2".into()));
        assert_eq!(directory().list(&page(2, 2), Some("2/2")).unwrap().next, Next::Complete(None));
    }

    #[test]
    fn a_directory_that_changes_meanwhile_is_read_from_the_start() {
        let found = directory().list(&page(2, 3), Some("2/2"));
        assert!(matches!(found, Err(Failure::CursorExpired(_))), "{found:?}");
    }

    #[test]
    fn an_empty_page_before_the_end_is_an_error() {
        let url = "https://d.example/v2/Users?startIndex=1&count=1";
        let http = ScriptedHttp::new().answer(Method::Get, url, Response::json_of(200, r#"{"totalResults": 1}"#));
        assert!(matches!(directory().list(&http, None), Err(Failure::Failed(_))));
    }

    #[test]
    fn a_property_that_scim_has_no_place_for_is_named() {
        let settings = r#"{"base_url": "https://d.example/v2"}"#;
        let refused =
            rollcall_sdk::source::configure::<ScimPull>(settings, &["licenseDetails".to_owned()]).err().unwrap();
        assert!(refused.message.contains("licenseDetails"), "{refused:?}");
    }
}
