//! Whose objects changed in the mirror, for those who remember what they read of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::lock;
use crate::store::MirrorChanges;

/// How many pages back can be told.
const KEPT: usize = 64;

/// The last pages, each with its number.
#[derive(Debug, Default)]
pub(super) struct Changes {
    version: AtomicU64,
    pages: Mutex<VecDeque<(u64, Arc<[String]>)>>,
}

impl Changes {
    /// A page about these users is stored. Whoever read the mirror between that and now remembers more than the version promises.
    pub(super) fn note(&self, users: impl Iterator<Item = String>) {
        let mut pages = lock(&self.pages);
        let version = self.version.load(Ordering::Acquire) + 1;
        if pages.len() == KEPT {
            pages.pop_front();
        }
        pages.push_back((version, users.collect()));
        self.version.store(version, Ordering::Release);
    }

    pub(super) fn since(&self, version: u64) -> MirrorChanges {
        let now = self.version.load(Ordering::Acquire);
        if now == version {
            return MirrorChanges { version, users: Some(Vec::new()) };
        }
        let pages = lock(&self.pages);
        let now = self.version.load(Ordering::Acquire);
        let known = pages.front().is_some_and(|(first, _)| *first <= version + 1);
        let later = || pages.iter().filter(|(number, _)| *number > version).map(|(_, users)| Arc::clone(users));
        MirrorChanges { version: now, users: known.then(|| later().collect()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(changes: &Changes, user: &str) {
        changes.note(std::iter::once(user.to_owned()));
    }

    #[test]
    fn what_changed_since_a_version_is_told_as_far_back_as_it_is_kept() {
        let changes = Changes::default();
        assert_eq!(changes.since(0), MirrorChanges { version: 0, users: Some(vec![]) });
        note(&changes, "a");
        note(&changes, "b");
        let told = changes.since(1);
        assert_eq!((told.version, told.users.unwrap().concat()), (2, vec!["b".to_owned()]));
        (0..KEPT).for_each(|_| note(&changes, "c"));
        assert_eq!(changes.since(1).users, None, "the page of \"b\" is not kept any more");
        assert_eq!(changes.since(2).users.unwrap().len(), KEPT);
    }
}
