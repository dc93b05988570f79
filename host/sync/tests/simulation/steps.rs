//! The tenant's steps as plain functions: a mapping, rules and a scope as they are configured; the source; the target.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rollcall_sandbox::contract::grouping::{Assignment, Belonging, Candidate, Explanation, Group, Rule, WhenEmpty};
use rollcall_sandbox::contract::mapping::{AttributeTrace, Outcome, Person};
use rollcall_sandbox::contract::types::{Problem, Value};
use rollcall_sync::clock::{Clock, rfc3339};
use rollcall_sync::steps::{Calling, Grouped, Grouping, Mapped, Mapping, Shape, Source, StepError, Steps, Target};
use rollcall_sync::store::{Effects, Store};
use serde_json::Value as Json;

use crate::configuration::{self, Condition, Configuration, Facts, Makes, Origin};
use crate::instance::TargetInstance;
use crate::source::DeltaSource;
use crate::world::World;

/// The steps of one process.
pub struct PlainSteps {
    world: Arc<World>,
    store: Arc<dyn Store>,
    configuration: Arc<Configuration>,
    shape: Shape,
}

/// A rule as the plan has it.
fn announced(rule: &configuration::Rule) -> Rule {
    let key = match &rule.makes {
        Makes::Group(key) => Some(key.clone()),
        Makes::ByAttribute(..) => None,
    };
    Rule { id: rule.id.clone(), digest: digest(&(&rule.makes, &rule.condition)), key }
}

fn digest(thing: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn sorted(names: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    names.into_iter().collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

fn shape_of(configuration: &Configuration) -> Shape {
    let origins = configuration.attributes.iter().map(|attribute| attribute.origin);
    let by_manager = origins.clone().any(|origin| origin == Origin::ManagerName);
    let read = origins.map(|origin| match origin {
        Origin::Property(name) => name,
        Origin::ManagerName => "manager",
    });
    let rules = &configuration.rules;
    let grouped_by = |name: &str| {
        rules.iter().any(|rule| matches!(&rule.makes, Makes::ByAttribute(_, attribute) if *attribute == name))
    };
    let positions = (0u32..).zip(&configuration.attributes);
    Shape {
        attributes: configuration.profile().into(),
        mapping_properties: sorted(read),
        looked_up_properties: if by_manager { vec!["displayName".to_owned()] } else { Vec::new() },
        grouping_properties: sorted(rules.iter().flat_map(|rule| rule.condition.properties().iter().copied())),
        grouping_attributes: positions.filter(|(_, attribute)| grouped_by(attribute.name)).map(|(at, _)| at).collect(),
        rules: match configuration.names_rules {
            true => rules.iter().map(announced).collect(),
            false => Vec::new(),
        },
        scope_properties: configuration
            .scope
            .as_ref()
            .map(|scope| scope.properties().iter().map(|name| (*name).to_owned()).collect()),
        mapping_digest: digest(&(&configuration.attributes, &configuration.scope)),
        grouping_digest: digest(&(rules, configuration.names_rules)),
    }
}

impl PlainSteps {
    /// The steps as they are configured.
    pub fn new(world: Arc<World>, store: Arc<dyn Store>, configuration: Configuration) -> Self {
        let shape = shape_of(&configuration);
        Self { world, store, configuration: Arc::new(configuration), shape }
    }

    fn rules(&self, asks: Asks) -> PlainRules {
        let properties = match asks {
            Asks::Scope => self.shape.scope_properties.clone().unwrap_or_default(),
            Asks::Rules => self.shape.grouping_properties.clone(),
        };
        let names = self.shape.grouping_attributes.iter();
        let attributes = names.map(|at| self.configuration.attributes[*at as usize].name).collect();
        PlainRules {
            world: Arc::clone(&self.world),
            configuration: Arc::clone(&self.configuration),
            asks,
            properties,
            attributes,
        }
    }
}

impl Steps for PlainSteps {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn source(&self) -> Calling<'_, Box<dyn Source>> {
        let source = DeltaSource::new(Arc::clone(&self.world), self.shape.source_properties());
        Box::pin(async move { Ok(Box::new(source) as Box<dyn Source>) })
    }

    fn mapping(&self) -> Calling<'_, Box<dyn Mapping>> {
        let mapping = PlainMapping {
            world: Arc::clone(&self.world),
            store: Arc::clone(&self.store),
            configuration: Arc::clone(&self.configuration),
        };
        Box::pin(async move { Ok(Box::new(mapping) as Box<dyn Mapping>) })
    }

    fn grouping(&self) -> Calling<'_, Box<dyn Grouping>> {
        let rules = self.rules(Asks::Rules);
        Box::pin(async move { Ok(Box::new(rules) as Box<dyn Grouping>) })
    }

    fn scope(&self) -> Calling<'_, Option<Box<dyn Grouping>>> {
        let scope = self.configuration.scope.is_some().then(|| self.rules(Asks::Scope));
        Box::pin(async move { Ok(scope.map(|scope| Box::new(scope) as Box<dyn Grouping>)) })
    }

    fn target(&self) -> Calling<'_, Box<dyn Target>> {
        let target = TargetInstance::new(Arc::clone(&self.world), Arc::clone(&self.configuration));
        Box::pin(async move { Ok(Box::new(target) as Box<dyn Target>) })
    }
}

struct PlainMapping {
    world: Arc<World>,
    store: Arc<dyn Store>,
    configuration: Arc<Configuration>,
}

/// Whether a mapping traps at this name.
pub fn is_poison(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with("Person") && name.ends_with("77"))
}

impl PlainMapping {
    fn map(&self, person: &Person, looked_up: &mut BTreeSet<String>) -> Result<Outcome, StepError> {
        let object: Json =
            serde_json::from_str(&person.object).map_err(|error| StepError::Broken(error.to_string()))?;
        let text = |name: &str| object.get(name).and_then(Json::as_str);
        if is_poison(text("displayName")) {
            return Err(StepError::Broken("the mapping trapped at a poisoned name".into()));
        }
        match text("mobilePhone") {
            None => return Ok(Outcome::Skip("no phone number".into())),
            Some("bad number") => return Ok(Outcome::Reject("this is no phone number".into())),
            Some(_) => {}
        }
        let manager = object.get("manager").and_then(|manager| manager.get("id")).and_then(Json::as_str);
        let mut values = Vec::new();
        for attribute in &self.configuration.attributes {
            let value = match attribute.origin {
                Origin::Property(name) => text(name).map(str::to_owned),
                Origin::ManagerName => match manager {
                    Some(id) => {
                        looked_up.insert(id.to_owned());
                        self.name_of(id)?
                    }
                    None => None,
                },
            };
            values.push(match value {
                Some(value) => Value::Text(value),
                None if attribute.keeps => Value::Keep,
                None => Value::Null,
            });
        }
        Ok(Outcome::Profile(values))
    }

    fn name_of(&self, id: &str) -> Result<Option<String>, StepError> {
        let object = self.store.object(id).map_err(|error| StepError::Broken(error.to_string()))?;
        let object: Option<Json> = object.and_then(|text| serde_json::from_str(&text).ok());
        Ok(object.and_then(|object| object.get("displayName").and_then(Json::as_str).map(str::to_owned)))
    }
}

fn trap(world: &World, step: &str) -> Result<(), StepError> {
    world.call(step)?;
    if world.chaos.strikes(world.chaos.rates().traps) {
        world.chaos.tell(|| format!("the {step} traps"));
        return Err(StepError::Broken(format!("the {step} trapped")));
    }
    Ok(())
}

impl Mapping for PlainMapping {
    fn map_people(&mut self, people: Vec<Person>) -> Calling<'_, Mapped> {
        Box::pin(async move {
            trap(&self.world, "mapping")?;
            let mut mapped = Mapped::default();
            for person in &people {
                let mut looked_up = BTreeSet::new();
                mapped.outcomes.push(self.map(person, &mut looked_up)?);
                mapped.looked_up.insert(person.id.clone(), looked_up);
            }
            Ok(mapped)
        })
    }

    fn explain(&mut self, _: Person) -> Calling<'_, Vec<AttributeTrace>> {
        Box::pin(async move { Ok(Vec::new()) })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Rules,
    Scope,
}

struct PlainRules {
    world: Arc<World>,
    configuration: Arc<Configuration>,
    asks: Asks,
    /// The names of the properties and attributes that candidates have, in their order.
    properties: Vec<String>,
    attributes: Vec<&'static str>,
}

impl PlainRules {
    fn assign_one(&self, person: &Candidate, rules: Option<&[u32]>) -> Assignment {
        let now = self.world.clock.now();
        let facts = self.facts(person);
        let mut assignment =
            Assignment { rules: Vec::new(), belongings: Vec::new(), undecided: Vec::new(), changes_at: None };
        let mut until = None;
        let mut ask = |condition: &Condition| {
            let verdict = condition.decide(&facts, now);
            until = until.into_iter().chain(verdict.until).min();
            verdict.holds
        };
        if self.asks == Asks::Scope {
            if self.configuration.scope.as_ref().is_none_or(&mut ask) {
                assignment.belongings.push(Belonging { key: "in".to_owned(), rule: 0 });
            }
        } else {
            for (rule, position) in self.configuration.rules.iter().zip(0u32..) {
                let asked = rules.is_none_or(|rules| rules.contains(&position));
                if asked && ask(&rule.condition) {
                    let key = match &rule.makes {
                        Makes::Group(key) => Some(key.clone()),
                        Makes::ByAttribute(prefix, name) => {
                            self.value(person, name).map(|value| format!("{prefix}{value}"))
                        }
                    };
                    match (&rule.makes, self.configuration.names_rules) {
                        (Makes::Group(_), true) => assignment.rules.push(position),
                        (Makes::ByAttribute(..), true) => {
                            assignment.belongings.extend(key.map(|key| Belonging { key, rule: position }));
                        }
                        (_, false) => assignment.belongings.extend(key.map(|key| Belonging { key, rule: 0 })),
                    }
                }
            }
        }
        assignment.changes_at = until.map(rfc3339);
        assignment
    }

    fn facts<'a>(&self, person: &'a Candidate) -> Facts<'a> {
        let mut facts = Facts::default();
        for (name, value) in self.properties.iter().zip(&person.properties) {
            let text = match value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            };
            match (name.as_str(), value) {
                ("department", _) => facts.department = text,
                ("city", _) => facts.city = text,
                ("manager", _) => facts.manager = text,
                ("startsAt", _) => facts.starts_at = text,
                ("memberOf", Value::Texts(groups)) => facts.member_of.clone_from(groups),
                _ => {}
            }
        }
        facts
    }

    fn value<'a>(&self, person: &'a Candidate, attribute: &str) -> Option<&'a str> {
        let position = self.attributes.iter().position(|name| *name == attribute)?;
        match person.profile.get(position)? {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    fn describe_one(&self, key: &str) -> Option<Group> {
        let group = |name: String, parent, admins, minimum_members, keep| Group {
            key: key.to_owned(),
            name,
            parent,
            welcome_message: None,
            admins,
            minimum_members,
            when_empty: if keep { WhenEmpty::Keep } else { WhenEmpty::Remove },
        };
        if key == "top" {
            let wanted = self.configuration.rules.iter().any(|rule| rule.parent.is_some());
            return wanted.then(|| group("Top".to_owned(), None, Vec::new(), 1, false));
        }
        let rule = self.configuration.rule_of(key)?;
        Some(group(rule.name_of(key), rule.parent.clone(), rule.admins.clone(), rule.minimum, rule.keep_empty))
    }
}

impl Grouping for PlainRules {
    fn assign(&mut self, people: Vec<Candidate>, rules: Option<Vec<u32>>) -> Calling<'_, Grouped> {
        Box::pin(async move {
            trap(&self.world, if self.asks == Asks::Scope { "scope" } else { "grouping" })?;
            let assignments = people.iter().map(|person| self.assign_one(person, rules.as_deref())).collect();
            Ok(Grouped { assignments, looked_up: BTreeMap::new(), effects: Effects::default() })
        })
    }

    fn describe(&mut self, keys: Vec<String>) -> Calling<'_, Vec<Option<Group>>> {
        Box::pin(async move {
            trap(&self.world, "description of groups")?;
            Ok(keys.iter().map(|key| self.describe_one(key)).collect())
        })
    }

    fn explain(&mut self, _: Candidate, _: String) -> Calling<'_, Result<Explanation, Problem>> {
        Box::pin(async move {
            Ok(Err(Problem {
                setting: String::new(),
                message: "nothing is explained here".into(),
                position: None,
                suggestion: None,
            }))
        })
    }
}
