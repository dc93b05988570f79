//! Reading a phase's work from the store, a batch at a time.

use rollcall_sandbox::contract::target::TargetLimits;

use super::Plan;
use super::outcome::{Planned, planned_person};
use crate::run::Stop;
use crate::run::context::Context;
use crate::store::{Direction, Doubt, MemberWork, Millis, PeoplePhase, Row, TeamWork};

/// A phase of the push.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// Memberships of entries that are in the way.
    MembershipsOf(PeoplePhase),
    /// Entries to be made or changed.
    PeopleIn(PeoplePhase),
    /// Entries to be removed.
    PeopleOut(PeoplePhase),
    /// Groups to be made or changed.
    TeamsIn,
    /// Groups to be removed.
    TeamsOut,
    /// Members to be added or removed.
    Members(Direction),
}

/// How many groups are looked at in one go.
const TEAMS: u32 = 100;

/// Members that are handed out together, in as many operations as that takes: a batch of full operations would keep one instance busy for
/// long while the others have nothing to do.
const MEMBERS: usize = 5_000;

/// The work of a phase. It reads ahead no more than a batch.
pub(super) struct Feed<'a> {
    context: &'a Context,
    plan: Plan,
    phase: Phase,
    operations: u32,
    members: u32,
    after: Row,
    /// Groups whose members are being read: the group, and the last member read.
    teams: Vec<TeamWork>,
    member_after: Row,
    last_team: Row,
    ready: Vec<Planned>,
    whenever: bool,
    /// A batch of people that is not full waits: more of them are being decided about.
    whole: bool,
}

impl<'a> Feed<'a> {
    pub(super) fn new(context: &'a Context, plan: Plan, phase: Phase, limits: &TargetLimits) -> Self {
        Self {
            context,
            plan,
            phase,
            operations: limits.operations.clamp(1, 1_000),
            members: limits.members.clamp(1, 10_000),
            after: 0,
            teams: Vec::new(),
            member_after: 0,
            last_team: 0,
            ready: Vec::new(),
            whenever: false,
            whole: false,
        }
    }

    /// Also what waits for another attempt: the target has got all of it.
    pub(super) fn whenever(mut self, whenever: bool) -> Self {
        self.whenever = whenever;
        self
    }

    /// Only whole batches of people, so that none is handed out half empty while others are on their way.
    pub(super) fn whole_batches(mut self, whole: bool) -> Self {
        self.whole = whole;
        self
    }

    fn now(&self) -> Millis {
        if self.whenever { Millis::MAX } else { self.context.clock.now() }
    }

    /// The next batch; empty at the end.
    pub(super) async fn next(&mut self) -> Result<Vec<Planned>, Stop> {
        let (limit, only, now) = (self.operations, self.plan.only, self.now());
        let after = self.after;
        match self.phase {
            Phase::PeopleIn(phase) | Phase::PeopleOut(phase) => {
                let works = self.context.blocking(move |store| store.people(phase, now, after, limit, only)).await?;
                if self.whole && works.len() < limit as usize {
                    return Ok(Vec::new());
                }
                self.after = works.last().map_or(after, |work| work.row);
                let leaves = matches!(self.phase, Phase::PeopleOut(_));
                Ok(works.into_iter().map(|work| planned_person(self.context, work, leaves)).collect())
            }
            Phase::TeamsIn => {
                let works = self.context.blocking(move |store| store.teams_in(now, after, limit)).await?;
                self.after = works.last().map_or(after, |work| work.row);
                let mut planned = Vec::with_capacity(works.len());
                for team in works {
                    let members = if team.applied.is_none() || team.doubt == Doubt::Made {
                        self.members_of(&team, self.plan.members_in(), 0).await?
                    } else {
                        Vec::new()
                    };
                    planned.push(Planned::Team { team, members });
                }
                Ok(planned)
            }
            Phase::TeamsOut => {
                if only.is_some() {
                    return Ok(Vec::new());
                }
                let works = self.context.blocking(move |store| store.teams_out(now, after, limit)).await?;
                self.after = works.last().map_or(after, |work| work.row);
                Ok(works.into_iter().map(Planned::TeamOut).collect())
            }
            Phase::Members(direction) => self.next_members(direction).await,
            Phase::MembershipsOf(phase) => self.next_memberships(phase).await,
        }
    }

    async fn members_of(&self, team: &TeamWork, direction: Direction, after: Row) -> Result<Vec<MemberWork>, Stop> {
        let (row, limit, only, now) = (team.row, self.members, self.plan.only, self.now());
        self.context.blocking(move |store| store.members(row, direction, now, after, limit, only)).await
    }

    async fn next_members(&mut self, direction: Direction) -> Result<Vec<Planned>, Stop> {
        let mut batch = Vec::new();
        let mut count = 0;
        while batch.len() < self.operations as usize && count < MEMBERS {
            let Some(team) = self.teams.last().cloned() else {
                let (after, only, now) = (self.last_team, self.plan.only, self.now());
                let mut teams = self
                    .context
                    .blocking(move |store| store.teams_with_members(direction, now, after, TEAMS, only))
                    .await?;
                let Some(last) = teams.last() else { break };
                self.last_team = last.row;
                teams.reverse();
                self.teams = teams;
                self.member_after = 0;
                continue;
            };
            let members = self.members_of(&team, direction, self.member_after).await?;
            match members.last() {
                None => {
                    self.teams.pop();
                    self.member_after = 0;
                }
                Some(last) => {
                    self.member_after = last.row;
                    count += members.len();
                    batch.push(Planned::Members { team, members, leave: matches!(direction, Direction::Out { .. }) });
                }
            }
        }
        Ok(batch)
    }

    async fn next_memberships(&mut self, phase: PeoplePhase) -> Result<Vec<Planned>, Stop> {
        while self.ready.is_empty() {
            let (after, limit, only, now) = (self.after, self.operations, self.plan.only, self.now());
            let works = self.context.blocking(move |store| store.people(phase, now, after, limit, only)).await?;
            let Some(last) = works.last() else { return Ok(Vec::new()) };
            self.after = last.row;
            for work in works {
                for (team, member) in self.context.store.applied_memberships(work.row)? {
                    self.ready.push(Planned::Members { team, members: vec![member], leave: true });
                }
            }
        }
        let count = self.ready.len().min(self.operations as usize);
        Ok(self.ready.drain(..count).collect())
    }
}
