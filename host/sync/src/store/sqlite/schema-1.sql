-- The state of one tenant. Three pictures of the same people and groups stand beside each other:
--   mirror    what the source said (mirror, source_group, source_member)
--   desired   what the target should hold (person.fate and person.profile, team.*, member.desired)
--   applied   what the target is known to hold (person.applied, team.applied, member.applied)
-- A column *_due says that a row has work to do and from when (milliseconds since 1970; 0 = now; null = nothing to do). It is set in
-- the transaction that makes the work, so the plan is always "desired - applied" and finding it costs only what is in it.
-- doubt says that something was handed to the target and no answer was recorded: 1 made, 2 changed, 3 removed. What may be there counts as
-- applied, and it stays due until an answer comes.
-- Wide tables have a rowid and narrow ones do not: rowid tables with a separate key took inserts 4 to 8 times as fast.

create table setting (name text primary key, value text not null) without rowid;

create table person (
  row integer primary key,
  id text not null unique,
  fate integer not null default 0,
  reason text,
  profile text,
  match text,
  remote text,
  applied text,
  applied_active integer not null default 1,
  applied_match text,
  displaced integer not null default 0,
  doubt integer not null default 0,
  confirmed integer not null default 0,
  map_due integer,
  group_due integer,
  push_due integer
);
create index person_map on person (map_due) where map_due is not null;
create index person_group on person (group_due) where group_due is not null;
-- By row, because what is due is read page by page in that order; by time each page would have to be found among all that is due.
create index person_push on person (row, push_due) where push_due is not null;
create index person_held on person (row) where fate = 4;
create index person_match on person (applied_match) where applied_match is not null;

create table mirror (row integer primary key, object text not null);
create table seen (row integer primary key);
create table source_group (id text primary key, object text not null) without rowid;
create table source_member (
  user text not null, source_group text not null, seen integer not null default 1, primary key (user, source_group)
) without rowid;
create index source_member_group on source_member (source_group);

create table team (
  row integer primary key,
  key text not null unique,
  rule text not null,
  definition text,
  parent text,
  minimum integer not null default 1,
  keep_empty integer not null default 1,
  wanted integer not null default 0,
  members integer not null default 0,
  applied_members integer not null default 0,
  remote text,
  applied text,
  -- How many members it had when it was last in step.
  settled integer not null default 0,
  -- 0 free, 1 its changes are held because they are too many, 2 somebody let them go
  held integer not null default 0,
  -- It could not be removed: it stays, empty.
  abandoned integer not null default 0,
  doubt integer not null default 0,
  push_due integer
);
create index team_push on team (push_due) where push_due is not null;
create index team_rule on team (rule);
create index team_parent on team (parent) where parent is not null;

-- desired and applied: 0 no, 1 member, 2 admin. by_rule and by_admin say where desired comes from.
create table member (
  team integer not null,
  person integer not null,
  by_rule integer not null default 0,
  by_admin integer not null default 0,
  desired integer not null default 0,
  applied integer not null default 0,
  membership text,
  doubt integer not null default 0,
  push_due integer,
  primary key (team, person)
) without rowid;
create index member_person on member (person);
create index member_push on member (team, person, desired, push_due) where push_due is not null;

-- The value of the first matching attribute, and who has it. Whoever comes second waits.
create table claim (value text primary key, person integer not null) without rowid;
create index claim_person on claim (person);
create table waiting (value text not null, person integer not null, primary key (value, person)) without rowid;

-- Who looked at whom.
create table dependency (subject text not null, person integer not null, primary key (subject, person)) without rowid;
create index dependency_person on dependency (person);

-- What did not succeed. kind: 1 person, 2 group, 3 membership (a = group, b = person), 4 mapping or grouping of a person.
create table failure (
  kind integer not null, a integer not null, b integer not null default 0,
  attempts integer not null, next integer not null, parked integer not null default 0,
  reason text not null, status integer, code text, request_id text,
  primary key (kind, a, b)
) without rowid;

create table wake (step text not null, subject text not null, at integer not null, primary key (step, subject)) without rowid;
create table key_value (step text not null, key text not null, value blob not null, primary key (step, key)) without rowid;

create table run (
  number integer primary key,
  kind text not null,
  status text not null,
  started text not null,
  ended text,
  message text,
  counts text not null
);
create table held (run integer not null, kind integer not null, row integer not null, primary key (run, kind, row)) without rowid;
