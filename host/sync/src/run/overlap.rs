//! Deciding about people while the source is still being read, and making entries while people are still being decided about.
//!
//! What a decision was made from may change before the decision is stored: the person's own object, or that of somebody who was looked up.
//! So pages and decisions are stored one at a time, and a decision that a page has overtaken is dropped. Nothing is lost by it: the person
//! stays due and is decided about again.
//!
//! Somebody who looked up a person of whom no page has told yet waits for the end of the round: in a first round every second manager comes
//! after those whom he manages, and each of them would be decided about twice.

use std::collections::{BTreeSet, HashSet, VecDeque};

use tokio::sync::{Mutex, MutexGuard, watch};

use crate::store::{Decision, SourceChange};

/// What reading and deciding tell each other.
#[derive(Debug)]
pub(super) struct Overlap {
    recent: Mutex<Recent>,
    reading: watch::Sender<Lead>,
    deciding: watch::Sender<Lead>,
}

/// How far the stage in front is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lead {
    /// How many pages or batches it has stored.
    pub(super) stored: u64,
    /// Nothing more comes of it.
    pub(super) over: bool,
}

/// How many pages were stored when a batch was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Before its people were read.
    pub(super) people: u64,
    /// Before anybody was looked up for them.
    pub(super) looked_up: u64,
}

/// Whom the last pages were about.
#[derive(Debug, Default)]
pub(super) struct Recent {
    pages: VecDeque<(u64, Concerned)>,
}

/// Whom a page is about.
#[derive(Debug)]
pub(super) enum Concerned {
    /// It cannot be told: a group is gone with everybody in it.
    Everybody,
    /// The users with these ids.
    Users(HashSet<String>),
}

impl Concerned {
    /// Whom these changes are about.
    pub(super) fn by(changes: &[SourceChange]) -> Self {
        let mut users = HashSet::new();
        for change in changes {
            match change {
                SourceChange::User(id, _) | SourceChange::Removed(id) | SourceChange::Membership(_, id, _) => {
                    users.insert(id.clone());
                }
                SourceChange::GroupRemoved(_) => return Self::Everybody,
                SourceChange::Group(..) => {}
            }
        }
        Self::Users(users)
    }
}

impl Overlap {
    pub(super) fn new() -> Self {
        Self { recent: Mutex::default(), reading: watch::Sender::default(), deciding: watch::Sender::default() }
    }

    /// How many pages are stored: what is read of the mirror from now on is at least as new.
    pub(super) fn pages(&self) -> u64 {
        self.reading.borrow().stored
    }

    /// Tells of every page that is stored, and of the end.
    pub(super) fn reading(&self) -> watch::Receiver<Lead> {
        self.reading.subscribe()
    }

    /// Tells of every batch that is decided, and of the end.
    pub(super) fn deciding(&self) -> watch::Receiver<Lead> {
        self.deciding.subscribe()
    }

    /// Nothing else is stored while this is held.
    pub(super) async fn alone(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().await
    }

    /// A page about these is stored. Only then it counts: whoever reads the mirror before that has not seen it.
    pub(super) fn stored(&self, recent: &mut Recent, concerned: Concerned) {
        let pages = self.pages() + 1;
        recent.pages.push_back((pages, concerned));
        self.reading.send_modify(|lead| lead.stored = pages);
    }

    /// The source was read to its end, or cannot be.
    pub(super) fn end_of_reading(&self) {
        self.reading.send_modify(|lead| lead.over = true);
    }

    /// A batch was decided.
    pub(super) fn decided(&self) {
        self.deciding.send_modify(|lead| lead.stored += 1);
    }

    /// Everybody was decided about, or cannot be.
    pub(super) fn end_of_deciding(&self) {
        self.deciding.send_modify(|lead| lead.over = true);
    }
}

impl Recent {
    /// Whether a page that was not seen has changed what the decision about `id` was made from.
    pub(super) fn overtakes(&self, seen: Seen, id: &str, decision: &Decision) -> bool {
        self.pages.iter().filter(|(number, _)| *number > seen.people).any(|(number, concerned)| match concerned {
            Concerned::Everybody => true,
            Concerned::Users(users) => {
                let looked_up = || decision.looked_up.iter().flatten().any(|subject| users.contains(subject));
                users.contains(id) || *number > seen.looked_up && looked_up()
            }
        })
    }

    /// No decision is under way that has seen less.
    pub(super) fn forget(&mut self, seen: Seen) {
        while self.pages.front().is_some_and(|(number, _)| *number <= seen.people) {
            self.pages.pop_front();
        }
    }
}

/// Everybody who was looked up in these decisions.
pub(super) fn looked_up(decisions: &[Decision]) -> BTreeSet<String> {
    decisions.iter().flat_map(|decision| decision.looked_up.iter().flatten()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fate;

    fn decision(looked_up: &[&str]) -> Decision {
        Decision {
            row: 1,
            fate: Fate::Present,
            reason: None,
            profile: None,
            matching: None,
            differs: true,
            belongings: None,
            looked_up: Some(looked_up.iter().map(|id| (*id).to_owned()).collect()),
            map_due: None,
            group_due: None,
            failure: None,
        }
    }

    fn both(pages: u64) -> Seen {
        Seen { people: pages, looked_up: pages }
    }

    fn user(id: &str) -> SourceChange {
        SourceChange::User(id.to_owned(), "{}".to_owned())
    }

    #[tokio::test]
    async fn a_decision_is_overtaken_by_a_later_page_about_the_person_or_somebody_looked_up() {
        let overlap = Overlap::new();
        let mut recent = overlap.alone().await;
        overlap.stored(&mut recent, Concerned::by(&[user("a")]));
        let seen = both(overlap.pages());
        assert!(!recent.overtakes(seen, "a", &decision(&[])), "the page was there before");
        overlap.stored(&mut recent, Concerned::by(&[user("b")]));
        assert!(recent.overtakes(seen, "b", &decision(&[])));
        assert!(recent.overtakes(seen, "a", &decision(&["b"])));
        assert!(!recent.overtakes(seen, "a", &decision(&["c"])));
        let later = Seen { looked_up: overlap.pages(), ..seen };
        assert!(!recent.overtakes(later, "a", &decision(&["b"])), "the page was there when \"b\" was looked up");
        assert!(recent.overtakes(later, "b", &decision(&[])));
        recent.forget(both(overlap.pages()));
        assert!(!recent.overtakes(seen, "b", &decision(&[])), "nobody asks for it any more");
    }

    #[tokio::test]
    async fn a_group_that_is_gone_concerns_everybody_and_a_membership_its_user() {
        let overlap = Overlap::new();
        let mut recent = overlap.alone().await;
        overlap.stored(&mut recent, Concerned::by(&[SourceChange::Membership("g".into(), "a".into(), true)]));
        assert!(recent.overtakes(both(0), "a", &decision(&[])) && !recent.overtakes(both(0), "b", &decision(&[])));
        overlap.stored(&mut recent, Concerned::by(&[SourceChange::GroupRemoved("g".into())]));
        assert!(recent.overtakes(both(0), "b", &decision(&[])));
    }
}
