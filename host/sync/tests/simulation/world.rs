//! What outlives the process: the directory, its source, the target, the time.

use std::sync::{Arc, Mutex, MutexGuard};

use rollcall_sync::steps::StepError;

use crate::chaos::{Chaos, Fortune};
use crate::clock::VirtualClock;
use crate::directory::Directory;
use crate::rng::Rng;
use crate::source::Feed;
use crate::target::TargetModel;

/// Everything around the process.
#[derive(Debug)]
pub struct World {
    pub clock: Arc<VirtualClock>,
    pub chaos: Arc<Chaos>,
    directory: Mutex<Directory>,
    feed: Mutex<Feed>,
    target: Mutex<TargetModel>,
}

impl World {
    /// The world of a seed.
    pub fn new(rng: &mut Rng, verbose: bool) -> Arc<Self> {
        let users = if rng.percent(10) { rng.between(30, 60) } else { rng.between(2, 14) };
        let directory = Directory::new(rng.fork(), users);
        Arc::new(Self {
            clock: Arc::new(VirtualClock::new()),
            chaos: Arc::new(Chaos::new(rng.fork(), verbose)),
            target: Mutex::new(TargetModel::draw(rng, &directory)),
            directory: Mutex::new(directory),
            feed: Mutex::new(Feed::new(rng.fork())),
        })
    }

    /// The directory.
    pub fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().expect("no test panics while it holds this")
    }

    /// The server behind the source.
    pub fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().expect("no test panics while it holds this")
    }

    /// The target.
    pub fn target(&self) -> MutexGuard<'_, TargetModel> {
        self.target.lock().expect("no test panics while it holds this")
    }

    /// A call of a step without effects: whether the process dies before or after it makes no difference.
    pub fn call(&self, step: &str) -> Result<(), StepError> {
        match self.chaos.step(step) {
            Fortune::Lives => Ok(()),
            _ => Err(StepError::Unusable("the process is dead".into())),
        }
    }
}
