//! The component: the library behind the contract of the grouping step.

use std::cell::RefCell;

use rollcall_sdk::grouping::{Assignment, Candidate, Explanation, Group, Grouping, Plan};
use rollcall_sdk::packed::{Assignments, Candidates, PackedGrouping};
use rollcall_sdk::{Attribute, Problem};

use crate::groups::{Rules, Settings};
use crate::language::moment::{SECOND, Ticks};

/// Each call of a function in a sandbox also looks at the clock, and to WASI's allocator there are four.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// The grouping step. Deciding learns values, so it is not shared.
struct GroupRules {
    rules: RefCell<Rules>,
}

/// The host's clock, which stands still during a run.
fn now() -> Ticks {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(0);
    seconds.saturating_mul(SECOND).saturating_add(i64::from(since.subsec_nanos()) / 100)
}

impl Grouping for GroupRules {
    type Settings = Settings;

    fn configure(settings: Settings, attributes: &[Attribute]) -> Result<(Self, Plan), Problem> {
        let rules = Rules::compile(&settings, attributes).map_err(first)?;
        let plan = rules.plan().clone();
        Ok((Self { rules: RefCell::new(rules) }, plan))
    }

    fn assign(&self, person: &Candidate, rules: Option<&[u32]>) -> Assignment {
        self.rules.borrow_mut().assign(person, now(), rules)
    }

    fn assign_people(&self, people: &[Candidate], rules: Option<&[u32]>) -> Vec<Assignment> {
        let now = now();
        let mut ours = self.rules.borrow_mut();
        people.iter().map(|person| ours.assign(person, now, rules)).collect()
    }

    fn describe(&self, key: &str) -> Option<Group> {
        self.rules.borrow().describe(key)
    }

    fn explain(&self, person: &Candidate, key: &str) -> Result<Explanation, Problem> {
        self.rules.borrow().explain(person, key, now())
    }
}

impl PackedGrouping for GroupRules {
    fn assign_packed(&self, people: &mut Candidates<'_>, rules: Option<&[u32]>, assignments: &mut Assignments) {
        let now = now();
        let mut ours = self.rules.borrow_mut();
        while let Some(person) = people.next() {
            ours.assign_packed(&person, now, rules, assignments);
        }
    }
}

/// The contract has room for one problem: the first, and how many more there are.
fn first(problems: Vec<Problem>) -> Problem {
    let more = problems.len().saturating_sub(1);
    let first = problems.into_iter().next().unwrap_or_else(|| Problem::new("", "The settings are not valid."));
    match more {
        0 => first,
        1 => Problem { message: format!("{} (And one more setting is wrong.)", first.message), ..first },
        _ => Problem { message: format!("{} (And {more} more settings are wrong.)", first.message), ..first },
    }
}

rollcall_sdk::export_packed_grouping!(GroupRules);
