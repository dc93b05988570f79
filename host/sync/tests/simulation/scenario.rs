//! One seed: a directory, changes, faults and deaths; then peace, and a comparison.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rollcall_sync::clock::{Clock, parse_rfc3339, rfc3339};
use rollcall_sync::progress::Silent;
use rollcall_sync::run::{self, Context, Report, Status, Wish};
use rollcall_sync::run_log::RunLog;
use rollcall_sync::schemas::Schemas;
use rollcall_sync::steps::Steps;
use rollcall_sync::store::sqlite::SqliteStore;
use rollcall_sync::store::{Store, StoreError};

use crate::chaos::Rates;
use crate::configuration::Configuration;
use crate::expectation::differences;
use crate::mortal_store::MortalStore;
use crate::rng::Rng;
use crate::steps::PlainSteps;
use crate::world::World;

/// Runs until quiet: more of them than this mean that it never becomes quiet.
const PATIENCE: usize = 80;

/// One seed, being played.
pub struct Scenario<'a> {
    world: Arc<World>,
    configuration: Configuration,
    rng: Rng,
    folder: &'a Path,
    runtime: tokio::runtime::Runtime,
    verbose: bool,
    /// A run whose deletions are held.
    held: Option<i64>,
}

/// Plays a seed in an empty folder; answers what is wrong at the end.
pub fn play(seed: u64, folder: &Path, verbose: bool) -> Vec<String> {
    let mut rng = Rng::new(seed);
    let world = World::new(&mut rng, verbose);
    let configuration = Configuration::draw(&mut rng);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    let mut scenario = Scenario { world, configuration, rng, folder, runtime, verbose, held: None };
    scenario.tell(|this| format!("{:#?}\n{:?}", this.configuration, this.world.target().flavour));
    scenario.tell(|this| format!("{:?}", this.world.feed().style));
    for _ in 0..scenario.rng.between(2, 7) {
        scenario.round();
    }
    let mut wrong = scenario.settle();
    wrong.extend(scenario.world.chaos.violations());
    wrong
}

impl Scenario<'_> {
    fn tell(&self, what: impl FnOnce(&Self) -> String) {
        if self.verbose {
            println!("{}", what(self));
        }
    }

    /// Some changes, and a run in which things go wrong.
    fn round(&mut self) {
        for _ in 0..self.rng.below(7) {
            let change = self.world.directory().change();
            self.tell(|_| change);
        }
        if self.rng.percent(20) {
            let change = self.configuration.change(&mut self.rng);
            self.tell(|this| format!("the administrator configures {change}: {:?}", this.configuration));
        }
        if self.rng.percent(8) {
            self.tell(|_| "every cursor expires".to_owned());
            self.world.feed().expire();
        }
        if self.rng.percent(5) {
            self.tell(|_| "the administrator resets the sync".to_owned());
            self.administer(|store| store.reset());
        }
        if self.rng.percent(5) {
            let hours = [-700, -30, -1, 1, 900][self.rng.below(5)];
            self.tell(|_| format!("the clock is set by {hours} hours"));
            self.world.clock.jump(hours);
        }
        let hours = [0, 0, 1, 30, 200][self.rng.below(5)];
        self.world.clock.advance(Duration::from_secs(hours * 3_600 + 17));
        let (rates, fuse) = (self.rates(), self.rng.percent(35).then(|| self.rng.below(120) as u32));
        let wish = self.wish();
        self.run(rates, fuse, &wish);
    }

    fn rates(&mut self) -> Rates {
        match self.rng.below(4) {
            0 => Rates::default(),
            1 => Rates { operations: 30, members: 10, ..Rates::default() },
            2 => Rates { source: 15, traps: 10, ..Rates::default() },
            _ => Rates { source: 8, traps: 5, calls: 15, operations: 15, members: 5 },
        }
    }

    fn wish(&mut self) -> Wish {
        let person = self.rng.percent(8).then(|| {
            let directory = self.world.directory();
            directory.users[self.rng.below(directory.users.len())].id.clone()
        });
        let confirm_deletions = self.held.take().filter(|_| self.rng.percent(50));
        Wish { dry: self.rng.percent(4), person, confirm_deletions, verify: None }
    }

    fn store(&self) -> Arc<MortalStore> {
        let file = SqliteStore::open(&self.folder.join("state.db")).expect("the state opens");
        Arc::new(MortalStore::new(file, Arc::clone(&self.world.chaos)))
    }

    /// What an administrator does between runs.
    fn administer(&self, what: impl FnOnce(&dyn Store) -> Result<(), StoreError>) {
        self.world.chaos.start(Rates::default(), None);
        what(self.store().as_ref()).expect("nothing goes wrong for administrators");
    }

    /// One process with one run. Nothing comes back when it died.
    fn run(&mut self, rates: Rates, fuse: Option<u32>, wish: &Wish) -> Option<Report> {
        self.world.chaos.start(rates, fuse);
        self.world.target().calls = 0;
        let store: Arc<dyn Store> = self.store();
        self.tell(|this| format!("--- run at {} {wish:?} {rates:?} dies at {fuse:?}", rfc3339(this.world.clock.now())));
        let report = self.runtime.block_on(execute(&self.world, store, self.configuration.clone(), self.folder, wish));
        if self.world.chaos.dead() {
            return None;
        }
        let report = report.expect("the store works");
        self.tell(|_| format!("--- {report:?}"));
        if report.status == Status::Held {
            self.held = Some(report.run);
        }
        if report.status == Status::Failure
            && report.message.as_deref().is_some_and(|text| text.contains("rollcall reset"))
        {
            self.administer(|store| store.reset());
        }
        Some(report)
    }

    /// Nothing changes and nothing goes wrong any more: runs until there is nothing to do, and compares.
    fn settle(&mut self) -> Vec<String> {
        self.tell(|_| "=== peace".to_owned());
        self.world.feed().style.restless = 0;
        let mut wrong = Vec::new();
        if !self.quiet() {
            wrong.push(format!("it is not quiet after {PATIENCE} runs"));
        }
        let parked = self.parked();
        if parked.is_empty() {
            wrong.extend(self.compare());
        } else {
            self.tell(|_| format!("=== the administrator lets what is held back be tried again: {parked:?}"));
            self.administer(|store| store.retry(None, None).map(|_| ()));
            if !self.quiet() {
                wrong.push(format!("it is not quiet after {PATIENCE} runs and a retry"));
            }
            wrong.extend(self.compare());
        }
        self.run(Rates::default(), None, &Wish::default());
        let calls = self.world.target().calls;
        if calls > 0 {
            wrong.push(format!("the target is called {calls} times although nothing changed"));
        }
        wrong
    }

    fn compare(&self) -> Vec<String> {
        differences(&self.world.directory(), &self.configuration, &self.world.target(), self.world.clock.now())
    }

    /// What waits for an administrator.
    fn parked(&self) -> Vec<String> {
        let held = self.store().held_back(1_000).expect("the store works");
        held.into_iter().filter(|held| held.next.is_none()).map(|held| format!("{held:?}")).collect()
    }

    fn quiet(&mut self) -> bool {
        for _ in 0..PATIENCE {
            let wish = Wish { confirm_deletions: self.held.take(), ..Wish::default() };
            let report = self.run(Rates::default(), None, &wish).expect("nobody dies in peace");
            let calls = self.world.target().calls;
            match report.next.as_deref().and_then(parse_rfc3339) {
                Some(next) => self.world.clock.advance_to(next + 1_000),
                None if calls == 0 && report.status != Status::Failure && self.held.is_none() => return true,
                None => self.world.clock.advance(Duration::from_secs(60)),
            }
        }
        false
    }
}

/// A run as a tenant starts it.
async fn execute(
    world: &Arc<World>,
    store: Arc<dyn Store>,
    configuration: Configuration,
    folder: &Path,
    wish: &Wish,
) -> Result<Report, StoreError> {
    let started = world.clock.now();
    let kind = run::kind_of(&store, wish)?;
    let number = store.start_run(kind, &rfc3339(started))?;
    let logs = Dir::open_ambient_dir(folder, ambient_authority()).expect("the folder is there");
    let (policy, workers, batch) = (configuration.policy.clone(), configuration.workers, configuration.batch);
    let steps: Arc<dyn Steps> = Arc::new(PlainSteps::new(Arc::clone(world), Arc::clone(&store), configuration));
    let context = Context {
        run: number,
        schemas: Arc::new(Schemas::load(store.as_ref(), &steps.shape().attributes)?),
        store,
        steps,
        step_names: ["source", "mapping", "grouping", "target"].map(str::to_owned).to_vec(),
        policy,
        clock: Arc::clone(&world.clock) as Arc<dyn Clock>,
        log: Arc::new(RunLog::create(&logs, number).expect("a log can be written")),
        counts: Arc::default(),
        progress: Arc::new(Silent),
        workers,
        batch,
    };
    run::execute(&context, kind, started, wish).await
}
