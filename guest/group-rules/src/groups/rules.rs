//! The rules of a tenant at work.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use rollcall_sdk::grouping::{Assignment, Candidate, Explanation, Group, Plan, Rule};
use rollcall_sdk::{Attribute, AttributeType, Problem, packed};

use super::assignment::Assigner;
use super::definition::{Definition, Naming, definitions};
use super::digest::digest;
use super::key;
use super::pins::Pinnable;
use super::settings::{Settings, WhenEmpty};
use super::sources::{Candidates, Passed, Source, Sources};
use crate::explanation::{lines, reasons};
use crate::index::{Decision, Index};
use crate::language::fold::fold;
use crate::language::moment::Ticks;
use crate::language::property::{Kind, ProfileAttribute, Property};
use crate::language::syntax::Expression;
use crate::language::{Language, Rule as ParsedRule};
use crate::person::Subject;
use crate::trace::{Node, trace};
use crate::value::Value;

/// Entra has some sixty properties and at most a hundred extensions for an object: this is far beyond a tenant's needs, and far
/// below what the index can number.
const MAX_PROPERTIES: usize = 1_000;

/// All groups of a tenant.
#[derive(Debug)]
pub struct Rules {
    language: Language,
    pinnable: Pinnable,
    definitions: Vec<Definition>,
    /// How many of them make one group; they come first.
    ones: u32,
    by_key: HashMap<String, u32, RandomState>,
    /// The names of `[[group]]`s, folded: no other group may look like one of them.
    names: HashMap<String, u32, RandomState>,
    index: Indexed,
    /// For the rules that were last asked alone.
    subset: Option<(Vec<u32>, Indexed)>,
    sources: Sources,
    plan: Plan,
}

/// An index, and where the values of its columns are.
#[derive(Debug)]
struct Indexed {
    index: Index,
    columns: Vec<Source>,
}

/// The language over these attributes of a profile.
pub fn language(attributes: &[Attribute]) -> Language {
    Language::with_profile(attributes.iter().enumerate().map(|(position, attribute)| {
        let kind = match attribute.kind {
            AttributeType::Text => Kind::Text,
            AttributeType::Boolean => Kind::Boolean,
            AttributeType::Integer | AttributeType::Number => Kind::Number,
            AttributeType::DateTime => Kind::Moment,
            AttributeType::Texts => Kind::Texts,
        };
        ProfileAttribute { name: attribute.name.clone(), kind, position, sensitive: attribute.sensitive }
    }))
}

impl Rules {
    /// Checks the settings; all that is wrong is told at once.
    ///
    /// ```
    /// use group_rules::groups::{Rules, Settings};
    /// use rollcall_sdk::grouping::Candidate;
    ///
    /// let settings: Settings = serde_json::from_str(r#"{
    ///     "group": [{"name": "Sales in Oslo", "rule": "user.department -eq \"Sales\" -and user.city -eq \"Oslo\""}],
    ///     "group_by": [{"attributes": "department"}]
    /// }"#)?;
    /// let mut rules = Rules::compile(&settings, &[]).unwrap();
    /// assert_eq!(rules.plan().properties, ["department", "city"]);
    ///
    /// let person = Candidate { id: "5e3a".into(), properties: vec!["SALES".into(), "Oslo".into()], profile: vec![] };
    /// let assignment = rules.assign(&person, 0, None);
    /// let keys: Vec<String> = rules.plan().belongings(&assignment).into_iter().map(|belonging| belonging.key).collect();
    /// assert_eq!(keys, ["sales-in-oslo", "department:SALES"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn compile(settings: &Settings, attributes: &[Attribute]) -> Result<Self, Vec<Problem>> {
        let language = language(attributes);
        let matching = attributes.iter().filter(|attribute| attribute.matching.is_some());
        let pinnable = Pinnable {
            matching: matching
                .filter_map(|attribute| language.profile_attribute(&attribute.name).cloned())
                .collect::<Vec<Arc<_>>>(),
        };
        let (definitions, mut problems) = match definitions(settings, &language) {
            Ok(definitions) => (definitions, Vec::new()),
            Err(problems) => (Vec::new(), problems),
        };
        // With wrong names or keys the rules are checked all the same.
        let rules = settings
            .group
            .iter()
            .map(|group| &group.rule)
            .enumerate()
            .map(|(place, rule)| (format!("group[{place}].rule"), rule));
        let filters = settings
            .group_by
            .iter()
            .map(|by| &by.rule)
            .enumerate()
            .map(|(place, rule)| (format!("group_by[{place}].rule"), rule));
        if definitions.is_empty() {
            for (setting, rule) in rules.chain(filters) {
                if let Some(Err(error)) = rule.as_ref().map(|rule| language.parse(rule)) {
                    problems.push(rule_problem(setting, error));
                }
            }
            if !problems.is_empty() {
                return Err(problems);
            }
        }
        let mut expressions = Vec::with_capacity(definitions.len());
        for (place, definition) in definitions.iter().enumerate() {
            match definition.expression(&language, &pinnable) {
                Ok(expression) => expressions.push(expression),
                Err(error) => {
                    let setting = match place.checked_sub(settings.group.len()) {
                        None => format!("group[{place}].rule"),
                        Some(place) => format!("group_by[{place}].rule"),
                    };
                    problems.push(rule_problem(setting, error));
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let rules = definitions
            .iter()
            .zip(&expressions)
            .map(|(definition, expression)| Rule {
                id: definition.key.clone(),
                digest: digest(definition, expression),
                key: matches!(definition.naming, Naming::One { .. }).then(|| definition.key.clone()),
            })
            .collect();
        let mut sources = Sources::default();
        let index = Indexed::new(expressions, &mut |property| sources.add(property));
        if index.columns.len() > MAX_PROPERTIES {
            let message = format!(
                "The rules ask about {} properties; at most {MAX_PROPERTIES} are possible.",
                index.columns.len()
            );
            return Err(vec![Problem::new("group", message)]);
        }
        for definition in &definitions {
            if let Naming::Each { attributes, .. } = &definition.naming {
                attributes.iter().for_each(|attribute| {
                    sources.add(attribute);
                });
            }
        }
        let plan = Plan { properties: sources.properties.clone(), attributes: sources.attributes.clone(), rules };
        let by_key =
            definitions.iter().enumerate().map(|(place, definition)| (definition.key.clone(), place as u32)).collect();
        let names = definitions
            .iter()
            .enumerate()
            .filter_map(|(place, definition)| match &definition.naming {
                Naming::One { name, .. } => Some((fold(name), place as u32)),
                Naming::Each { .. } => None,
            })
            .collect();
        let ones =
            definitions.iter().take_while(|definition| matches!(definition.naming, Naming::One { .. })).count() as u32;
        Ok(Rules { language, pinnable, definitions, ones, by_key, names, index, subset: None, sources, plan })
    }

    /// What is read, and the rules with their digests.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The checked settings, in the order of the plan's rules.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// About how much memory the index has in use.
    pub fn bytes(&self) -> usize {
        self.index.index.bytes()
    }

    /// The groups of one person at a moment. With `only` (positions in the plan), those rules alone are decided.
    pub fn assign(&mut self, person: &Candidate, now: Ticks, only: Option<&[u32]>) -> Assignment {
        self.assign_one(person, now, only)
    }

    #[inline]
    fn assign_one(&mut self, person: &impl Passed, now: Ticks, only: Option<&[u32]>) -> Assignment {
        match only {
            None => {
                let decision = self.index.decide(person, now);
                let assigner =
                    Assigner { definitions: &self.definitions, ones: self.ones, sources: &self.sources, person };
                assigner.assignment(decision, |rule| rule)
            }
            Some(only) => {
                if self.subset.as_ref().is_none_or(|(known, _)| known != only) {
                    self.subset = Some((only.to_vec(), self.of_these(only)));
                }
                let Some((_, subset)) = &mut self.subset else { return Assignment::nothing() };
                let decision = subset.decide(person, now);
                let assigner =
                    Assigner { definitions: &self.definitions, ones: self.ones, sources: &self.sources, person };
                assigner.assignment(decision, |rule| only.get(rule as usize).copied().unwrap_or(u32::MAX))
            }
        }
    }

    /// The groups of one person of a packed batch: adds the assignment that [`assign`](Rules::assign) would answer.
    pub fn assign_packed(
        &mut self,
        person: &packed::Candidate<'_>,
        now: Ticks,
        only: Option<&[u32]>,
        assignments: &mut packed::Assignments,
    ) {
        if only.is_some() {
            assignments.assignment(&self.assign_one(person, now, only));
            return;
        }
        let decision = self.index.decide(person, now);
        // They ascend, so the last tells of all whether they make one group each.
        let plain = decision.rules.last().is_none_or(|rule| *rule < self.ones);
        if plain && decision.undecided.is_empty() && decision.changes_at.is_none() {
            assignments.rules(decision.rules);
            return;
        }
        let assigner = Assigner { definitions: &self.definitions, ones: self.ones, sources: &self.sources, person };
        assignments.assignment(&assigner.assignment(decision, |rule| rule));
    }

    /// An index of these rules alone.
    fn of_these(&self, only: &[u32]) -> Indexed {
        let expressions = only.iter().map(|rule| {
            let definition = self.definitions.get(*rule as usize);
            // A rule that was accepted once is accepted again; a position that the plan does not have is nobody's.
            definition
                .and_then(|definition| definition.expression(&self.language, &self.pinnable).ok())
                .unwrap_or(Expression::Or(Vec::new()))
        });
        Indexed::new(expressions, &mut |property| self.sources.find(property))
    }

    /// What the group with this key is; none when no rule makes it.
    pub fn describe(&self, key: &str) -> Option<Group> {
        let (definition, values) = self.find(key)?;
        let (name, welcome_message) = match &definition.naming {
            Naming::One { name, welcome_message } => (name.clone(), welcome_message.clone()),
            Naming::Each { name, welcome_message, attributes, says_attributes, .. } => {
                let shown = name.fill(&values);
                // What can look like another group's name says where it comes from.
                let is_taken = *says_attributes || self.names.contains_key(&fold(&shown)) || name.is_ambiguous(&values);
                let shown = if is_taken {
                    let pairs: Vec<String> = attributes
                        .iter()
                        .zip(&values)
                        .map(|(attribute, value)| format!("{}: {value}", attribute.name()))
                        .collect();
                    format!("{shown} ({})", pairs.join(", "))
                } else {
                    shown
                };
                (shown, welcome_message.as_ref().map(|template| template.fill(&values)))
            }
        };
        Some(Group {
            key: key.to_owned(),
            name,
            parent: definition.parent.clone(),
            welcome_message,
            admins: definition.admins.clone(),
            minimum_members: definition.minimum_members,
            when_empty: match definition.when_empty {
                WhenEmpty::Keep => rollcall_sdk::grouping::WhenEmpty::Keep,
                WhenEmpty::Remove => rollcall_sdk::grouping::WhenEmpty::Remove,
            },
        })
    }

    /// The definition that makes a key, and the values in it.
    fn find(&self, key: &str) -> Option<(&Definition, Vec<String>)> {
        if let Some(definition) = self.by_key.get(key).and_then(|place| self.definitions.get(*place as usize)) {
            return matches!(definition.naming, Naming::One { .. }).then(|| (definition, Vec::new()));
        }
        let (prefix, _) = key.split_once(':')?;
        let definition = self.by_key.get(prefix).and_then(|place| self.definitions.get(*place as usize))?;
        let Naming::Each { attributes, case, .. } = &definition.naming else { return None };
        let values = key::values(prefix, key)?;
        // No rule makes a key that is written otherwise.
        let tidy = values.iter().all(|value| key::value(value, *case).as_deref() == Some(value));
        (tidy && values.len() == attributes.len()).then_some((definition, values))
    }

    /// Why a person belongs to a group, or does not.
    pub fn explain(&self, person: &Candidate, key: &str, now: Ticks) -> Result<Explanation, Problem> {
        let Some((definition, values)) = self.find(key) else {
            return Err(Problem::new("", format!("No rule makes a group with the key `{key}`.")));
        };
        let subject = Candidates { person, sources: &self.sources };
        let mut sentences = Vec::new();
        let mut tree = None;
        let mut by_rule = Ok(matches!(definition.naming, Naming::Each { .. }));
        if let Some(rule) = &definition.rule {
            let parsed = self.language.parse(rule).map_err(|error| rule_problem(String::new(), error))?;
            let node = trace(&parsed, &subject, now);
            by_rule = node.outcome.clone();
            sentences.extend(reasons(&node));
            tree = Some(node);
        } else if by_rule == Ok(false) {
            sentences.push("The group has no rule: only those who are included belong to it.".to_owned());
        }
        let pinned = |pins: &[String]| {
            let found = pins.iter().find(|pin| {
                self.pinnable
                    .expression(std::slice::from_ref(pin))
                    .is_some_and(|expression| is_true(expression, &subject, now))
            });
            found.cloned()
        };
        let mut belongs = by_rule.clone();
        if let Some(pin) = pinned(&definition.include) {
            sentences.push(format!("`include` names this person ({pin}), whatever the rule says."));
            belongs = Ok(true);
        }
        if let Some(pin) = pinned(&definition.exclude) {
            sentences.push(format!("`exclude` names this person ({pin}), whatever the rule says."));
            belongs = Ok(false);
        }
        if let Naming::Each { .. } = &definition.naming {
            let assigner = Assigner { definitions: &self.definitions, ones: self.ones, sources: &self.sources, person };
            let has = assigner.keys(definition).is_ok_and(|keys| keys.iter().any(|own| own == key));
            let verb = if has { "are" } else { "are not" };
            sentences.push(format!("This person's values {verb} those of the group: {}.", values.join(", ")));
            belongs = belongs.map(|belongs| belongs && has);
        }
        let verdict = match &belongs {
            Ok(true) => "The person belongs to the group.".to_owned(),
            Ok(false) => "The person does not belong to the group.".to_owned(),
            Err(reason) => format!("It could not be decided, so what the person belongs to stays as it is: {reason}"),
        };
        sentences.insert(0, verdict);
        Ok(Explanation {
            belongs: belongs.unwrap_or(false),
            rule: definition.rule.clone().unwrap_or_default(),
            nodes: tree.as_ref().map(lines).unwrap_or_default(),
            sentences,
        })
    }

    /// The rule of a group part by part, for the shape of `evaluateDynamicMembership`.
    pub fn tree(&self, person: &Candidate, key: &str, now: Ticks) -> Option<Node> {
        let (definition, _) = self.find(key)?;
        let parsed = self.language.parse(definition.rule.as_ref()?).ok()?;
        Some(trace(&parsed, &Candidates { person, sources: &self.sources }, now))
    }
}

fn is_true(expression: Expression, subject: &dyn Subject, now: Ticks) -> bool {
    let rule = ParsedRule { text: String::new(), root: expression };
    trace(&rule, subject, now).outcome == Ok(true)
}

impl Indexed {
    fn new(expressions: impl IntoIterator<Item = Expression>, source: &mut impl FnMut(&Property) -> Source) -> Self {
        let index = Index::compile(expressions);
        let columns = index.properties().map(source).collect();
        Indexed { index, columns }
    }

    fn decide(&mut self, person: &impl Passed, now: Ticks) -> Decision<'_> {
        let columns = &self.columns;
        self.index.decide(|place, _| columns.get(place).map_or(Value::Null, |source| source.value(person)), now)
    }
}

fn rule_problem(setting: String, error: crate::RuleError) -> Problem {
    let problem = Problem::new(setting, error.message).at(error.position as u32);
    match error.suggestion {
        Some(suggestion) => problem.suggest(suggestion),
        None => problem,
    }
}
