//! Settings, checked.

use std::collections::{HashMap, HashSet};
use std::fmt;

use foldhash::fast::RandomState;
use rollcall_sdk::Problem;
use rollcall_sdk::settings::nearest;

use super::key;
use super::pins::Pinnable;
use super::settings::{Case, GroupBySettings, GroupSettings, Settings, WhenEmpty};
use super::template::{Template, TemplateError};
use crate::language::fold::fold;
use crate::language::property::{Kind, Property};
use crate::language::syntax::Expression;
use crate::language::{Language, RuleError};

/// A `[[group]]` or a `[[group_by]]`: one rule of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The group's key, or what the keys of the groups begin with. Stays when the rule changes.
    pub key: String,
    /// The rule as it was written.
    pub rule: Option<String>,
    /// Members by hand.
    pub include: Vec<String>,
    /// Kept out by hand.
    pub exclude: Vec<String>,
    /// The key of the group that it is a part of.
    pub parent: Option<String>,
    /// Who administers it, as it was written.
    pub admins: Vec<String>,
    /// The group is made only once it has this many members.
    pub minimum_members: u32,
    /// What happens when the last member has left.
    pub when_empty: WhenEmpty,
    /// One group or many.
    pub naming: Naming,
}

/// What groups a definition makes.
#[derive(Debug, Clone, PartialEq)]
pub enum Naming {
    /// One group, with a name and a welcome message.
    One {
        /// The name.
        name: String,
        /// The welcome message.
        welcome_message: Option<String>,
    },
    /// One for each value or combination of values.
    Each {
        /// The attributes.
        attributes: Vec<Property>,
        /// The names.
        name: Template,
        /// The welcome messages.
        welcome_message: Option<Template>,
        /// How values are written.
        case: Case,
        /// True when an earlier `[[group_by]]` makes names of the same form: these say which attributes they are of.
        says_attributes: bool,
    },
}

impl Definition {
    /// Who belongs: the rule, those included, without those excluded.
    pub fn expression(&self, language: &Language, pinnable: &Pinnable) -> Result<Expression, RuleError> {
        let rule = match (&self.rule, &self.naming) {
            (Some(rule), _) => language.parse(rule)?.root,
            // Nobody, or everybody.
            (None, Naming::One { .. }) => Expression::Or(Vec::new()),
            (None, Naming::Each { .. }) => Expression::And(Vec::new()),
        };
        let with = match pinnable.expression(&self.include) {
            Some(included) => Expression::Or(vec![rule, included]),
            None => rule,
        };
        Ok(match pinnable.expression(&self.exclude) {
            Some(excluded) => Expression::And(vec![with, Expression::Not(Box::new(excluded))]),
            None => with,
        })
    }
}

/// Checks the settings. All that is wrong is told at once.
pub fn definitions(settings: &Settings, language: &Language) -> Result<Vec<Definition>, Vec<Problem>> {
    let mut checker = Checker { language, problems: Vec::new(), keys: HashMap::default() };
    let mut definitions = Vec::with_capacity(settings.group.len() + settings.group_by.len());
    for (place, group) in settings.group.iter().enumerate() {
        definitions.push(checker.group(Place { list: "group", at: place }, group));
    }
    for (place, group_by) in settings.group_by.iter().enumerate() {
        definitions.push(checker.group_by(Place { list: "group_by", at: place }, group_by));
    }
    checker.names(&mut definitions);
    checker.parents(settings, &mut definitions);
    if checker.problems.is_empty() { Ok(definitions) } else { Err(checker.problems) }
}

struct Checker<'a> {
    language: &'a Language,
    problems: Vec<Problem>,
    /// Who has a key.
    keys: HashMap<String, Place, RandomState>,
}

/// A `[[group]]` or `[[group_by]]` of the settings. There are thousands, and few are ever named.
#[derive(Debug, Clone, Copy)]
struct Place {
    list: &'static str,
    at: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.list, self.at)
    }
}

impl Checker<'_> {
    fn problem(&mut self, setting: String, message: impl Into<String>) {
        self.problems.push(Problem::new(setting, message));
    }

    /// The key of a definition: chosen or derived. Two cannot have the same.
    fn key(&mut self, path: Place, chosen: Option<&str>, derived: impl FnOnce() -> String) -> String {
        let setting = || format!("{path}.key");
        let key = match chosen {
            Some(chosen) => {
                if let Some(wrong) = key::problem(chosen) {
                    self.problem(setting(), wrong);
                }
                chosen.to_owned()
            }
            None => {
                let derived = derived();
                if derived.is_empty() || derived.chars().count() > key::MAX_KEY {
                    self.problem(setting(), "No key can be made of the name: choose one.");
                }
                derived
            }
        };
        if let Some(other) = self.keys.insert(key.clone(), path) {
            let message = format!("The key `{key}` is that of {other} too: give one of them another `key`.");
            self.problem(setting(), message);
        }
        key
    }

    fn group(&mut self, path: Place, group: &GroupSettings) -> Definition {
        if group.name.trim().is_empty() {
            self.problem(format!("{path}.name"), "A group needs a name.");
        }
        self.people(path, "admins", &group.admins);
        self.people(path, "include", &group.include);
        self.people(path, "exclude", &group.exclude);
        Definition {
            key: self.key(path, group.key.as_deref(), || key::from_name(&group.name)),
            rule: group.rule.clone(),
            include: group.include.clone(),
            exclude: group.exclude.clone(),
            parent: group.parent.clone(),
            admins: group.admins.clone(),
            minimum_members: group.minimum_members.unwrap_or(1),
            when_empty: group.when_empty,
            naming: Naming::One { name: group.name.trim().to_owned(), welcome_message: group.welcome_message.clone() },
        }
    }

    fn group_by(&mut self, path: Place, settings: &GroupBySettings) -> Definition {
        let mut attributes = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for (place, name) in settings.attributes.iter().enumerate() {
            match self.attribute(&format!("{path}.attributes[{place}]"), name.trim()) {
                Some(property) if attributes.contains(&property) => {
                    self.problem(format!("{path}.attributes[{place}]"), format!("`{name}` is named twice."));
                }
                Some(property) => {
                    names.push(name.trim().to_owned());
                    attributes.push(property);
                }
                None => {}
            }
        }
        if settings.attributes.is_empty() || settings.attributes.len() > 4 {
            self.problem(format!("{path}.attributes"), "One to four attributes are needed.");
        }
        self.people(path, "admins", &settings.admins);
        self.people(path, "exclude", &settings.exclude);
        // A placeholder names an attribute as the list does, or without its object.
        let short: Vec<&str> = names.iter().map(|name| name.rsplit('.').next().unwrap_or(name)).collect();
        let template = |text: &str| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            Template::parse(text, &names).or_else(|error| Template::parse(text, &short).map_err(|_| error))
        };
        let broken = self.problems.iter().any(|problem| problem.setting.starts_with(&format!("{path}.attributes")));
        let name = match settings.name.as_deref().map(template) {
            None => Template::of_all(attributes.len()),
            Some(Ok(name)) => {
                let hidden = (0..attributes.len()).find(|place| !name.shows(*place)).and_then(|place| names.get(place));
                if let Some(hidden) = hidden {
                    let message = format!(
                        "Groups of different values would have the same name: it must have {{{hidden}}} in it."
                    );
                    self.problem(format!("{path}.name"), message);
                }
                name
            }
            Some(Err(error)) => {
                if !broken {
                    self.problems.push(template_problem(format!("{path}.name"), error, &names));
                }
                Template::of_all(attributes.len())
            }
        };
        let welcome_message = settings.welcome_message.as_deref().map(template).and_then(|template| {
            template
                .map_err(|error| self.problems.push(template_problem(format!("{path}.welcome_message"), error, &names)))
                .ok()
        });
        let derived = short.iter().map(|name| key::from_name(name)).collect::<Vec<_>>().join("-");
        let derived = if broken { "?".to_owned() } else { derived };
        Definition {
            key: if broken && settings.key.is_none() {
                derived
            } else {
                self.key(path, settings.key.as_deref(), || derived)
            },
            rule: settings.rule.clone(),
            include: Vec::new(),
            exclude: settings.exclude.clone(),
            parent: settings.parent.clone(),
            admins: settings.admins.clone(),
            minimum_members: settings.minimum_members.unwrap_or(1).max(1),
            when_empty: settings.when_empty,
            naming: Naming::Each { attributes, name, welcome_message, case: settings.case, says_attributes: false },
        }
    }

    /// Finds an attribute by asking the language for the simplest rule about it.
    fn attribute(&mut self, setting: &str, name: &str) -> Option<Property> {
        let lookup = |full: &str| match self.language.parse(&format!("{full} -eq null")) {
            Ok(rule) => match rule.root {
                Expression::Test(test) => Ok(test.property),
                _ => Err(None),
            },
            Err(error) => Err(error.suggestion),
        };
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let found = if !is_name {
            Err(None)
        } else if name.contains('.') {
            lookup(name)
        } else {
            lookup(&format!("user.{name}"))
                .or_else(|suggestion| lookup(&format!("profile.{name}")).map_err(|own| suggestion.or(own)))
        };
        match found {
            Ok(property) if matches!(property.kind(), Kind::Text | Kind::Boolean | Kind::Number | Kind::Texts) => {
                Some(property)
            }
            Ok(property) => {
                let message =
                    format!("`{name}` is {}: groups are made of texts, numbers and truths.", property.kind().noun());
                self.problem(setting.to_owned(), message);
                None
            }
            Err(suggestion) => {
                let mut problem = Problem::new(setting, format!("There is no attribute `{name}`."));
                problem.suggestion = suggestion;
                self.problems.push(problem);
                None
            }
        }
    }

    fn people(&mut self, path: Place, list: &str, people: &[String]) {
        for (place, person) in people.iter().enumerate() {
            if person.trim().is_empty() {
                self.problem(
                    format!("{path}.{list}[{place}]"),
                    "An id, a mail address or a phone number was expected.",
                );
            }
        }
    }

    /// Two groups with the same name in the same place cannot be told apart by those who see them.
    fn names(&mut self, definitions: &mut [Definition]) {
        let mut seen: HashMap<(String, Option<String>), usize, RandomState> = HashMap::default();
        let mut skeletons: HashSet<(String, Option<String>)> = HashSet::new();
        for (place, definition) in definitions.iter_mut().enumerate() {
            let parent = definition.parent.as_deref().map(fold);
            match &mut definition.naming {
                Naming::One { name, .. } => {
                    if let Some(other) = seen.insert((fold(name), parent), place) {
                        let message =
                            format!("group[{other}] has the name \"{name}\" too: people could not tell them apart.");
                        self.problem(format!("group[{place}].name"), message);
                    }
                }
                Naming::Each { name, says_attributes, .. } => {
                    *says_attributes = !skeletons.insert((name.skeleton(), parent));
                }
            }
        }
    }

    /// A parent is named by its key or its name, and is no part of its own parts.
    fn parents(&mut self, settings: &Settings, definitions: &mut [Definition]) {
        if definitions.iter().all(|definition| definition.parent.is_none()) {
            return;
        }
        let groups: Vec<(String, String)> = definitions
            .iter()
            .filter_map(|definition| match &definition.naming {
                Naming::One { name, .. } => Some((definition.key.clone(), name.clone())),
                Naming::Each { .. } => None,
            })
            .collect();
        let path = |place: usize| match place.checked_sub(settings.group.len()) {
            None => format!("group[{place}].parent"),
            Some(place) => format!("group_by[{place}].parent"),
        };
        for (place, definition) in definitions.iter_mut().enumerate() {
            let Some(wanted) = &definition.parent else { continue };
            let found = groups
                .iter()
                .find(|(key, _)| key == wanted)
                .or_else(|| groups.iter().find(|(_, name)| fold(name) == fold(wanted)))
                .map(|(key, _)| key.clone());
            match found {
                Some(key) => definition.parent = Some(key),
                None => {
                    let known = groups.iter().flat_map(|(key, name)| [key.as_str(), name.as_str()]);
                    let mut problem =
                        Problem::new(path(place), format!("There is no group with the key or name `{wanted}`."));
                    problem.suggestion = nearest(wanted, known).map(str::to_owned);
                    self.problems.push(problem);
                    definition.parent = None;
                }
            }
        }
        let parents: HashMap<String, String> = definitions
            .iter()
            .filter_map(|definition| Some((definition.key.clone(), definition.parent.clone()?)))
            .collect();
        for (place, definition) in definitions.iter().enumerate() {
            let mut above = definition.parent.as_ref();
            let mut steps = 0;
            while let Some(parent) = above {
                if *parent == definition.key {
                    self.problem(path(place), "The group would be a part of itself.");
                    break;
                }
                steps += 1;
                // A circle that this group only leads to is told where it is.
                above = if steps > parents.len() { None } else { parents.get(parent) };
            }
        }
    }
}

fn template_problem(setting: String, error: TemplateError, names: &[String]) -> Problem {
    let suggestion = error.unknown.as_deref().and_then(|unknown| nearest(unknown, names.iter().map(String::as_str)));
    let problem = Problem::new(setting, error.message).at(error.position as u32);
    match suggestion {
        Some(suggestion) => problem.suggest(format!("{{{suggestion}}}")),
        None => problem,
    }
}
