//! Key-value storage of steps.

use rusqlite::Connection;

use super::{collect, count, optional};

pub(super) fn get(connection: &Connection, step: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    optional(connection, "select value from key_value where step = ?1 and key = ?2", (step, key), |row| row.get(0))
}

pub(super) fn keys(connection: &Connection, step: &str, after: &str, limit: u32) -> rusqlite::Result<Vec<String>> {
    let sql = "select key from key_value where step = ?1 and key > ?2 order by key limit ?3";
    collect(connection, sql, (step, after, limit), |row| row.get(0))
}

pub(super) fn bytes(connection: &Connection, step: &str) -> rusqlite::Result<u64> {
    let sql = "select coalesce(sum(length(key) + length(value)), 0) from key_value where step = ?1";
    count(connection, sql, [step])
}
