//! The people who are due, a batch at a time.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use rollcall_sandbox::contract::types::Value;

use super::decider::Decider;
use super::{Decided, commit, commit_behind};
use crate::mirror::Projection;
use crate::run::Stop;
use crate::run::context::Context;
use crate::run::overlap::{Overlap, Seen};
use crate::store::{Job, QueueCursor, Stage};

/// The people who are due, batch by batch.
pub(super) struct Queue<'a> {
    context: &'a Context,
    stage: Stage,
    after: QueueCursor,
    member_of: bool,
    /// The source is still being read.
    behind: Option<&'a Overlap>,
    /// Reads a person's manager, where mappings look at managers.
    manager: Option<Arc<Projection>>,
    /// Users whom the mirror has: managers of those who were handed out.
    known: HashSet<String>,
}

/// How many of them are remembered.
const KNOWN: usize = 10_000;

/// What a task brings back: the instances, what was decided, and how many pages that knows of.
type Deciding = tokio::task::JoinHandle<(Decider, Seen, Result<Decided, Stop>)>;

impl<'a> Queue<'a> {
    pub(super) fn new(context: &'a Context, stage: Stage) -> Self {
        let member_of = context.shape().grouping_properties.iter().any(|name| name == "memberOf");
        let looks = stage == Stage::Map && !context.shape().looked_up_properties.is_empty();
        let manager = looks.then(|| Arc::new(Projection::new(&["manager"])));
        Self { context, stage, after: None, member_of, behind: None, manager, known: HashSet::new() }
    }

    /// Only whole batches are taken: the next page may fill what is left.
    pub(super) fn behind(self, overlap: &'a Overlap) -> Self {
        Self { behind: Some(overlap), ..self }
    }

    /// Decides until nothing is due; answers about how many.
    pub(super) async fn drain(&mut self, idle: &mut Vec<Decider>) -> Result<usize, Stop> {
        let mut under_way: VecDeque<Deciding> = VecDeque::new();
        let mut done = 0;
        loop {
            if let Some(mut decider) = idle.pop() {
                let (jobs, seen) = self.next().await?;
                if jobs.is_empty() {
                    idle.push(decider);
                    if under_way.is_empty() {
                        return Ok(done);
                    }
                } else {
                    done += jobs.len();
                    let stage = self.stage;
                    under_way.push_back(tokio::spawn(async move {
                        let decided = decider.decide(stage, jobs).await;
                        (decider, seen, decided)
                    }));
                    if !idle.is_empty() {
                        continue;
                    }
                }
            }
            if let Some(task) = under_way.pop_front() {
                let (decider, seen, decided) = task.await.map_err(|error| Stop::Internal(error.to_string()))?;
                idle.push(decider);
                match self.behind {
                    Some(overlap) => commit_behind(self.context, overlap, seen, &self.known, decided?).await?,
                    None => commit(self.context, decided?).await?,
                }
            }
        }
    }

    /// The next batch, and how many pages it knows of.
    async fn next(&mut self) -> Result<(Vec<Job>, Seen), Stop> {
        loop {
            let (mut jobs, people) = self.read().await?;
            if let Some(manager) = self.manager.clone().filter(|_| self.behind.is_some() && !jobs.is_empty()) {
                jobs = self.without_waiting(jobs, manager).await?;
                if jobs.is_empty() {
                    continue;
                }
            }
            // A manager may have come with a page meanwhile; whoever looks now finds that.
            return Ok((jobs, Seen { people, looked_up: self.behind.map_or(0, Overlap::pages) }));
        }
    }

    /// Reads a batch. No page is stored meanwhile: of those who come with it, the batch would not know that it has them as they are.
    async fn read(&mut self) -> Result<(Vec<Job>, u64), Stop> {
        let (stage, batch, member_of) = (self.stage, self.context.batch, self.member_of);
        let (now, after) = (self.context.clock.now(), self.after);
        let _alone = match self.behind {
            Some(overlap) => Some(overlap.alone().await),
            None => None,
        };
        let pages = self.behind.map_or(0, Overlap::pages);
        let (jobs, next) = self.context.blocking(move |store| store.jobs(stage, now, after, batch, member_of)).await?;
        if jobs.is_empty() || (self.behind.is_some() && jobs.len() < batch as usize) {
            return Ok((Vec::new(), pages));
        }
        self.after = next;
        Ok((jobs, pages))
    }

    /// Leaves out those whose manager no page has told of yet: what is mapped of them now would have to be mapped again.
    async fn without_waiting(&mut self, mut jobs: Vec<Job>, manager: Arc<Projection>) -> Result<Vec<Job>, Stop> {
        let manager_of = |job: &Job| match manager.read(job.object.as_deref()?).pop() {
            Some(Value::Text(id)) => Some(id),
            _ => None,
        };
        let managers: Vec<Option<String>> = jobs.iter().map(manager_of).collect();
        let asked: BTreeSet<String> =
            managers.iter().flatten().filter(|id| !self.known.contains(*id)).cloned().collect();
        let unknown = if asked.is_empty() {
            BTreeSet::new()
        } else {
            let ids = asked.clone();
            self.context.blocking(move |store| store.unknown(&ids)).await?
        };
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        self.known.extend(asked.into_iter().filter(|id| !unknown.contains(id)));
        let mut managers = managers.into_iter();
        jobs.retain(|_| !managers.next().flatten().is_some_and(|manager| unknown.contains(&manager)));
        Ok(jobs)
    }
}
