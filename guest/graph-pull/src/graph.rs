//! The calls.

use std::hash::{BuildHasher, RandomState};

use rollcall_sdk::http::{Client, Error, Request, Response, encode_segment};
use rollcall_sdk::source::{Page, UserPatch};
use rollcall_sdk::{Failure, Fault, Problem};
use serde_json::value::RawValue;

use crate::answer::{self, Asked};
use crate::cursor::{Cursor, Part, Start};
use crate::item::Item;
use crate::page;
use crate::selection::Selection;
use crate::settings::Settings;

/// Microsoft Graph, reached through a client.
#[derive(Debug)]
pub struct Graph<C> {
    http: C,
    base: String,
    selection: Selection,
    start: Start,
    prefer_minimal: bool,
}

impl<C: Client> Graph<C> {
    /// Checks the settings. No call is made.
    pub fn new(http: C, settings: Settings, properties: &[String]) -> Result<Self, Problem> {
        let (base, url) = settings.base()?;
        let selection = Selection::of(properties, &settings)?;
        let select = selection.for_delta();
        let start = Start {
            users: format!("{base}/v1.0/users/delta?$select={select}"),
            groups: selection.groups.then(|| format!("{base}/v1.0/groups/delta?$select=displayName,members")),
            select,
            base: url,
        };
        Ok(Graph { http, base, selection, start, prefer_minimal: settings.prefer_minimal })
    }

    /// The page at a cursor.
    pub fn pull(&self, cursor: Option<&str>) -> Result<Page, Failure> {
        let cursor = Cursor::read(cursor, &self.start)?;
        let (part, url) = cursor.next_page(&self.start);
        let asked = if cursor.is_at_link(&self.start) { Asked::ByLink } else { Asked::Anew };
        let mut request = request(url);
        if self.prefer_minimal && part != Part::Groups {
            request = request.header("prefer", "return=minimal");
        }
        let response = self.send(&request)?;
        if response.status != 200 {
            return Err(answer::failure(&response, asked));
        }
        let (changes, link) = page::read(&response.body, part).map_err(|reason| garbled(&response, &reason))?;
        Ok(Page { changes, next: cursor.advance(part, link, &self.start)? })
    }

    /// One user as it is now.
    pub fn fetch(&self, id: &str) -> Result<Option<UserPatch>, Failure> {
        let url = format!("{}/v1.0/users/{}?{}", self.base, encode_segment(id), self.selection.for_one());
        let response = self.send(&request(url))?;
        match response.status {
            200 => {
                let raw: &RawValue =
                    serde_json::from_slice(&response.body).map_err(|error| garbled(&response, &error.to_string()))?;
                let item = Item::read(raw).map_err(|reason| garbled(&response, &reason))?;
                let item = if self.selection.manager { item.without_manager_unless_named() } else { item };
                Ok(Some(UserPatch { id: item.id, properties: item.properties }))
            }
            404 => Ok(None),
            _ => Err(answer::failure(&response, Asked::Anew)),
        }
    }

    fn send(&self, request: &Request) -> Result<Response, Failure> {
        self.http.send(request).map_err(|error: Error| match Failure::from(error) {
            Failure::Retry(mut retry) => {
                retry.fault.message = format!("Microsoft Graph could not be asked: {}.", retry.fault.message);
                Failure::Retry(retry)
            }
            Failure::Failed(mut fault) | Failure::CursorExpired(mut fault) => {
                fault.message = format!("Microsoft Graph could not be asked: {}.", fault.message);
                Failure::Failed(fault)
            }
        })
    }
}

/// A success whose body is not what it should be: the connection broke, or a gateway spoke. It may be better the next time.
fn garbled(response: &Response, reason: &str) -> Failure {
    let fault = Fault::new(format!("The answer of Microsoft Graph cannot be read: {reason}."))
        .status(response.status)
        .request_id(response.header("request-id"));
    Failure::Retry(fault.retry(None))
}

/// The host asks for gzip and unpacks it; a component may not speak about encodings.
fn request(url: String) -> Request {
    Request::get(url)
        .header("accept", "application/json")
        .header("user-agent", concat!("Rollcall/", env!("CARGO_PKG_VERSION")))
        .header("client-request-id", guid())
}

/// A random GUID (RFC 9562 section 5.4), from the randomness that the standard library seeds its hash tables with.
fn guid() -> String {
    let random = || RandomState::new().hash_one(0_u8);
    let (high, low) = (random(), random());
    let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, (high & 0x0fff) | 0x4000);
    let (d, e) = ((low >> 48) & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::Method;
    use rollcall_sdk::source::{Change, Next};
    use rollcall_sdk::testing::ScriptedHttp;

    const FIRST: &str = "https://graph.microsoft.com/v1.0/users/delta?$select=id,mail,manager";
    const EMPTY_END: &str =
        r#"{"value":[],"@odata.deltaLink":"https://graph.microsoft.com/v1.0/users/delta?$deltatoken=d"}"#;

    fn graph(http: &ScriptedHttp, properties: &[&str]) -> Graph<ScriptedHttp> {
        let properties: Vec<String> = properties.iter().map(|name| (*name).to_owned()).collect();
        Graph::new(http.clone(), Settings::default(), &properties).unwrap()
    }

    #[test]
    fn a_round_begins_with_the_selection_and_goes_on_with_the_link_verbatim() {
        let link = "https://graph.microsoft.com/v1.0/users/delta?$skiptoken=a%2Bb/==";
        let first = format!(r#"{{"value":[{{"id":"1","mail":"a"}}],"@odata.nextLink":"{link}"}}"#);
        let http = ScriptedHttp::new().answer(Method::Get, FIRST, Response::json_of(200, &first)).answer(
            Method::Get,
            link,
            Response::json_of(200, EMPTY_END),
        );
        let graph = graph(&http, &["mail", "manager"]);
        let page = graph.pull(None).unwrap();
        assert_eq!(page.changes.len(), 1);
        let Next::More(cursor) = page.next else { panic!("no more pages") };
        assert!(matches!(graph.pull(Some(&cursor)).unwrap().next, Next::Complete(Some(_))));
        http.assert_finished();
    }

    #[test]
    fn every_request_has_an_id_of_its_own() {
        let http = ScriptedHttp::new().answer(Method::Get, FIRST, Response::json_of(200, EMPTY_END)).answer(
            Method::Get,
            FIRST,
            Response::json_of(200, EMPTY_END),
        );
        let graph = graph(&http, &["mail", "manager"]);
        graph.pull(None).unwrap();
        graph.pull(None).unwrap();
        let header = |request: &Request, name: &str| {
            request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let requests = http.requests();
        let ids: Vec<String> = requests.iter().map(|request| header(request, "client-request-id")).collect();
        assert_ne!(ids[0], ids[1]);
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        }
        assert_eq!(header(&requests[0], "prefer"), "return=minimal");
    }

    #[test]
    fn a_page_that_was_cut_off_is_asked_for_again() {
        let cut = Response::json_of(200, r#"{"value":[{"id":"1""#);
        let http = ScriptedHttp::new().answer(Method::Get, FIRST, cut);
        assert!(matches!(graph(&http, &["mail", "manager"]).pull(None), Err(Failure::Retry(_))));
    }

    #[test]
    fn a_connection_that_breaks_is_to_be_tried_again_and_a_refusal_of_the_host_is_not() {
        let http = ScriptedHttp::new().fail(Method::Get, FIRST, Error::Interrupted("reset".into())).fail(
            Method::Get,
            FIRST,
            Error::Denied("graph.microsoft.com".into()),
        );
        let graph = graph(&http, &["mail", "manager"]);
        let Err(Failure::Retry(retry)) = graph.pull(None) else { panic!("not to be retried") };
        assert!(retry.fault.message.starts_with("Microsoft Graph could not be asked: the connection broke"));
        assert!(matches!(graph.pull(None), Err(Failure::Failed(_))));
    }

    #[test]
    fn a_link_to_another_server_ends_the_pull() {
        let evil = Response::json_of(200, r#"{"value":[],"@odata.nextLink":"https://evil.example/?token=1"}"#);
        let http = ScriptedHttp::new().answer(Method::Get, FIRST, evil);
        let Err(Failure::Failed(fault)) = graph(&http, &["mail", "manager"]).pull(None) else { panic!("followed") };
        assert!(fault.message.contains("evil.example") && !fault.message.contains("token"), "{}", fault.message);
    }

    #[test]
    fn member_of_pulls_the_groups_after_the_users() {
        let groups = "https://graph.microsoft.com/v1.0/groups/delta?$select=displayName,members";
        let end =
            r#"{"value":[{"id":"g","members@delta":[{"id":"u"}]}],"@odata.deltaLink":"https://graph.microsoft.com/g"}"#;
        let http = ScriptedHttp::new()
            .answer(
                Method::Get,
                "https://graph.microsoft.com/v1.0/users/delta?$select=id",
                Response::json_of(200, EMPTY_END),
            )
            .answer(Method::Get, groups, Response::json_of(200, end));
        let graph = graph(&http, &["memberOf"]);
        let Next::More(cursor) = graph.pull(None).unwrap().next else { panic!("groups were not pulled") };
        let page = graph.pull(Some(&cursor)).unwrap();
        assert!(matches!(page.changes.as_slice(), [Change::Group(_), Change::Membership(_)]));
        assert!(matches!(page.next, Next::Complete(_)));
    }

    #[test]
    fn one_user_is_fetched_whole_with_the_manager() {
        let url = "https://graph.microsoft.com/v1.0/users/a%2Fb?$select=id,mail&$expand=manager($select=id)";
        let body = r#"{"@odata.context":"x","id":"a/b","mail":null,"manager":{"@odata.type":"y","id":"m"}}"#;
        let http = ScriptedHttp::new()
            .answer(Method::Get, url, Response::json_of(200, body))
            .answer(Method::Get, url, Response::json_of(404, r#"{"error":{"code":"Request_ResourceNotFound"}}"#))
            .answer(Method::Get, url, Response::json_of(200, "{"));
        let graph = graph(&http, &["mail", "manager"]);
        let properties = r#"{"id":"a/b","mail":null,"manager":{"id":"m"}}"#.to_owned();
        assert_eq!(graph.fetch("a/b"), Ok(Some(UserPatch { id: "a/b".into(), properties })));
        assert_eq!(graph.fetch("a/b"), Ok(None));
        assert!(matches!(graph.fetch("a/b"), Err(Failure::Retry(_))));
    }

    #[test]
    fn a_national_cloud_or_a_gateway_is_asked_where_it_is() {
        let url = "https://gw.example/graph/v1.0/users/delta?$select=id";
        let body = r#"{"value":[],"@odata.deltaLink":"https://gw.example/graph/d"}"#;
        let http = ScriptedHttp::new().answer(Method::Get, url, Response::json_of(200, body));
        let settings = Settings { base_url: "https://gw.example/graph/".to_owned(), ..Settings::default() };
        assert!(Graph::new(http, settings, &[]).unwrap().pull(None).is_ok());
    }
}
