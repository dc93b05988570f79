//! What the target listed, on disk: a directory may be larger than memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rollcall_sandbox::contract::target::{FoundGroup, FoundMember, FoundPerson, Role};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use crate::schemas::Schemas;
use crate::store::{MemberWork, Row, StoreError};

/// A database of this run alone, which SQLite removes when it is closed.
pub(super) struct Found(Mutex<Connection>);

/// An entry that was listed.
pub(super) struct Entry {
    /// Its values, encoded.
    pub values: String,
    /// Whether it is active.
    pub active: bool,
}

/// A member that was listed and that nobody expected.
pub(super) struct Extra {
    /// Whose entry it is, if that is one of ours.
    pub person: Option<Row>,
    /// The target's id of the membership.
    pub membership: Option<String>,
    /// What the target calls the person.
    pub called: String,
    /// Whether it is an admin.
    pub admin: bool,
}

const TABLES: &str = "
    pragma journal_mode = off;
    create table entry (remote text primary key, vals text not null, active integer not null) without rowid;
    create table own (remote text primary key, person integer not null) without rowid;
    create table team (remote text primary key, name text not null) without rowid;
    create table member (at integer primary key, membership text, remote text, matching text, admin integer not null);
    create index member_membership on member (membership);
    create index member_remote on member (remote);
    create index member_matching on member (matching);";

impl Found {
    pub fn new() -> Result<Self, StoreError> {
        let connection = Connection::open("").map_err(trouble)?;
        connection.execute_batch(TABLES).map_err(trouble)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let connection: MutexGuard<'_, Connection> = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(trouble)
    }

    /// Notes an entry of the listing.
    pub fn person(&self, person: FoundPerson, schemas: &Schemas) -> Result<(), StoreError> {
        let values = schemas.write(person.values);
        self.with(|c| {
            c.prepare_cached("insert or replace into entry values (?1, ?2, ?3)")?
                .execute((person.remote, values, person.active))
                .map(drop)
        })
    }

    /// Takes the entry with this id out of the listing.
    pub fn take_person(&self, remote: &str) -> Result<Option<Entry>, StoreError> {
        let entry = |row: &SqlRow<'_>| Ok(Entry { values: row.get(0)?, active: row.get(1)? });
        let sql = "delete from entry where remote = ?1 returning vals, active";
        self.with(|c| c.prepare_cached(sql)?.query_row([remote], entry).optional())
    }

    /// Notes whose entry this id means.
    pub fn own(&self, remote: &str, person: Row) -> Result<(), StoreError> {
        let sql = "insert or replace into own values (?1, ?2)";
        self.with(|c| c.prepare_cached(sql)?.execute((remote, person)).map(drop))
    }

    /// How many entries are left: nobody of ours.
    pub fn people_left(&self) -> Result<u64, StoreError> {
        self.with(|c| c.query_row("select count(*) from entry", [], |row| row.get::<_, i64>(0))).map(i64::unsigned_abs)
    }

    /// Notes a group of the listing.
    pub fn team(&self, group: FoundGroup) -> Result<(), StoreError> {
        let sql = "insert or replace into team values (?1, ?2)";
        self.with(|c| c.prepare_cached(sql)?.execute((group.remote, group.name)).map(drop))
    }

    /// Takes the name of the group with this id out of the listing.
    pub fn take_team(&self, remote: &str) -> Result<Option<String>, StoreError> {
        let sql = "delete from team where remote = ?1 returning name";
        self.with(|c| c.prepare_cached(sql)?.query_row([remote], |row| row.get(0)).optional())
    }

    /// Forgets the members of the group before.
    pub fn next_group(&self) -> Result<(), StoreError> {
        self.with(|c| c.prepare_cached("delete from member")?.execute([]).map(drop))
    }

    /// Notes a member of the listing.
    pub fn member(&self, member: FoundMember) -> Result<(), StoreError> {
        let admin = member.role == Role::Admin;
        let sql = "insert into member (membership, remote, matching, admin) values (?1, ?2, ?3, ?4)";
        self.with(|c| {
            c.prepare_cached(sql)?.execute((member.membership, member.remote, member.matching, admin)).map(drop)
        })
    }

    /// Takes this member out of the listing; answers whether it is an admin there.
    pub fn take_member(&self, member: &MemberWork) -> Result<Option<bool>, StoreError> {
        let sql = "delete from member where at = (
                     select at from member where membership = ?1
                     union all select at from member where remote = ?2
                     union all select at from member where matching = ?3 and ?3 <> '' limit 1)
                   returning admin";
        let keys = (&member.membership, &member.remote, &member.matching);
        self.with(|c| c.prepare_cached(sql)?.query_row(keys, |row| row.get(0)).optional())
    }

    /// Members that are left, a few at a time.
    pub fn members_left(&self, limit: u32) -> Result<Vec<Extra>, StoreError> {
        let sql = "delete from member where at in (select at from member order by at limit ?1)
                   returning membership, remote, matching, admin,
                     (select person from own where own.remote = member.remote or own.remote = member.matching limit 1)";
        self.with(|c| {
            let extra = |row: &SqlRow<'_>| {
                let (membership, remote, matching) = (
                    row.get::<_, Option<String>>(0)?,
                    row.get::<_, Option<String>>(1)?,
                    row.get::<_, Option<String>>(2)?,
                );
                let called = remote.or(matching).or_else(|| membership.clone()).unwrap_or_default();
                Ok(Extra { person: row.get(4)?, membership, called, admin: row.get(3)? })
            };
            c.prepare_cached(sql)?.query_map([limit], extra)?.collect()
        })
    }
}

fn trouble(error: rusqlite::Error) -> StoreError {
    StoreError::from(error)
}
