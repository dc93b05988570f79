//! From a page of Graph to changes.

use rollcall_sdk::source::{Change, GroupPatch, MembershipChange, Removal, UserPatch};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cursor::Part;
use crate::item::Item;

/// The link at the end of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// To the next page of the round.
    Next(String),
    /// To the next round.
    Delta(String),
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta: Option<String>,
}

/// Reads a page. An item that cannot be read is left out with a line in the log; a page that cannot be read is an error, and
/// says why.
pub(crate) fn read(body: &[u8], part: Part) -> Result<(Vec<Change>, Link), String> {
    let body: Body<'_> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let link = match (body.next, body.delta) {
        (Some(next), _) => Link::Next(next),
        (None, Some(delta)) => Link::Delta(delta),
        (None, None) => return Err("the page has neither a nextLink nor a deltaLink".to_owned()),
    };
    let mut changes = Vec::with_capacity(body.value.len());
    for raw in body.value {
        match Item::read(raw) {
            Ok(item) if part == Part::Groups => group(item, &mut changes),
            Ok(item) => changes.push(user(item)),
            Err(reason) => {
                let id = Item::id_of(raw).unwrap_or_else(|| "without an id".to_owned());
                rollcall_sdk::warn!(
                    "Microsoft Graph sent an object that cannot be read, {id}: {reason}. It was left out."
                );
            }
        }
    }
    Ok((changes, link))
}

fn user(item: Item) -> Change {
    match item.removed {
        Some(kind) => Change::Removed(Removal { id: item.id, kind }),
        None => Change::User(UserPatch { id: item.id, properties: item.properties }),
    }
}

fn group(item: Item, changes: &mut Vec<Change>) {
    let group = item.id.clone();
    changes.push(Change::Group(GroupPatch {
        id: item.id,
        properties: item.properties,
        removed: item.removed.is_some(),
    }));
    if item.removed.is_none() {
        changes.extend(item.members.into_iter().map(|member| {
            Change::Membership(MembershipChange { group: group.clone(), user: member.id, removed: member.removed })
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::source::RemovalKind;

    fn patch(id: &str, properties: &str) -> Change {
        Change::User(UserPatch { id: id.to_owned(), properties: properties.to_owned() })
    }

    #[test]
    fn users_become_patches_and_removals() {
        let body =
            br#"{"@odata.context":"x","value":[{"id":"1","mail":"a"},{"id":"2","@removed":{"reason":"changed"}}],
            "@odata.nextLink":"https://g.example/n"}"#;
        let removal = Change::Removed(Removal { id: "2".into(), kind: RemovalKind::Soft });
        assert_eq!(
            read(body, Part::Users),
            Ok((vec![patch("1", r#"{"id":"1","mail":"a"}"#), removal], Link::Next("https://g.example/n".into())))
        );
    }

    #[test]
    fn a_page_may_be_empty_and_still_have_more_behind_it() {
        let body = br#"{"value":[],"@odata.nextLink":"https://g.example/n"}"#;
        assert_eq!(read(body, Part::Users), Ok((vec![], Link::Next("https://g.example/n".into()))));
    }

    #[test]
    fn one_bad_item_does_not_lose_the_page() {
        rollcall_sdk::testing::log_lines();
        let body = br#"{"value":[{"id":"1"},{"id":"2","@removed":7},null,{"id":"3"}],"@odata.deltaLink":"https://g.example/d"}"#;
        let (changes, link) = read(body, Part::Users).unwrap();
        assert_eq!(changes, [patch("1", r#"{"id":"1"}"#), patch("3", r#"{"id":"3"}"#)]);
        assert_eq!(link, Link::Delta("https://g.example/d".into()));
        let lines = rollcall_sdk::testing::log_lines();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].1.contains(", 2: its @removed cannot be read"), "{}", lines[0].1);
    }

    #[test]
    fn a_group_comes_before_its_members_and_a_removed_one_without_them() {
        let body = br#"{"value":[{"id":"g","displayName":"G","members@delta":[{"id":"u"},{"id":"v","@removed":{}}]},
            {"id":"h","@removed":{"reason":"deleted"}}],"@odata.deltaLink":"https://g.example/d"}"#;
        let group = |id: &str, properties: &str, removed| {
            Change::Group(GroupPatch { id: id.to_owned(), properties: properties.to_owned(), removed })
        };
        let member = |user: &str, removed| {
            Change::Membership(MembershipChange { group: "g".to_owned(), user: user.to_owned(), removed })
        };
        assert_eq!(
            read(body, Part::Groups).unwrap().0,
            [
                group("g", r#"{"id":"g","displayName":"G"}"#, false),
                member("u", false),
                member("v", true),
                group("h", r#"{"id":"h"}"#, true),
            ]
        );
    }

    #[test]
    fn a_page_that_was_cut_off_or_has_no_link_is_refused() {
        for body in [
            &br#"{"value":[{"id":"1"}"#[..],
            br#"{"value":[]}"#,
            br#"{"@odata.nextLink":"https://g.example/n"}"#,
            b"<html>",
            b"",
            b"\xff\xfe",
        ] {
            assert!(read(body, Part::Users).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }
}
