//! The component: the library behind the contract of the mapping step.

use rollcall_sdk::lookup::Lookup;
use rollcall_sdk::mapping::{AttributeTrace, Mapping, Outcome, Person, Schema};
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
    person: &'a Person,
    now: Moment,
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
        let found = Host.properties(&self.person.id, id, properties)?;
        Some(found.into_iter().map(Value::from_contract).collect())
    }

    fn in_use(&self, attribute: &str, text: &str) -> bool {
        Host.in_use(attribute, text, &self.person.id)
    }

    fn target_exists(&self) -> bool {
        self.person.exists
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
        self.mapper.map_person(&person.object, &person.inherited, &World { person, now: now() })
    }

    fn map_people(&self, people: &[Person]) -> Vec<Outcome> {
        let now = now();
        let map = |person: &Person| self.mapper.map_person(&person.object, &person.inherited, &World { person, now });
        people.iter().map(map).collect()
    }

    fn explain(&self, person: &Person) -> Vec<AttributeTrace> {
        self.mapper.explain(&person.object, &World { person, now: now() })
    }
}

rollcall_sdk::export_mapping!(AttributeMapping);
