//! The component: the library behind the contract of the mapping step.

use rollcall_sdk::lookup::Lookup;
use rollcall_sdk::mapping::{AttributeTrace, Mapping, Outcome, Person, Schema};
use rollcall_sdk::packed::{Outcomes, PackedMapping, People};
use rollcall_sdk::{Attribute, Host, Problem};

use crate::environment::Environment;
use crate::mapper::Mapper;
use crate::moment::Moment;
use crate::settings::Settings;
use crate::value::Value;

/// Each call of a function in a sandbox also looks at the clock, and to WASI's allocator there are four.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// The mapping step.
struct AttributeMapping {
    mapper: Mapper,
}

/// The world of one person, as the host offers it.
struct World<'a> {
    /// The person's id.
    id: &'a str,
    exists: bool,
    now: Moment,
}

impl<'a> World<'a> {
    fn of(person: &'a Person, now: Moment) -> Self {
        Self { id: &person.id, exists: person.exists, now }
    }
}

impl Environment for World<'_> {
    fn now(&self) -> Moment {
        self.now
    }

    fn random(&self, bytes: &mut [u8]) {
        // The host always offers random numbers; without them a random text would be guessable, so none is made.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }

    fn look_up(&self, id: &str, properties: &[String]) -> Option<Vec<Value<'static>>> {
        let found = Host.properties(self.id, id, properties)?;
        Some(found.into_iter().map(Value::from_contract).collect())
    }

    fn in_use(&self, attribute: &str, text: &str) -> bool {
        Host.in_use(attribute, text, self.id)
    }

    fn target_exists(&self) -> bool {
        self.exists
    }
}

/// The host's clock, which stands still during a run.
fn now() -> Moment {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(0);
    Moment::from_unix(seconds).unwrap_or_default()
}

impl Mapping for AttributeMapping {
    type Settings = Settings;

    fn configure(settings: Settings, inherited: &[Attribute]) -> Result<(Self, Schema), Problem> {
        let mapper = Mapper::new(settings, inherited)?;
        let schema = mapper.schema();
        Ok((Self { mapper }, schema))
    }

    fn map(&self, person: &Person) -> Outcome {
        self.mapper.map_person(&person.object, &person.inherited, &World::of(person, now()))
    }

    fn map_people(&self, people: &[Person]) -> Vec<Outcome> {
        let now = now();
        let map = |person: &Person| self.mapper.map_person(&person.object, &person.inherited, &World::of(person, now));
        people.iter().map(map).collect()
    }

    fn explain(&self, person: &Person) -> Vec<AttributeTrace> {
        self.mapper.explain(&person.object, &World::of(person, now()))
    }
}

impl PackedMapping for AttributeMapping {
    fn map_packed(&self, people: &mut People<'_>, outcomes: &mut Outcomes) {
        let now = now();
        while let Some(person) = people.next() {
            let world = World { id: person.id, exists: person.exists, now };
            self.mapper.map_packed(person.object, person.inherited, &world, outcomes);
        }
    }
}

rollcall_sdk::export_packed_mapping!(AttributeMapping);
