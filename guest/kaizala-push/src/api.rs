//! The documented calls, one function each.
//!
//! Source: Microsoft, kaizala-docs, `Articles/connectors` (groups, members, subGroups, subscribers) and the published Swagger
//! definition. Where the two differ both are understood. The host logs in, follows endpoint moves and attaches `accessToken`.

use std::cell::Cell;
use std::time::Duration;

use rollcall_sdk::http::{Client, Method, Request, encode_segment};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::reply::{Trouble, judge, text, truth};
use crate::settings::{GroupType, Settings, SubgroupForm};

/// The most phone numbers in one call. Documented for creating a group, and kept for the others, of which nothing is documented.
pub(crate) const NUMBERS: usize = 100;

/// A page of subscribers. Source: Subscribers, "count: default 50, max 50".
const SUBSCRIBERS_PAGE: u32 = 50;

/// How long to wait for an answer. The documentation suggests a minute; this leaves room in a host that gives a call a minute
/// altogether, and an answer that comes too late is looked for afterwards.
const PATIENCE: Duration = Duration::from_secs(25);

/// Kaizala.
#[derive(Debug)]
pub(crate) struct Api<C> {
    http: C,
    base: String,
    sent: Cell<u32>,
}

/// A group as a list of groups tells it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether it belongs to the organization; none when nothing is told.
    pub(crate) of_organization: Option<bool>,
}

/// A member or subscriber. Only the id is always there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) phone: Option<String>,
    pub(crate) admin: bool,
}

/// A group to be created.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewGroup<'a> {
    pub(crate) name: &'a str,
    pub(crate) welcome: &'a str,
    pub(crate) parent: Option<&'a str>,
    pub(crate) numbers: &'a [&'a str],
}

/// A group that was created.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Created {
    pub(crate) id: String,
    /// False when not all numbers were added. Nothing is told of subgroups: none counts as all.
    pub(crate) all_added: bool,
}

impl<C: Client> Api<C> {
    pub(crate) fn new(http: C, base: String) -> Self {
        Api { http, base, sent: Cell::new(0) }
    }

    /// How many calls were sent.
    pub(crate) fn sent(&self) -> u32 {
        self.sent.get()
    }

    /// Sends a call without a body.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Result<Json, Trouble> {
        self.send(self.request(method, path))
    }

    /// Sends a call with a JSON body.
    pub(crate) fn call(&self, method: Method, path: &str, body: &impl Serialize) -> Result<Json, Trouble> {
        match self.request(method, path).json(body) {
            Ok(request) => self.send(request),
            Err(error) => judge(Err(error)),
        }
    }

    fn request(&self, method: Method, path: &str) -> Request {
        Request::new(method, format!("{}{path}", self.base)).header("accept", "application/json").timeout(PATIENCE)
    }

    fn send(&self, request: Request) -> Result<Json, Trouble> {
        self.sent.set(self.sent.get().wrapping_add(1));
        judge(self.http.send(&request))
    }

    /// Creates a group or subgroup.
    pub(crate) fn create_group(&self, group: NewGroup<'_>, settings: &Settings) -> Result<Created, Trouble> {
        let kind = match settings.group_type {
            GroupType::Group => "Group",
            GroupType::Public => "ConnectGroup",
        };
        let NewGroup { name, welcome, parent, numbers } = group;
        let plain = json!({"name": name, "welcomeMessage": welcome, "members": numbers, "groupType": kind});
        let (path, body) = match (parent, settings.subgroup_form) {
            (None, _) => ("/v1/groups".to_owned(), plain),
            (Some(parent), SubgroupForm::Swagger) => (format!("{}/subgroups", group_path(parent)), plain),
            (Some(parent), SubgroupForm::Documented) => (
                format!("{}/subGroups", group_path(parent)),
                json!({"groupName": name, "groupImageUrl": "", "members": numbers, "welcomeMessage": welcome, "addUserToGroup": false}),
            ),
        };
        let answer = self.call(Method::Post, &path, &body)?;
        match text(&answer, "groupId") {
            Some(id) => Ok(Created { id: id.to_owned(), all_added: truth(answer.get("membersAdded")) != Some(false) }),
            None => Err(unreadable("it names no group")),
        }
    }

    /// Makes a group a subgroup of another.
    pub(crate) fn attach(&self, parent: &str, group: &str) -> Result<(), Trouble> {
        self.call(Method::Put, &format!("{}/subGroups", group_path(parent)), &json!({"subGroups": [group]})).map(drop)
    }

    /// Makes a group no subgroup of another any more.
    pub(crate) fn detach(&self, parent: &str, group: &str) -> Result<(), Trouble> {
        let path = format!("{}/subGroups/{}", group_path(parent), encode_segment(group));
        self.ask(Method::Delete, &path).map(drop)
    }

    /// All groups that the login sees.
    pub(crate) fn groups(&self) -> Result<Vec<Group>, Trouble> {
        // The documentation spells it showDetail; every client that worked sent showDetails.
        let answer = self.ask(Method::Get, "/v1/groups?fetchAllGroups=true&showDetails=true")?;
        let group = |json: &Json| {
            Some(Group {
                id: text(json, "groupId")?.to_owned(),
                name: text(json, "groupName").unwrap_or_default().to_owned(),
                of_organization: truth(json.get("isMappedToTenant")),
            })
        };
        Ok(list(&answer, "groups")?.iter().filter_map(group).collect())
    }

    /// The members of a group. For a public group: those of its hub.
    pub(crate) fn members(&self, group: &str) -> Result<Vec<Member>, Trouble> {
        let answer = self.ask(Method::Get, &format!("{}/members", group_path(group)))?;
        Ok(list(&answer, "members")?.iter().filter_map(member).collect())
    }

    /// Adds members by phone number; answers whether all were added.
    pub(crate) fn add_members(&self, group: &str, numbers: &[&str]) -> Result<bool, Trouble> {
        let answer = self.call(Method::Put, &format!("{}/members", group_path(group)), &json!({"members": numbers}))?;
        Ok(truth(answer.get("result")) != Some(false))
    }

    /// Removes a member; answers whether it was removed.
    pub(crate) fn remove_member(&self, group: &str, member: &str) -> Result<bool, Trouble> {
        let answer = self.ask(Method::Delete, &member_path(group, member))?;
        Ok(truth(answer.get("result")) != Some(false))
    }

    /// Makes a member an administrator of the group, or an ordinary member again.
    pub(crate) fn set_role(&self, group: &str, member: &str, admin: bool) -> Result<bool, Trouble> {
        let role = if admin { "Admin" } else { "Member" };
        let answer = self.call(Method::Put, &member_path(group, member), &json!({"role": role}))?;
        Ok(truth(answer.get("result")) != Some(false))
    }

    /// A page of the subscribers of a public group, and the cursor of the next.
    pub(crate) fn subscribers(
        &self,
        group: &str,
        cursor: Option<&str>,
    ) -> Result<(Vec<Member>, Option<String>), Trouble> {
        let mut body = json!({"count": SUBSCRIBERS_PAGE});
        if let (Some(cursor), Some(fields)) = (cursor, body.as_object_mut()) {
            fields.insert("cursor".to_owned(), Json::from(cursor));
        }
        let answer = self.call(Method::Post, &format!("{}/subscribers", group_path(group)), &body)?;
        let next = text(&answer, "cursor").map(str::to_owned);
        Ok((list(&answer, "subscribers")?.iter().filter_map(member).collect(), next))
    }

    /// Adds or removes subscribers by phone number; answers the numbers that were refused, with the reason.
    pub(crate) fn change_subscribers(
        &self,
        group: &str,
        change: Change,
        numbers: &[&str],
    ) -> Result<Vec<(String, String)>, Trouble> {
        let (verb, done) = match change {
            Change::Add => ("add", "isAdded"),
            Change::Remove => ("remove", "isRemoved"),
        };
        let path = format!("{}/subscribers/{verb}", group_path(group));
        let answer = self.call(Method::Put, &path, &json!({"subscribers": numbers}))?;
        let results = answer.get("result").and_then(Json::as_object);
        let refused = results.into_iter().flatten().filter(|(_, result)| truth(result.get(done)) == Some(false));
        Ok(refused.map(|(number, result)| (number.clone(), reason(result))).collect())
    }
}

/// Whether subscribers come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Add,
    Remove,
}

/// The path of a group. Ids are opaque and end in things like `@2`.
fn group_path(group: &str) -> String {
    format!("/v1/groups/{}", encode_segment(group))
}

fn member_path(group: &str, member: &str) -> String {
    format!("{}/members/{}", group_path(group), encode_segment(member))
}

fn member(json: &Json) -> Option<Member> {
    Some(Member {
        id: text(json, "id")?.to_owned(),
        phone: text(json, "mobileNumber").map(str::to_owned),
        admin: text(json, "role").is_some_and(|role| role.eq_ignore_ascii_case("admin")),
    })
}

/// A list in its envelope, or bare, or one object alone.
pub(crate) fn list<'a>(answer: &'a Json, name: &str) -> Result<&'a [Json], Trouble> {
    match answer.get(name).unwrap_or(answer) {
        Json::Array(items) => Ok(items),
        one @ Json::Object(_) if answer.get(name).is_some() || answer.get("groupId").is_some() => {
            Ok(std::slice::from_ref(one))
        }
        _ => Err(unreadable(&format!("it has no list of {name}"))),
    }
}

/// The name of the field with the reason was never documented: the first text that is there.
pub(crate) fn reason(result: &Json) -> String {
    let fields = ["message", "reason", "errorReason", "errorCode"];
    let told = fields.iter().find_map(|name| text(result, name));
    told.map_or_else(|| "Kaizala gave no reason.".to_owned(), |words| format!("Kaizala refused: {words}"))
}

fn unreadable(why: &str) -> Trouble {
    Trouble::Unclear(rollcall_sdk::Fault::new(format!("The answer of Kaizala cannot be read: {why}.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::Response;
    use rollcall_sdk::testing::ScriptedHttp;

    const BASE: &str = "https://k.example";

    fn api(http: &ScriptedHttp) -> Api<ScriptedHttp> {
        Api::new(http.clone(), BASE.to_owned())
    }

    fn ok(json: &str) -> Response {
        Response::json_of(200, json)
    }

    #[test]
    fn a_group_is_created_as_documented() {
        let http = ScriptedHttp::new().answer(
            Method::Post,
            format!("{BASE}/v1/groups"),
            ok(r#"{"groupId":"g@2","groupName":"G","membersAdded":"false"}"#),
        );
        let group = NewGroup { name: "G", welcome: "Hi", parent: None, numbers: &["+1"] };
        let created = api(&http).create_group(group, &Settings::default());
        assert_eq!(created, Ok(Created { id: "g@2".into(), all_added: false }));
        assert_eq!(http.bodies(), [r#"{"groupType":"Group","members":["+1"],"name":"G","welcomeMessage":"Hi"}"#]);
    }

    #[test]
    fn a_subgroup_is_created_in_the_form_that_is_set() {
        let http = ScriptedHttp::new()
            .answer(Method::Post, format!("{BASE}/v1/groups/p%401/subGroups"), ok(r#"{"groupId":"s"}"#))
            .answer(Method::Post, format!("{BASE}/v1/groups/p%401/subgroups"), ok(r#"{"groupId":"s"}"#));
        let group = NewGroup { name: "G", welcome: "Hi", parent: Some("p@1"), numbers: &[] };
        let swagger = Settings { subgroup_form: SubgroupForm::Swagger, ..Settings::default() };
        assert!(api(&http).create_group(group, &Settings::default()).unwrap().all_added);
        assert!(api(&http).create_group(group, &swagger).unwrap().all_added);
        assert_eq!(
            http.bodies(),
            [
                r#"{"addUserToGroup":false,"groupImageUrl":"","groupName":"G","members":[],"welcomeMessage":"Hi"}"#,
                r#"{"groupType":"Group","members":[],"name":"G","welcomeMessage":"Hi"}"#,
            ]
        );
    }

    #[test]
    fn a_list_is_understood_in_every_envelope() {
        for (json, expected) in [
            (r#"{"groups":[{"groupId":"a","groupName":"A","isMappedToTenant":true},{"groupName":"no id"}]}"#, Some(1)),
            (r#"{"groups":{"groupId":"a"}}"#, Some(1)),
            (r#"{"groupId":"a","groupName":"A"}"#, Some(1)),
            (r#"[{"groupId":"a"},{"groupId":"b"}]"#, Some(2)),
            (r#"{"groups":[]}"#, Some(0)),
            (r#"{"x":1}"#, None),
            ("7", None),
        ] {
            let url = format!("{BASE}/v1/groups?fetchAllGroups=true&showDetails=true");
            let http = ScriptedHttp::new().answer(Method::Get, url, ok(json));
            assert_eq!(api(&http).groups().ok().map(|groups| groups.len()), expected, "{json}");
        }
    }

    #[test]
    fn a_member_needs_nothing_but_an_id() {
        let body = r#"{"members":[{"id":"m@1"},{"id":"n","role":"ADMIN","mobileNumber":"+1","isProvisioned":false},{"role":"x"}]}"#;
        let http = ScriptedHttp::new().answer(Method::Get, format!("{BASE}/v1/groups/g/members"), ok(body));
        let member =
            |id: &str, phone: Option<&str>, admin| Member { id: id.into(), phone: phone.map(str::to_owned), admin };
        assert_eq!(api(&http).members("g"), Ok(vec![member("m@1", None, false), member("n", Some("+1"), true)]));
    }

    #[test]
    fn members_are_removed_and_promoted_by_their_ids() {
        let path = format!("{BASE}/v1/groups/g/members/m%401");
        let http = ScriptedHttp::new()
            .answer(Method::Delete, path.clone(), ok(r#"{"result":"true"}"#))
            .answer(Method::Put, path.clone(), ok(""))
            .answer(Method::Delete, path, ok(r#"{"result":false}"#));
        assert_eq!(api(&http).remove_member("g", "m@1"), Ok(true));
        assert_eq!(api(&http).set_role("g", "m@1", true), Ok(true));
        assert_eq!(api(&http).remove_member("g", "m@1"), Ok(false));
        assert_eq!(http.bodies()[1], r#"{"role":"Admin"}"#);
    }

    #[test]
    fn subscribers_are_read_page_by_page_and_refused_one_by_one() {
        let http = ScriptedHttp::new()
            .answer(
                Method::Post,
                format!("{BASE}/v1/groups/g/subscribers"),
                ok(r#"{"subscribers":[{"id":"s"}],"cursor":"c"}"#),
            )
            .answer(Method::Post, format!("{BASE}/v1/groups/g/subscribers"), ok(r#"{"subscribers":[]}"#))
            .answer(
                Method::Put,
                format!("{BASE}/v1/groups/g/subscribers/add"),
                ok(r#"{"result":{"+1":{"isAdded":true},"+2":{"isAdded":"false","errorReason":"bad"}}}"#),
            );
        let (page, next) = api(&http).subscribers("g", None).unwrap();
        assert_eq!((page.len(), next.as_deref()), (1, Some("c")));
        assert_eq!(api(&http).subscribers("g", next.as_deref()).unwrap().1, None);
        let refused = api(&http).change_subscribers("g", Change::Add, &["+1", "+2"]).unwrap();
        assert_eq!(refused, [("+2".to_owned(), "Kaizala refused: bad".to_owned())]);
        assert_eq!(http.bodies()[..2], [r#"{"count":50}"#, r#"{"count":50,"cursor":"c"}"#]);
    }
}
