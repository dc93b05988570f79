//! The directory as a source tells it: rounds of pages, like Microsoft Graph's delta queries.
//!
//! What Graph may do and this does: pages of any size, empty ones too; the same user several times in a round, an older state
//! before a newer one; removals of users that were never seen; patches that are minimal or complete; cursors that expire between
//! rounds and within one; changes while a round is being read, which the next round tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use rollcall_sandbox::contract::source::{
    Change, GroupPatch, MembershipChange, Next, Page, Removal, RemovalKind, UserPatch,
};
use rollcall_sandbox::contract::types::{Failure, Fault, Retry};
use rollcall_sync::steps::{Calling, Source, StepError};
use rollcall_sync::store::Effects;
use serde_json::Value as Json;

use crate::directory::{Directory, Presence, User};
use crate::rng::Rng;
use crate::world::World;

/// How the source tells.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Patches have only what changed.
    pub minimal: bool,
    /// Rounds end with a cursor; otherwise every round lists everything.
    pub cursors: bool,
    /// How often the directory changes between two pages, in percent.
    pub restless: u32,
}

/// The server behind the source.
#[derive(Debug)]
pub struct Feed {
    pub style: Style,
    links: BTreeMap<String, Link>,
    count: u32,
    rng: Rng,
}

#[derive(Debug, Clone)]
enum Link {
    /// The next round tells what changed after this.
    Delta { from: u64, selection: Arc<[String]> },
    /// The rest of a round.
    Rest { items: Arc<[Item]>, at: usize, round: RoundFacts },
}

#[derive(Debug, Clone)]
struct RoundFacts {
    /// What changed after this is told; none tells everything.
    from: Option<u64>,
    /// The next round goes on from here.
    began: u64,
    selection: Arc<[String]>,
}

#[derive(Debug, Clone, Copy)]
enum Item {
    User(usize),
    /// An older state of a user, told again.
    Past(usize, usize),
    Stranger(usize),
    Group(usize),
}

impl Feed {
    /// A server.
    pub fn new(mut rng: Rng) -> Self {
        let style = Style { minimal: rng.percent(50), cursors: !rng.percent(10), restless: 15 };
        Self { style, links: BTreeMap::new(), count: 0, rng }
    }

    /// Every cursor that was given out is refused from now on.
    pub fn expire(&mut self) {
        self.links.clear();
    }

    fn give_out(&mut self, link: Link) -> String {
        self.count += 1;
        let name = format!("https://graph.example/link-{}", self.count);
        self.links.insert(name.clone(), link);
        name
    }

    /// A page, or nothing when the cursor is not known (any more).
    fn page(&mut self, directory: &Directory, cursor: Option<&str>, selection: &Arc<[String]>) -> Option<Page> {
        let (items, at, round) = match cursor.map(|cursor| self.links.get(cursor).cloned()) {
            Some(None) => return None,
            Some(Some(Link::Rest { items, at, round })) => (items, at, round),
            Some(Some(Link::Delta { from, selection })) => self.open(directory, Some(from), selection),
            None => self.open(directory, None, Arc::clone(selection)),
        };
        let size = if self.rng.percent(15) { 0 } else { self.rng.between(1, 7) };
        let end = (at + size).min(items.len());
        let mut changes = Vec::new();
        for item in &items[at..end] {
            self.tell(directory, *item, &round, &mut changes);
        }
        // The last page may be an empty one.
        let next = if end < items.len() || (end > at && self.rng.percent(20)) {
            Next::More(self.give_out(Link::Rest { items, at: end, round }))
        } else if self.style.cursors {
            Next::Complete(Some(self.give_out(Link::Delta { from: round.began, selection: round.selection })))
        } else {
            Next::Complete(None)
        };
        Some(Page { changes, next })
    }

    fn open(
        &mut self,
        directory: &Directory,
        from: Option<u64>,
        selection: Arc<[String]>,
    ) -> (Arc<[Item]>, usize, RoundFacts) {
        let changed = |user: &User| match from {
            Some(from) => user.turned > from || user.changed.values().any(|at| *at > from),
            None => user.presence == Presence::Live,
        };
        let mut users: Vec<Item> =
            (0..directory.users.len()).filter(|at| changed(&directory.users[*at])).map(Item::User).collect();
        self.rng.shuffle(&mut users);
        // Some come twice, and an older state may come before the last one.
        for position in (0..users.len()).rev() {
            let Item::User(at) = users[position] else { continue };
            let past = &directory.users[at].past;
            // A minimal patch repairs only what changed in this round.
            let first = past.iter().position(|(when, _)| !self.style.minimal || from.is_none_or(|from| *when >= from));
            if let Some(first) = first.filter(|_| self.rng.percent(15)) {
                let item = Item::Past(at, self.rng.between(first, past.len() - 1));
                let place = self.rng.below(position + 1);
                users.insert(place, item);
            } else if self.rng.percent(10) {
                let place = self.rng.below(position + 1);
                users.insert(place, Item::User(at));
            }
        }
        if self.rng.percent(10) {
            let place = self.rng.below(users.len() + 1);
            users.insert(place, Item::Stranger(self.rng.below(100)));
        }
        let group_changed = |at: &usize| {
            let group = &directory.groups[*at];
            match from {
                Some(from) => group.turned > from || group.members.values().any(|membership| membership.turned > from),
                None => group.live,
            }
        };
        let mut groups: Vec<Item> = (0..directory.groups.len()).filter(group_changed).map(Item::Group).collect();
        self.rng.shuffle(&mut groups);
        users.append(&mut groups);
        (users.into(), 0, RoundFacts { from, began: directory.sequence, selection })
    }

    fn tell(&mut self, directory: &Directory, item: Item, round: &RoundFacts, changes: &mut Vec<Change>) {
        match item {
            Item::User(at) => changes.push(self.user(&directory.users[at], round)),
            Item::Past(at, past) => {
                let user = &directory.users[at];
                if user.presence != Presence::Live && self.rng.percent(30) {
                    changes.push(removed(&user.id, RemovalKind::Soft));
                }
                let patch = patch(&user.id, &user.past[past].1, &round.selection, |_| true);
                changes.push(patch);
            }
            Item::Stranger(number) => changes.push(removed(&format!("stranger{number}"), RemovalKind::Final)),
            Item::Group(at) => {
                let group = &directory.groups[at];
                let patch = GroupPatch {
                    id: group.id.clone(),
                    properties: format!("{{\"displayName\":\"{}\"}}", group.id),
                    removed: !group.live,
                };
                changes.push(Change::Group(patch));
                if !group.live {
                    return;
                }
                for (user, membership) in &group.members {
                    let told = match round.from {
                        Some(from) => membership.turned > from || group.turned > from,
                        None => membership.holds(),
                    };
                    if told {
                        let removed = !membership.holds();
                        let change = MembershipChange { group: group.id.clone(), user: user.clone(), removed };
                        changes.push(Change::Membership(change));
                    }
                }
            }
        }
    }

    fn user(&self, user: &User, round: &RoundFacts) -> Change {
        match user.presence {
            Presence::Deleted => removed(&user.id, RemovalKind::Soft),
            Presence::Gone => removed(&user.id, RemovalKind::Final),
            Presence::Live => {
                let whole = !self.style.minimal || round.from.is_none_or(|from| user.turned > from);
                let told = |name: &str| whole || round.from.is_none_or(|from| user.changed.get(name) > Some(&from));
                patch(&user.id, &user.properties, &round.selection, told)
            }
        }
    }
}

fn removed(id: &str, kind: RemovalKind) -> Change {
    Change::Removed(Removal { id: id.to_owned(), kind })
}

fn patch(
    id: &str,
    properties: &BTreeMap<&'static str, Json>,
    selection: &[String],
    told: impl Fn(&str) -> bool,
) -> Change {
    let selected: serde_json::Map<String, Json> = properties
        .iter()
        .filter(|(name, _)| told(name) && selection.iter().any(|selected| selected == **name))
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Change::User(UserPatch { id: id.to_owned(), properties: Json::Object(selected).to_string() })
}

/// A source as the engine calls it.
pub struct DeltaSource {
    world: Arc<World>,
    selection: Arc<[String]>,
}

impl DeltaSource {
    /// A source that was asked for these properties.
    pub fn new(world: Arc<World>, selection: Vec<String>) -> Self {
        Self { world, selection: selection.into() }
    }

    fn trouble(&self) -> Option<Result<Failure, StepError>> {
        let chaos = &self.world.chaos;
        if !chaos.strikes(chaos.rates().source) {
            return None;
        }
        let trouble = match chaos.below(10) {
            0..=3 => Ok(Failure::Retry(Retry { after_seconds: None, fault: fault("the network was cut", None) })),
            4..=6 => Ok(Failure::Retry(Retry { after_seconds: Some(7), fault: fault("slow down", Some(429)) })),
            7 => Ok(Failure::Retry(Retry { after_seconds: Some(900), fault: fault("come back later", Some(503)) })),
            8 => Ok(Failure::Failed(fault("a permission is missing", Some(403)))),
            _ => Err(StepError::Broken("the source trapped".into())),
        };
        chaos.tell(|| format!("source: {trouble:?}"));
        Some(trouble)
    }
}

/// A fault of another system.
pub fn fault(message: &str, status: Option<u16>) -> Fault {
    Fault { message: message.to_owned(), status, code: None, request_id: None }
}

impl Source for DeltaSource {
    fn pull(&mut self, cursor: Option<String>) -> Calling<'_, (Result<Page, Failure>, Effects)> {
        Box::pin(async move {
            self.world.call("source")?;
            if let Some(trouble) = self.trouble() {
                return trouble.map(|failure| (Err(failure), Effects::default()));
            }
            let mut directory = self.world.directory();
            let mut feed = self.world.feed();
            let restless = feed.style.restless;
            while feed.rng.percent(restless) {
                let change = directory.change();
                self.world.chaos.tell(|| format!("meanwhile {change}"));
            }
            let page = feed.page(&directory, cursor.as_deref(), &self.selection);
            self.world.chaos.tell(|| format!("page at {cursor:?}: {page:?}"));
            let expired = || Failure::CursorExpired(fault("DeltaLink older than 30 days is not supported.", Some(400)));
            Ok((page.ok_or_else(expired), Effects::default()))
        })
    }

    fn fetch(&mut self, id: String) -> Calling<'_, Result<Option<UserPatch>, Failure>> {
        Box::pin(async move {
            self.world.call("source")?;
            if let Some(trouble) = self.trouble() {
                return trouble.map(Err);
            }
            let directory = self.world.directory();
            let fetched = directory.find(&id).map(|user| patch(&id, &user.properties, &self.selection, |_| true));
            Ok(Ok(fetched.and_then(|change| match change {
                Change::User(patch) => Some(patch),
                _ => None,
            })))
        })
    }
}
