//! How far a round has come: the cursor that the host keeps.
//!
//! A round has up to three parts. The users come first. If the properties that the steps read have changed since the round
//! before, the users are listed anew with the new selection, and only *then* the links of the old selection are followed to
//! their ends: in this order no removal falls between the two. Group memberships come last.
//!
//! Graph's links are kept verbatim: they are opaque ("Use delta query", State tokens).

use rollcall_sdk::http::Url;
use rollcall_sdk::source::Next;
use rollcall_sdk::{Failure, Fault};
use serde::{Deserialize, Serialize};

use crate::page::Link;

/// What is asked when there is no link yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// The selection that the users' links are made for.
    pub(crate) select: String,
    /// The URL of the first page of users.
    pub(crate) users: String,
    /// The URL of the first page of groups, if groups are wanted.
    pub(crate) groups: Option<String>,
    /// The origin that every link must have.
    pub(crate) base: Url,
}

/// Which part of a round a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Users, with the present selection.
    Users,
    /// Users, by a link of an earlier selection.
    Earlier,
    /// Groups and their members.
    Groups,
}

/// How far a round has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    /// The selection that `users` is for.
    select: String,
    /// The next page of users; when they are done, where the next round begins.
    users: String,
    /// True when this round's users are done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    users_done: bool,
    /// Links of earlier selections that are still to be followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<String>,
    /// The next page of groups, if there was one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    groups: Option<String>,
}

impl Cursor {
    /// Reads the host's cursor; without one, the beginning of a round that lists everything.
    pub(crate) fn read(text: Option<&str>, start: &Start) -> Result<Self, Failure> {
        let Some(text) = text else {
            let (select, users) = (start.select.clone(), start.users.clone());
            return Ok(Cursor { select, users, users_done: false, earlier: Vec::new(), groups: None });
        };
        let expired = |message: String| Failure::CursorExpired(Fault::new(message));
        let mut cursor: Cursor = serde_json::from_str(text)
            .map_err(|error| expired(format!("The stored cursor is not one of this source ({error}).")))?;
        for link in cursor.earlier.iter().chain([&cursor.users]).chain(&cursor.groups) {
            if !is_ours(link, &start.base) {
                let place = place(link);
                return Err(expired(format!(
                    "The stored link is for {place}, and the base_url of this source is another."
                )));
            }
        }
        if cursor.select != start.select {
            let link = std::mem::replace(&mut cursor.users, start.users.clone());
            cursor.earlier.push(link);
            cursor.select.clone_from(&start.select);
            cursor.users_done = false;
        }
        Ok(cursor)
    }

    /// The part that comes next, and its page.
    pub(crate) fn next_page(&self, start: &Start) -> (Part, String) {
        match (self.users_done, self.earlier.first(), &start.groups) {
            (true, Some(link), _) => (Part::Earlier, link.clone()),
            (true, None, Some(first)) => (Part::Groups, self.groups.clone().unwrap_or_else(|| first.clone())),
            _ => (Part::Users, self.users.clone()),
        }
    }

    /// Whether the page that comes next is asked for by a link that Graph gave.
    pub(crate) fn is_at_link(&self, start: &Start) -> bool {
        let (part, url) = self.next_page(start);
        match part {
            Part::Users => url != start.users,
            Part::Earlier => true,
            Part::Groups => self.groups.is_some(),
        }
    }

    /// The cursor after a page of `part` that ended with `link`.
    pub(crate) fn advance(mut self, part: Part, link: Link, start: &Start) -> Result<Next, Failure> {
        let (Link::Next(url) | Link::Delta(url)) = &link;
        if !is_ours(url, &start.base) {
            let place = place(url);
            let message = format!("Microsoft Graph sent a link to another server, {place}. It was not followed.");
            return Err(Failure::Failed(Fault::new(message)));
        }
        let mut groups_done = start.groups.is_none();
        match (part, link) {
            (Part::Users, Link::Next(url)) => self.users = url,
            (Part::Users, Link::Delta(url)) => (self.users, self.users_done) = (url, true),
            (Part::Earlier, Link::Next(url)) => {
                if let Some(first) = self.earlier.first_mut() {
                    *first = url;
                }
            }
            (Part::Earlier, Link::Delta(_)) => self.earlier = self.earlier.split_off(1.min(self.earlier.len())),
            (Part::Groups, Link::Next(url)) => self.groups = Some(url),
            (Part::Groups, Link::Delta(url)) => (self.groups, groups_done) = (Some(url), true),
        }
        if start.groups.is_none() {
            self.groups = None;
        }
        if self.users_done && self.earlier.is_empty() && groups_done {
            self.users_done = false;
            return Ok(Next::Complete(Some(self.write()?)));
        }
        Ok(Next::More(self.write()?))
    }

    fn write(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|error| Failure::Failed(Fault::new(format!("The cursor cannot be written: {error}."))))
    }
}

fn is_ours(link: &str, base: &Url) -> bool {
    Url::parse(link).is_ok_and(|link| link.same_origin(base))
}

/// Where a link points to: its token stays out of messages.
fn place(link: &str) -> String {
    Url::parse(link).map_or_else(|_| "no address at all".to_owned(), |link| link.authority().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(select: &str, groups: bool) -> Start {
        Start {
            select: select.to_owned(),
            users: format!("https://g.example/users/delta?$select={select}"),
            groups: groups.then(|| "https://g.example/groups/delta".to_owned()),
            base: Url::parse("https://g.example").unwrap(),
        }
    }

    fn next(name: &str) -> Link {
        Link::Next(format!("https://g.example/{name}"))
    }

    fn delta(name: &str) -> Link {
        Link::Delta(format!("https://g.example/{name}"))
    }

    /// Plays a round: the links that end its pages. Answers the pages that were asked for, and the cursor at the end.
    fn play(cursor: Option<&str>, start: &Start, links: Vec<Link>) -> (Vec<(Part, String)>, Next) {
        let mut pages = Vec::new();
        let mut cursor = cursor.map(str::to_owned);
        let count = links.len();
        for (number, link) in links.into_iter().enumerate() {
            let at = Cursor::read(cursor.as_deref(), start).unwrap();
            let (part, url) = at.next_page(start);
            pages.push((part, url.replace("https://g.example/", "")));
            match at.advance(part, link, start).unwrap() {
                Next::More(text) => cursor = Some(text),
                complete => {
                    assert_eq!(number + 1, count, "the round was complete too early");
                    return (pages, complete);
                }
            }
        }
        (pages, Next::More(cursor.unwrap_or_default()))
    }

    fn complete(next: Next) -> String {
        match next {
            Next::Complete(Some(cursor)) => cursor,
            other => panic!("the round is not complete: {other:?}"),
        }
    }

    #[test]
    fn a_round_without_groups_follows_the_links_of_users() {
        let start = start("id", false);
        let (pages, end) = play(None, &start, vec![next("u2"), delta("u-delta")]);
        assert_eq!(pages, [(Part::Users, "users/delta?$select=id".into()), (Part::Users, "u2".into())]);
        let (pages, _) = play(Some(&complete(end)), &start, vec![delta("u-delta-2")]);
        assert_eq!(pages, [(Part::Users, "u-delta".into())]);
    }

    #[test]
    fn groups_come_after_the_users_in_every_round() {
        let start = start("id", true);
        let (pages, end) = play(None, &start, vec![delta("u-delta"), next("g2"), delta("g-delta")]);
        let asked: Vec<&str> = pages.iter().map(|(_, url)| url.as_str()).collect();
        assert_eq!(asked, ["users/delta?$select=id", "groups/delta", "g2"]);
        let (pages, _) = play(Some(&complete(end)), &start, vec![delta("u-delta-2"), delta("g-delta-2")]);
        assert_eq!(pages, [(Part::Users, "u-delta".into()), (Part::Groups, "g-delta".into())]);
    }

    #[test]
    fn a_new_selection_lists_users_anew_and_then_follows_the_old_links_to_their_ends() {
        let (_, end) = play(None, &start("id", false), vec![delta("old")]);
        let changed = start("id,mail", false);
        let (pages, end) = play(
            Some(&complete(end)),
            &changed,
            vec![next("new-2"), delta("new-delta"), next("old-2"), delta("old-delta")],
        );
        assert_eq!(
            pages,
            [
                (Part::Users, "users/delta?$select=id,mail".into()),
                (Part::Users, "new-2".into()),
                (Part::Earlier, "old".into()),
                (Part::Earlier, "old-2".into()),
            ]
        );
        let (pages, _) = play(Some(&complete(end)), &changed, vec![delta("newer")]);
        assert_eq!(pages, [(Part::Users, "new-delta".into())]);
    }

    #[test]
    fn a_selection_that_changes_twice_loses_no_link() {
        let (_, end) = play(None, &start("id", false), vec![delta("first")]);
        let (_, middle) = play(Some(&complete(end)), &start("id,mail", false), vec![next("second-2")]);
        let Next::More(middle) = middle else { panic!("complete too early") };
        let (pages, _) = play(
            Some(&middle),
            &start("id,city", false),
            vec![delta("third-delta"), delta("first-delta"), delta("second-delta")],
        );
        let asked: Vec<&str> = pages.iter().map(|(_, url)| url.as_str()).collect();
        assert_eq!(asked, ["users/delta?$select=id,city", "first", "second-2"]);
    }

    #[test]
    fn groups_that_are_wanted_later_begin_with_a_list_of_them() {
        let (_, end) = play(None, &start("id", false), vec![delta("u-delta")]);
        let (pages, _) = play(Some(&complete(end)), &start("id", true), vec![delta("u-2"), delta("g-delta")]);
        assert_eq!(pages, [(Part::Users, "u-delta".into()), (Part::Groups, "groups/delta".into())]);
    }

    #[test]
    fn groups_that_are_not_wanted_any_more_are_forgotten() {
        let (_, end) = play(None, &start("id", true), vec![delta("u-delta"), delta("g-delta")]);
        let (pages, end) = play(Some(&complete(end)), &start("id", false), vec![delta("u-2")]);
        assert_eq!(pages.len(), 1);
        assert!(!complete(end).contains("g-delta"));
    }

    #[test]
    fn a_link_to_another_server_is_not_followed() {
        let start = start("id", false);
        for url in ["https://evil.example/x", "http://g.example/x", "https://g.example:8443/x", "/relative", ""] {
            let cursor = Cursor::read(None, &start).unwrap();
            let result = cursor.advance(Part::Users, Link::Next(url.to_owned()), &start);
            assert!(matches!(result, Err(Failure::Failed(_))), "{url}");
        }
    }

    #[test]
    fn a_cursor_that_is_not_ours_is_expired() {
        let start = start("id", false);
        for text in ["", "x", "{}", r#"{"select":"id","users":"https://other.example/x"}"#] {
            assert!(matches!(Cursor::read(Some(text), &start), Err(Failure::CursorExpired(_))), "{text}");
        }
    }

    #[test]
    fn only_a_page_asked_for_by_a_link_can_be_expired() {
        let start = start("id", true);
        let cursor = Cursor::read(None, &start).unwrap();
        assert!(!cursor.is_at_link(&start));
        let Next::More(text) = cursor.advance(Part::Users, delta("u-delta"), &start).unwrap() else { panic!() };
        assert!(!Cursor::read(Some(&text), &start).unwrap().is_at_link(&start));
        let (_, end) = play(None, &start, vec![delta("u-delta"), delta("g-delta")]);
        assert!(Cursor::read(Some(&complete(end)), &start).unwrap().is_at_link(&start));
    }
}
