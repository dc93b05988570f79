//! Merging pages into the mirror.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};

use super::{apply_effects, collect, optional, record, write_settings};
use crate::mirror;
use crate::store::{PageCommit, PageReceipt, Row, SourceChange};

pub(super) fn commit_page(tx: &Transaction<'_>, page: &PageCommit<'_>) -> rusqlite::Result<PageReceipt> {
    let mut receipt = PageReceipt::default();
    // In a first round nobody has looked at anybody yet.
    let looked_at = record::any(tx, "dependency")?;
    for change in in_key_order(page.changes).iter() {
        match change {
            SourceChange::User(id, patch) => merge_user(tx, page, id, patch, looked_at, &mut receipt)?,
            SourceChange::Removed(id) => {
                if remove_user(tx, id)? {
                    receipt.removed += 1;
                }
            }
            SourceChange::Group(id, patch) => merge_group(tx, id, patch, &mut receipt)?,
            SourceChange::GroupRemoved(id) => {
                let sql = "update person set group_due = 0 where id in (select user from source_member where source_group = ?1)";
                tx.prepare_cached(sql)?.execute([id])?;
                tx.prepare_cached("delete from source_member where source_group = ?1")?.execute([id])?;
                tx.prepare_cached("delete from source_group where id = ?1")?.execute([id])?;
            }
            SourceChange::Membership(group, user, removed) => {
                let changed = if *removed {
                    tx.prepare_cached("delete from source_member where user = ?1 and source_group = ?2")?
                        .execute((user, group))?
                } else {
                    let sql = "select 1 from source_member where user = ?1 and source_group = ?2";
                    let known = optional(tx, sql, (user, group), |_| Ok(()))?;
                    let sql = "insert into source_member (user, source_group) values (?1, ?2) on conflict do update set seen = 1";
                    tx.prepare_cached(sql)?.execute((user, group))?;
                    usize::from(known.is_none())
                };
                if changed > 0 {
                    tx.prepare_cached("update person set group_due = 0 where id = ?1")?.execute([user])?;
                }
            }
        }
    }
    write_settings(tx, page.settings)?;
    apply_effects(tx, page.effects)?;
    Ok(receipt)
}

/// Sorted by id, which keeps the order of changes of one object (the sort is stable) and makes inserts several times as fast.
/// A page with group changes stays in its order: a membership may come before or after the end of its group.
fn in_key_order(changes: &[SourceChange]) -> Cow<'_, [SourceChange]> {
    fn key(change: &SourceChange) -> Option<&str> {
        match change {
            SourceChange::User(id, _) | SourceChange::Removed(id) => Some(id),
            _ => None,
        }
    }
    if changes.iter().any(|change| key(change).is_none()) || changes.is_sorted_by_key(key) {
        return Cow::Borrowed(changes);
    }
    let mut sorted = changes.to_vec();
    sorted.sort_by(|a, b| key(a).cmp(&key(b)));
    Cow::Owned(sorted)
}

fn merge_user(
    tx: &Transaction<'_>,
    page: &PageCommit<'_>,
    id: &str,
    patch: &str,
    looked_at: bool,
    receipt: &mut PageReceipt,
) -> rusqlite::Result<()> {
    let sql = "select person.row, object from person left join mirror using (row) where id = ?1";
    let known: Option<(Row, Option<String>)> = optional(tx, sql, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let before = known.as_ref().and_then(|(_, object)| object.as_deref());
    let merged = match mirror::merge(before, patch) {
        Ok(merged) => merged,
        Err(error) => {
            receipt.bad.push((id.to_owned(), error.to_string()));
            return Ok(());
        }
    };
    let is_new = known.is_none();
    let row = match known {
        Some((row, _)) => row,
        None => {
            tx.prepare_cached("insert into person (id, map_due) values (?1, 0)")?.execute([id])?;
            tx.last_insert_rowid()
        }
    };
    if page.full {
        tx.prepare_cached("insert or ignore into seen values (?1)")?.execute([row])?;
    }
    if before.is_some() && merged.changed.is_empty() {
        receipt.unchanged += 1;
        return Ok(());
    }
    if before.is_none() {
        receipt.new += 1;
        if !is_new {
            tx.prepare_cached("update person set map_due = 0 where row = ?1 and map_due is not 0")?.execute([row])?;
        }
        tx.prepare_cached("insert into mirror values (?1, ?2)")?.execute((row, &merged.object))?;
        return if looked_at { mark_dependents(tx, id) } else { Ok(()) };
    }
    receipt.changed += 1;
    tx.prepare_cached("update mirror set object = ?2 where row = ?1")?.execute((row, &merged.object))?;
    if page.interest.mapping.touch(&merged.changed) {
        tx.prepare_cached("update person set map_due = 0 where row = ?1")?.execute([row])?;
    } else if page.interest.grouping.touch(&merged.changed) {
        tx.prepare_cached("update person set group_due = 0 where row = ?1")?.execute([row])?;
    }
    if looked_at && page.interest.looked_up.touch(&merged.changed) {
        mark_dependents(tx, id)?;
    }
    Ok(())
}

pub(super) fn unknown(connection: &Connection, ids: &BTreeSet<String>) -> rusqlite::Result<BTreeSet<String>> {
    // One look at the state for all of them: each look by itself would lock the file and might read its pages anew.
    let _look = connection.unchecked_transaction()?;
    let mut unknown = BTreeSet::new();
    for id in ids {
        let sql = "select 1 from person join mirror using (row) where id = ?1";
        if optional(connection, sql, [id], |_| Ok(()))?.is_none() {
            unknown.insert(id.clone());
        }
    }
    Ok(unknown)
}

fn mark_dependents(tx: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    for row in collect(tx, "select person from dependency where subject = ?1", [id], |row| row.get::<_, Row>(0))? {
        tx.prepare_cached("update person set map_due = 0 where row = ?1")?.execute([row])?;
    }
    Ok(())
}

fn remove_user(tx: &Transaction<'_>, id: &str) -> rusqlite::Result<bool> {
    let Some(row) = optional(tx, "select row from person where id = ?1", [id], |row| row.get::<_, Row>(0))? else {
        // A removal of a user that was never seen (Graph: delta query overview, replays).
        return Ok(false);
    };
    remove_row(tx, id, row)
}

fn remove_row(tx: &Transaction<'_>, id: &str, row: Row) -> rusqlite::Result<bool> {
    if tx.prepare_cached("delete from mirror where row = ?1")?.execute([row])? == 0 {
        return Ok(false);
    }
    tx.prepare_cached("update person set map_due = 0 where row = ?1")?.execute([row])?;
    mark_dependents(tx, id)?;
    Ok(true)
}

fn merge_group(tx: &Transaction<'_>, id: &str, patch: &str, receipt: &mut PageReceipt) -> rusqlite::Result<()> {
    let before: Option<String> = optional(tx, "select object from source_group where id = ?1", [id], |row| row.get(0))?;
    match mirror::merge(before.as_deref(), patch) {
        Ok(merged) => {
            let sql = "insert into source_group values (?1, ?2) on conflict do update set object = excluded.object";
            tx.prepare_cached(sql)?.execute((id, merged.object))?;
        }
        Err(error) => receipt.bad.push((id.to_owned(), error.to_string())),
    }
    Ok(())
}

pub(super) fn sweep(tx: &Transaction<'_>, limit: u32) -> rusqlite::Result<Vec<String>> {
    let unseen = unseen(tx, limit)?;
    for (row, id) in &unseen {
        remove_row(tx, id, *row)?;
    }
    if unseen.is_empty() {
        sweep_memberships(tx)?;
    }
    Ok(unseen.into_iter().map(|(_, id)| id).collect())
}

/// Memberships in groups of the source that the round did not mention. Those of a removed user stay until then: the source may tell
/// nothing about them when the user is restored.
fn sweep_memberships(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let sql = "update person set group_due = 0 where id in (select user from source_member where seen = 0)";
    tx.execute(sql, [])?;
    tx.execute("delete from source_member where seen = 0", []).map(|_| ())
}

fn unseen(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<(Row, String)>> {
    let sql = "select mirror.row, id from mirror join person using (row)
               where not exists (select 1 from seen where seen.row = mirror.row) limit ?1";
    collect(connection, sql, [limit], |row| Ok((row.get(0)?, row.get(1)?)))
}
