//! What goes wrong, and when the process dies.

use std::sync::{Mutex, MutexGuard};

use crate::rng::Rng;

/// How often something goes wrong, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// A call of the source fails.
    pub source: u32,
    /// A call of mapping or grouping traps.
    pub traps: u32,
    /// A call of the target fails as a whole.
    pub calls: u32,
    /// One operation of a call fails.
    pub operations: u32,
    /// One member of an operation is refused.
    pub members: u32,
}

/// What happens at a step of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fortune {
    /// It goes on.
    Lives,
    /// The process dies before this has any effect.
    DiesBefore,
    /// The process dies after this has had its effect, and before anybody hears of it.
    DiesAfter,
    /// It is dead already: nothing that the rest of the program does has any effect.
    Dead,
}

/// Chances and the life of the process.
#[derive(Debug)]
pub struct Chaos(Mutex<State>);

#[derive(Debug)]
struct State {
    rng: Rng,
    rates: Rates,
    fuse: Option<u32>,
    dead: bool,
    verbose: bool,
    violations: Vec<String>,
}

impl Chaos {
    /// Nothing goes wrong yet.
    pub fn new(rng: Rng, verbose: bool) -> Self {
        let rates = Rates::default();
        Self(Mutex::new(State { rng, rates, fuse: None, dead: false, verbose, violations: Vec::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds this")
    }

    /// A process starts. With a fuse, it dies at that step (transaction or call).
    pub fn start(&self, rates: Rates, fuse: Option<u32>) {
        let mut state = self.state();
        state.rates = rates;
        state.fuse = fuse;
        state.dead = false;
    }

    /// How often something goes wrong now.
    pub fn rates(&self) -> Rates {
        self.state().rates
    }

    /// Whether the process has died.
    pub fn dead(&self) -> bool {
        self.state().dead
    }

    /// One more step of the process.
    pub fn step(&self, what: &str) -> Fortune {
        let mut state = self.state();
        if state.dead {
            return Fortune::Dead;
        }
        let Some(left) = state.fuse else { return Fortune::Lives };
        if left > 0 {
            state.fuse = Some(left - 1);
            return Fortune::Lives;
        }
        state.dead = true;
        let fortune = if state.rng.percent(50) { Fortune::DiesBefore } else { Fortune::DiesAfter };
        if state.verbose {
            println!("    the process dies: {what}, {fortune:?}");
        }
        fortune
    }

    /// Whether this goes wrong now.
    pub fn strikes(&self, percent: u32) -> bool {
        let mut state = self.state();
        percent > 0 && state.rng.percent(percent)
    }

    /// A number below `end`.
    pub fn below(&self, end: usize) -> usize {
        self.state().rng.below(end)
    }

    /// Somebody did what must never be done.
    pub fn violation(&self, what: String) {
        let mut state = self.state();
        if state.verbose {
            println!("    VIOLATION: {what}");
        }
        state.violations.push(what);
    }

    /// What was done that must never be done.
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Tells, when somebody reads along.
    pub fn tell(&self, what: impl FnOnce() -> String) {
        let verbose = self.state().verbose;
        if verbose {
            println!("    {}", what());
        }
    }
}
