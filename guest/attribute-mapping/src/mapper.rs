//! From a user to a profile.

mod configuration;
mod explanation;
mod shaping;

use std::borrow::Cow;

use rollcall_sdk::mapping::{AttributeTrace, Outcome, Schema};
use rollcall_sdk::packed::{self, Outcomes};
use rollcall_sdk::{Attribute, Layout, Problem, Slot as Position};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::attributes::Attributes;
use crate::environment::Environment;
use crate::evaluation::{Evaluation, Given, Ground};
use crate::language::fault::Fault;
use crate::phone::{PhoneFault, Phones, region::Region};
use crate::program::{Node, Slot};
use crate::projection::{Projection, discard};
use crate::settings::{OnInvalidPhone, OnMissing, Settings, Type};
use crate::value::Value;

/// A mapping, ready to run. It remembers nothing of a person.
#[derive(Debug)]
pub struct Mapper {
    mapped: Vec<Mapped>,
    attributes: Attributes,
    projection: Projection,
    manager: Option<Manager>,
    regions: Option<Regions>,
    default_region: Option<Region>,
    on_invalid_phone: OnInvalidPhone,
    given: Given,
    phones: Phones,
    layout: Layout,
    /// The mapped attributes are all of the profile, in its order: nothing is inherited.
    is_whole: bool,
}

/// One attribute of the profile.
#[derive(Debug)]
struct Mapped {
    name: String,
    source: String,
    program: Node,
    default: rollcall_sdk::Value,
    position: Position,
    /// The slot of the property that it is as it stands, if it is one: most attributes are.
    copied: Option<Slot>,
    kind: Type,
    creation_only: bool,
    required: bool,
    on_missing: OnMissing,
    sensitive: bool,
}

/// Which slots are filled with fields of the manager.
#[derive(Debug)]
struct Manager {
    /// The manager as an object or as an id.
    whole: Slot,
    /// The manager as Graph's delta query writes it.
    delta: Slot,
    fields: Vec<(Slot, String)>,
    names: Vec<String>,
    /// An expression reads the manager's id.
    is_read: bool,
}

/// Which slots say the country of a person.
#[derive(Debug)]
struct Regions {
    usage_location: Slot,
    country: Slot,
}

impl Mapper {
    /// Checks the settings. `inherited` are the attributes of the mapping before this one in the chain.
    pub fn new(settings: Settings, inherited: &[Attribute]) -> Result<Self, Problem> {
        configuration::read(settings, inherited)
    }

    /// What profiles it makes, and what it reads for them.
    pub fn schema(&self) -> Schema {
        let mut properties: Vec<String> = Vec::new();
        for (slot, path) in self.attributes.paths().iter().enumerate() {
            let name = if path.root() == "manager" || path.root() == "manager@delta" { "manager" } else { &path.text };
            if self.is_read(slot) && !properties.iter().any(|known| known == name) {
                properties.push(name.to_owned());
            }
        }
        let looked_up_properties = self.manager.as_ref().map(|manager| manager.names.clone()).unwrap_or_default();
        Schema { attributes: self.layout.attributes().to_vec(), properties, looked_up_properties }
    }

    /// Maps one user.
    pub fn map_person(&self, json: &str, inherited: &[rollcall_sdk::Value], environment: &dyn Environment) -> Outcome {
        let slots = match self.slots(json, environment) {
            Ok(slots) => slots,
            Err(reason) => return Outcome::Reject(reason),
        };
        let evaluation = Evaluation::new(self.ground(&slots, environment));
        let mut row = self.layout.row(inherited);
        for mapped in &self.mapped {
            let value = match mapped.copied(&slots) {
                Some(text) => Ok(rollcall_sdk::Value::Text(text.to_owned())),
                None => self.attribute(mapped, &evaluation, environment),
            };
            match value {
                Ok(value) => row.set(mapped.position, value),
                Err(outcome) => return outcome,
            }
        }
        row.into()
    }

    /// Maps one user of a packed batch: adds the outcome that [`map_person`](Mapper::map_person) would answer.
    pub fn map_packed(
        &self,
        json: &str,
        inherited: &[packed::Value<'_>],
        environment: &dyn Environment,
        outcomes: &mut Outcomes,
    ) {
        if !self.is_whole {
            let inherited: Vec<_> = inherited.iter().map(|value| value.to_value()).collect();
            outcomes.outcome(&self.map_person(json, &inherited, environment));
            return;
        }
        let place = outcomes.place();
        if let Err(outcome) = self.write(json, environment, outcomes) {
            outcomes.back_to(place);
            outcomes.outcome(&outcome);
        }
    }

    /// Writes the values as they come to be, and copies none that stands in the user's JSON before.
    fn write(&self, json: &str, environment: &dyn Environment, outcomes: &mut Outcomes) -> Result<(), Outcome> {
        let slots = self.slots(json, environment).map_err(Outcome::Reject)?;
        let written = self.write_row(&slots, environment, outcomes);
        slots.into_iter().for_each(discard);
        written
    }

    fn write_row(
        &self,
        slots: &[Value<'_>],
        environment: &dyn Environment,
        outcomes: &mut Outcomes,
    ) -> Result<(), Outcome> {
        let evaluation = Evaluation::new(self.ground(slots, environment));
        outcomes.row(self.mapped.len());
        for mapped in &self.mapped {
            match mapped.copied(slots) {
                Some(text) => outcomes.text(text),
                None => outcomes.value(&self.attribute(mapped, &evaluation, environment)?),
            }
        }
        Ok(())
    }

    /// Shows how one user is mapped.
    pub fn explain(&self, json: &str, environment: &dyn Environment) -> Vec<AttributeTrace> {
        explanation::explain(self, json, environment)
    }

    /// The values of the attributes that are read.
    fn slots<'j>(&self, json: &'j str, environment: &dyn Environment) -> Result<Vec<Value<'j>>, String> {
        let mut slots = self.projection.read(json).map_err(|error| format!("the user is no JSON object: {error}"))?;
        if let Some(manager) = &self.manager {
            manager.fill(&mut slots, environment);
        }
        Ok(slots)
    }

    fn ground<'a>(&'a self, slots: &'a [Value<'a>], environment: &'a dyn Environment) -> Ground<'a> {
        let region = self.regions.as_ref().map_or(self.default_region, |regions| {
            let named = |slot: Slot| match slots.get(slot) {
                Some(Value::Text(text)) => self.phones.region(text),
                _ => None,
            };
            named(regions.usage_location).or_else(|| named(regions.country)).or(self.default_region)
        });
        Ground { slots, attributes: &self.attributes, given: &self.given, environment, phones: &self.phones, region }
    }

    /// The value of one attribute, or what becomes of the person without it.
    fn attribute<'a>(
        &'a self,
        mapped: &'a Mapped,
        evaluation: &Evaluation<'a>,
        environment: &dyn Environment,
    ) -> Result<rollcall_sdk::Value, Outcome> {
        if mapped.creation_only && environment.target_exists() {
            return Ok(rollcall_sdk::Value::Keep);
        }
        let held_back = |fault: Fault| Outcome::Reject(mapped.held_back(&fault));
        let value = evaluation.run(&mapped.name, &mapped.program).map_err(held_back)?;
        let shaped = shaping::shape(value, mapped.kind)
            .map_err(|reason| Outcome::Reject(mapped.held_back(&Fault::at(mapped.program.span, reason))))?;
        let value = if shaped.is_null() { mapped.default.clone() } else { shaped };
        if mapped.required && is_missing(&value) {
            return self.missing(mapped, &evaluation.phone_faults()).map(|()| value);
        }
        Ok(value)
    }

    /// What becomes of a person without a required value: the reason names the numbers that were refused.
    fn missing(&self, mapped: &Mapped, phones: &[PhoneFault]) -> Result<(), Outcome> {
        let Some(first) = phones.first() else {
            let read = self.inputs(&mapped.program).join(", ");
            let from = if read.is_empty() { String::new() } else { format!(" (from {read})") };
            let reason = format!("`{}` is required and has no value{from}", mapped.name);
            return Err(match mapped.on_missing {
                OnMissing::Skip => Outcome::Skip(reason),
                OnMissing::HoldBack => Outcome::Reject(reason),
            });
        };
        let reason = if mapped.sensitive {
            format!("`{}` is required, and the phone number cannot be used: {}", mapped.name, first.reason)
        } else {
            let each: Vec<String> =
                phones.iter().take(3).map(|fault| format!("\"{}\": {}", shown(&fault.number), fault.reason)).collect();
            format!("`{}` is required, and no phone number can be used; {}", mapped.name, each.join("; "))
        };
        match self.on_invalid_phone {
            OnInvalidPhone::Skip => Err(Outcome::Skip(reason)),
            OnInvalidPhone::HoldBack => Err(Outcome::Reject(reason)),
            OnInvalidPhone::Omit => Ok(()),
        }
    }

    /// The attributes that an expression reads, in their order, by the names that Graph has for them.
    fn inputs(&self, program: &Node) -> Vec<String> {
        let mut slots = Vec::new();
        program.slots(&mut slots);
        slots.into_iter().map(|(slot, other)| self.attributes.path(other.unwrap_or(slot)).to_owned()).collect()
    }

    /// Whether a slot is one that the source is asked for: Entra's names are asked for by Graph's.
    fn is_read(&self, slot: Slot) -> bool {
        let path = self.attributes.path(slot);
        crate::attributes::graph_path(path).is_none()
    }
}

impl Mapped {
    /// The value of a text attribute that is a property as it stands, without going through the evaluation: what that would come to.
    #[inline(always)]
    fn copied<'s>(&self, slots: &'s [Value<'_>]) -> Option<&'s str> {
        match slots.get(self.copied?) {
            Some(Value::Text(text)) if !self.required || !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    /// Why a person is held back. What stands in a sensitive attribute must not stand in a reason either.
    fn held_back(&self, fault: &Fault) -> String {
        let position = fault.position(&self.source);
        if self.sensitive {
            return format!(
                "`{}`: the expression fails at character {position} (no details: it is sensitive)",
                self.name
            );
        }
        format!("`{}`: {} (at character {position}: {})", self.name, fault.message, shown(fault.span.of(&self.source)))
    }
}

impl Manager {
    /// Puts the manager's fields in their slots, by a look-up where the user does not bring them along.
    fn fill(&self, slots: &mut [Value<'_>], environment: &dyn Environment) {
        let brought = self.fields.iter().any(|(slot, _)| slots.get(*slot).is_some_and(|value| !value.is_null()));
        if brought && !self.is_read {
            return;
        }
        let id = self.id(slots);
        if let (Some(id), Some(slot)) = (&id, slots.get_mut(self.whole)) {
            *slot = Value::text(id.clone());
        }
        let Some(id) = id.filter(|_| !brought && !self.fields.is_empty()) else { return };
        let Some(found) = environment.look_up(&id, &self.names) else { return };
        for ((slot, _), value) in self.fields.iter().zip(found) {
            if let Some(place) = slots.get_mut(*slot) {
                *place = value;
            }
        }
    }

    fn id(&self, slots: &[Value<'_>]) -> Option<String> {
        let of_slot = |slot: Slot| match slots.get(slot)? {
            Value::Text(id) => Some(id.to_string()),
            Value::Json(json) if json.starts_with('[') => {
                let entries: Vec<Entry<'_>> = serde_json::from_str(json).ok()?;
                entries.into_iter().rev().find_map(Entry::id)
            }
            Value::Json(json) => serde_json::from_str::<Entry<'_>>(json).ok()?.id(),
            _ => None,
        };
        of_slot(self.whole).or_else(|| of_slot(self.delta)).filter(|id| !id.is_empty())
    }
}

/// A manager, or what a delta query tells of one.
#[derive(Deserialize)]
struct Entry<'j> {
    #[serde(borrow)]
    id: Option<Cow<'j, str>>,
    #[serde(rename = "@removed")]
    removed: Option<IgnoredAny>,
}

impl Entry<'_> {
    fn id(self) -> Option<String> {
        self.id.filter(|_| self.removed.is_none()).map(Cow::into_owned)
    }
}

/// An empty text is no value for an attribute that is required.
fn is_missing(value: &rollcall_sdk::Value) -> bool {
    match value {
        rollcall_sdk::Value::Null => true,
        rollcall_sdk::Value::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn shown(text: &str) -> String {
    crate::compile::shown(text)
}
