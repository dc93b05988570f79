//! A small Kaizala for tests: it keeps groups, counts calls, and breaks where it is told to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rollcall_sdk::Attribute;
use rollcall_sdk::http::{Client, Error, Method, Request, Response};
use rollcall_sdk::target::{GroupEntry, GroupWithMembers, Member, Operation, Outcome, Role};
use rollcall_sdk::testing::{MemoryOutbox, MemoryStorage};
use serde_json::{Value as Json, json};

use crate::kaizala::Kaizala;
use crate::settings::Settings;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// The connection breaks before the call is done.
    Before,
    /// The connection breaks after it was done.
    After,
    /// It is throttled for 12 seconds.
    Throttle,
    /// Nothing can be reached from here on: the machine is switched off.
    Crash,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FakeMember {
    pub(crate) id: String,
    pub(crate) phone: String,
    pub(crate) admin: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FakeGroup {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) members: Vec<FakeMember>,
    /// What is told of whether it belongs to the organization.
    pub(crate) of_organization: Option<bool>,
    pub(crate) parents: Vec<String>,
}

impl FakeGroup {
    /// The numbers of the members but for the login's own, in order.
    pub(crate) fn numbers(&self) -> Vec<String> {
        let mut numbers: Vec<String> =
            self.members.iter().map(|member| member.phone.clone()).filter(|phone| phone != LOGIN).collect();
        numbers.sort();
        numbers
    }
}

/// The number of the login, a member of every group that it creates.
pub(crate) const LOGIN: &str = "+10000000000";

#[derive(Debug, Default)]
struct State {
    groups: RefCell<Vec<FakeGroup>>,
    people: RefCell<Vec<String>>,
    calls: RefCell<Vec<String>>,
    break_at: Cell<Option<(usize, Break)>>,
    for_good: Cell<bool>,
    hides_numbers: Cell<bool>,
    crashed: Cell<bool>,
    next_id: Cell<u32>,
}

/// A small Kaizala. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fake {
    state: Rc<State>,
    storage: MemoryStorage,
    outbox: MemoryOutbox,
}

impl Fake {
    pub(crate) fn new() -> Self {
        Fake::default()
    }

    /// The component, freshly started, with what it had stored.
    pub(crate) fn component(&self, settings: &str) -> Kaizala<Fake, MemoryStorage, MemoryOutbox> {
        let settings: Settings = rollcall_sdk::settings::parse(settings).unwrap();
        let attributes = [Attribute::text("name"), Attribute::text("phone").matching(1)];
        Kaizala::new(self.clone(), self.storage.clone(), self.outbox.clone(), settings, &attributes).unwrap()
    }

    pub(crate) fn push(&self, operations: &[Operation]) -> Vec<Outcome> {
        self.component(r#"{"adopt_groups": false}"#).push(operations)
    }

    /// From now on the call of this number, counted from 0, breaks.
    pub(crate) fn break_at(&self, number: usize, how: Break) {
        self.state.break_at.set(Some((self.state.calls.borrow().len() + number, how)));
    }

    /// From now on every call from this number on, counted from 0, breaks.
    pub(crate) fn break_from(&self, number: usize, how: Break) {
        self.break_at(number, how);
        self.state.for_good.set(true);
    }

    pub(crate) fn mend(&self) {
        self.state.for_good.set(false);
        self.state.break_at.set(None);
        self.state.crashed.set(false);
    }

    pub(crate) fn groups(&self) -> Vec<FakeGroup> {
        self.state.groups.borrow().clone()
    }

    /// The numbers in the directory.
    pub(crate) fn people(&self) -> Vec<String> {
        self.state.people.borrow().clone()
    }

    /// The calls since the last time this was asked.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.state.calls.take()
    }

    /// A file that was put into the outbox.
    pub(crate) fn file(&self, name: &str) -> Option<String> {
        self.outbox.file(name)
    }

    pub(crate) fn delete_groups(&self) {
        self.state.groups.borrow_mut().clear();
    }

    /// Members are told without their numbers from now on.
    pub(crate) fn hide_numbers(&self) {
        self.state.hides_numbers.set(true);
    }

    /// Changes a group by hand.
    pub(crate) fn by_hand(&self, id: &str, change: impl FnOnce(&mut FakeGroup)) {
        change(self.state.groups.borrow_mut().iter_mut().find(|group| group.id == id).unwrap());
    }

    /// Makes a group that is not ours.
    pub(crate) fn foreign_group(&self, name: &str, numbers: &[&str]) -> String {
        self.create(name, numbers.iter().map(|number| (*number).to_owned()).collect()).0
    }

    fn id(&self) -> String {
        self.state.next_id.set(self.state.next_id.get() + 1);
        format!("id-{}@1", self.state.next_id.get())
    }

    fn create(&self, name: &str, numbers: Vec<String>) -> (String, bool) {
        let id = self.id();
        let login = FakeMember { id: self.id(), phone: LOGIN.to_owned(), admin: true };
        self.state.groups.borrow_mut().push(FakeGroup {
            id: id.clone(),
            name: name.to_owned(),
            members: vec![login],
            of_organization: None,
            parents: Vec::new(),
        });
        let all = self.add(&id, &numbers);
        (id, all)
    }

    fn add(&self, group: &str, numbers: &[String]) -> bool {
        let mut all = true;
        for number in numbers {
            let member = FakeMember { id: self.id(), phone: number.clone(), admin: false };
            let mut groups = self.state.groups.borrow_mut();
            let Some(group) = groups.iter_mut().find(|known| known.id == group) else { return false };
            if number.contains("bad") {
                all = false;
            } else if !group.members.iter().any(|known| known.phone == *number) {
                group.members.push(member);
            }
        }
        all
    }

    fn answer(&self, request: &Request) -> Response {
        let body: Json = request.body.as_deref().map_or(Json::Null, |body| serde_json::from_slice(body).unwrap());
        let numbers = |name: &str| -> Vec<String> {
            let list = body.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
            list.iter().map(|number| number.as_str().unwrap().to_owned()).collect()
        };
        let path = request.url.strip_prefix("https://api.kaiza.la/v1/").unwrap().replace("%40", "@");
        let path = path.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').collect();
        let ok = |json: Json| Response::json_of(200, &json.to_string());
        let missing = || Response::json_of(404, r#"{"message":"Not found.","errorCode":"NotFound"}"#);
        match (request.method, parts.as_slice()) {
            (Method::Post, ["groups"]) => {
                let (id, all) = self.create(body["name"].as_str().unwrap(), numbers("members"));
                ok(json!({"groupId": id, "groupName": body["name"], "membersAdded": all}))
            }
            (Method::Get, ["groups"]) => {
                let group = |group: &FakeGroup| match group.of_organization {
                    Some(of) => json!({"groupId": group.id, "groupName": group.name, "isMappedToTenant": of}),
                    None => json!({"groupId": group.id, "groupName": group.name}),
                };
                ok(json!({"groups": self.groups().iter().map(group).collect::<Vec<_>>()}))
            }
            (Method::Get, ["groups", id, "members"]) => match self.groups().iter().find(|group| group.id == *id) {
                Some(group) => {
                    let member = |member: &FakeMember| {
                        let role = if member.admin { "Admin" } else { "Member" };
                        if self.state.hides_numbers.get() {
                            return json!({"id": member.id, "role": role});
                        }
                        json!({"id": member.id, "mobileNumber": member.phone, "role": role})
                    };
                    ok(json!({"members": group.members.iter().map(member).collect::<Vec<_>>()}))
                }
                None => missing(),
            },
            (Method::Put, ["groups", id, "members"]) => {
                if !self.groups().iter().any(|group| group.id == *id) {
                    return missing();
                }
                ok(json!({"result": self.add(id, &numbers("members")).to_string()}))
            }
            (Method::Post, ["groups", parent, "subGroups"]) => {
                let (id, all) = self.create(body["groupName"].as_str().unwrap(), numbers("members"));
                self.by_hand(&id, |group| group.parents.push((*parent).to_owned()));
                ok(json!({"groupId": id, "membersAdded": all}))
            }
            (Method::Put, ["groups", parent, "subGroups"]) => {
                for id in numbers("subGroups") {
                    self.by_hand(&id, |group| group.parents.push((*parent).to_owned()));
                }
                ok(json!({"result": true}))
            }
            (Method::Delete, ["groups", parent, "subGroups", id]) => {
                self.by_hand(id, |group| group.parents.retain(|known| known != parent));
                ok(json!({"result": "true"}))
            }
            (method, ["groups", id, "members", member]) => {
                let mut groups = self.state.groups.borrow_mut();
                let Some(group) = groups.iter_mut().find(|group| group.id == *id) else { return missing() };
                let Some(at) = group.members.iter().position(|known| known.id == *member) else {
                    return Response::json_of(200, r#"{"message":"No such member.","errorCode":"InvalidParameters"}"#);
                };
                match method {
                    Method::Delete => drop(group.members.remove(at)),
                    _ => group.members[at].admin = body["role"] == "Admin",
                }
                ok(json!({"result": "true"}))
            }
            (Method::Put, ["groups", _, "subscribers", "add"]) => {
                let refused = |number: &String| number.contains("bad");
                let result =
                    |number: &String| (number.clone(), json!({"isAdded": !refused(number), "message": "bad number"}));
                ok(json!({"result": numbers("subscribers").iter().map(result).collect::<serde_json::Map<_, _>>()}))
            }
            (Method::Put, ["directory", "users"]) => {
                let users: Vec<String> = body
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|user| user["mobileNumber"].as_str().unwrap().to_owned())
                    .collect();
                if users.iter().any(|number| number.contains("bad")) {
                    return Response::json_of(400, r#"{"message":"A number is bad.","errorCode":"InvalidParameters"}"#);
                }
                self.state.people.borrow_mut().extend(users);
                ok(json!({"result": true}))
            }
            (method, path) => panic!("{method:?} {path:?} is not a call of Kaizala"),
        }
    }
}

impl Client for Fake {
    fn send(&self, request: &Request) -> Result<Response, Error> {
        if self.state.crashed.get() {
            return Err(Error::Unreachable("switched off".to_owned()));
        }
        let number = self.state.calls.borrow().len();
        let path = request.url.replace("https://api.kaiza.la/v1", "");
        self.state.calls.borrow_mut().push(format!("{:?} {path}", request.method).to_uppercase());
        match self
            .state
            .break_at
            .get()
            .filter(|(at, _)| *at == number || (*at < number && self.state.for_good.get()))
            .map(|(_, how)| how)
        {
            None => Ok(self.answer(request)),
            Some(Break::Before) => Err(Error::Interrupted("broken before".to_owned())),
            Some(Break::After) => {
                self.answer(request);
                Err(Error::Interrupted("broken after".to_owned()))
            }
            Some(Break::Throttle) => Ok(Response::json_of(429, "").with_header("retry-after", "12")),
            Some(Break::Crash) => {
                self.answer(request);
                self.state.crashed.set(true);
                Err(Error::Interrupted("switched off".to_owned()))
            }
        }
    }
}

/// A member with a number made of this one.
pub(crate) fn member(number: u32) -> Member {
    let phone = format!("+1425{number:07}");
    Member { person: format!("p{number}"), remote: None, membership: None, matching: phone, role: Role::Member }
}

/// Members with these numbers.
pub(crate) fn members(numbers: std::ops::Range<u32>) -> Vec<Member> {
    numbers.map(member).collect()
}

/// A group, with its id if it has one, and members.
pub(crate) fn group(key: &str, remote: Option<&str>, members: Vec<Member>) -> GroupWithMembers {
    let group = GroupEntry {
        key: key.to_owned(),
        remote: remote.map(str::to_owned),
        name: format!("Group {key}"),
        parent: None,
        welcome_message: None,
    };
    GroupWithMembers { group, members }
}
