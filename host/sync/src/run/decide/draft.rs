//! A decision in the making: about one person, from what is due to what is stored.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_sandbox::contract::grouping::{Assignment, Candidate};
use rollcall_sandbox::contract::mapping::{Outcome, Person};
use rollcall_sandbox::contract::types::Value;

use crate::clock::parse_rfc3339;
use crate::config::OutOfScope;
use crate::mirror::Projection;
use crate::profile::{fits, matching_text};
use crate::run_log::{Deed, Event};
use crate::schemas::Schemas;
use crate::steps::Shape;
use crate::store::{Belongings, Decision, Failed, Fate, Job, NEVER, Stage, Subject};

/// Where the three readers of properties find theirs in one projection.
pub(super) struct Layout {
    projection: Projection,
    pub(super) enabled: usize,
    pub(super) scope: std::ops::Range<usize>,
    grouping: std::ops::Range<usize>,
}

impl Layout {
    pub(super) fn new(shape: &Shape) -> Self {
        let scope = shape.scope_properties.clone().unwrap_or_default();
        let mut paths = vec!["accountEnabled".to_owned()];
        paths.extend(scope.iter().cloned());
        paths.extend(shape.grouping_properties.iter().cloned());
        let end = 1 + scope.len();
        Self { projection: Projection::new(&paths), enabled: 0, scope: 1..end, grouping: end..paths.len() }
    }
}

/// A decision in the making.
pub(super) struct Draft {
    pub(super) job: Job,
    pub(super) properties: Vec<Value>,
    applied: Option<Vec<Value>>,
    pub(super) fate: Option<Fate>,
    reason: Option<String>,
    pub(super) suspended: bool,
    /// A step broke at this person.
    pub(super) broken: bool,
    values: Option<Vec<Value>>,
    pub(super) looked_up: Option<BTreeSet<String>>,
    belongings: Option<Belongings>,
    map_due: Option<i64>,
    group_due: Option<i64>,
    quiet: bool,
}

impl Draft {
    pub(super) fn new(job: Job, stage: Stage, layout: &Layout) -> Self {
        let properties = job.object.as_deref().map(|object| layout.projection.read(object)).unwrap_or_default();
        let (fate, reason) = match (stage, &job.object) {
            (_, None) => (Some(Fate::Absent), Some("the source does not have this user any more".to_owned())),
            (Stage::Map, Some(_)) => (None, None),
            (Stage::Group | Stage::Rescan, Some(_)) => (Some(job.fate), job.reason.clone()),
        };
        Self {
            properties,
            applied: None,
            fate,
            reason,
            suspended: false,
            broken: false,
            values: None,
            looked_up: None,
            belongings: None,
            map_due: if stage == Stage::Map { None } else { job.map_due },
            // Rules that are not asked now keep their time.
            group_due: if stage == Stage::Rescan { job.group_due } else { None },
            quiet: stage != Stage::Map,
            job,
        }
    }

    pub(super) fn settle(&mut self, fate: Fate, reason: &str) {
        self.fate = Some(fate);
        self.reason = Some(reason.to_owned());
    }

    pub(super) fn slice(&self, range: &std::ops::Range<usize>) -> Vec<Value> {
        self.properties.get(range.clone()).map(<[Value]>::to_vec).unwrap_or_default()
    }

    pub(super) fn person(&self) -> Person {
        Person {
            id: self.job.id.clone(),
            object: self.job.object.clone().unwrap_or_default(),
            inherited: Vec::new(),
            exists: self.job.applied.is_some(),
        }
    }

    pub(super) fn scoped(&mut self, assignment: &Assignment, out_of_scope: OutOfScope) {
        self.wake_at(assignment, false);
        if let Some(undecided) = assignment.undecided.first() {
            self.settle(Fate::Held, &format!("the scope cannot be decided: {}", undecided.reason));
        } else if assignment.rules.is_empty() && assignment.belongings.is_empty() {
            match out_of_scope {
                OutOfScope::Keep if self.job.applied.is_some() => {
                    self.settle(Fate::Held, "out of scope: kept as it is")
                }
                OutOfScope::Remove | OutOfScope::Keep => self.settle(Fate::Absent, "out of scope"),
            }
        }
    }

    pub(super) fn mapped(&mut self, outcome: Outcome, schemas: &Schemas) {
        match outcome {
            Outcome::Skip(reason) => self.settle(Fate::Absent, &reason),
            Outcome::Reject(reason) => self.settle(Fate::Held, &reason),
            Outcome::Profile(values) => {
                let attributes = schemas.attributes();
                if values.len() != attributes.len() {
                    let reason =
                        format!("the mapping answered {} values for {} attributes", values.len(), attributes.len());
                    return self.settle(Fate::Held, &reason);
                }
                let misfit = values.iter().zip(attributes).find(|(value, attribute)| !fits(value, attribute.kind));
                if let Some((_, attribute)) = misfit {
                    let reason = format!("the mapping answered a value of another type for {}", attribute.name);
                    return self.settle(Fate::Held, &reason);
                }
                self.applied = self.job.applied.as_deref().and_then(|text| schemas.read(text));
                self.values = Some(schemas.settle(values, self.applied.as_deref()));
                if self.suspended {
                    self.settle(Fate::Suspended, "the account is disabled");
                } else {
                    self.fate = Some(Fate::Present);
                }
            }
        }
    }

    pub(super) fn candidate(&self, shape: &Shape, layout: &Layout, schemas: &Schemas) -> Candidate {
        let stored;
        let values: &[Value] = match &self.values {
            Some(values) => values,
            None => {
                stored = self.job.profile.as_deref().and_then(|text| schemas.read(text)).unwrap_or_default();
                &stored
            }
        };
        let profile = shape
            .grouping_attributes
            .iter()
            .map(|at| values.get(*at as usize).filter(|value| **value != Value::Keep).cloned().unwrap_or(Value::Null))
            .collect();
        let mut properties = self.slice(&layout.grouping);
        for (value, name) in properties.iter_mut().zip(&shape.grouping_properties) {
            if name == "memberOf" {
                *value = Value::Texts(self.job.member_of.clone());
            }
        }
        Candidate { id: self.job.id.clone(), properties, profile }
    }

    pub(super) fn grouped(&mut self, assignment: &Assignment, shape: &Shape, asked: Option<&[u32]>) {
        let mut keys: BTreeMap<String, String> = assignment
            .belongings
            .iter()
            .map(|belonging| (belonging.key.clone(), shape.rule(belonging.rule).to_owned()))
            .collect();
        let mut undecided: BTreeSet<String> =
            assignment.undecided.iter().map(|undecided| shape.rule(undecided.rule).to_owned()).collect();
        for at in &assignment.rules {
            match shape.rules.get(*at as usize).and_then(|rule| rule.key.as_ref()) {
                Some(key) => {
                    keys.insert(key.clone(), shape.rule(*at).to_owned());
                }
                None => {
                    self.reason = Some(format!("the grouping named rule {at}, which makes no single group"));
                    undecided.insert(shape.rule(*at).to_owned());
                }
            }
        }
        let asked = asked.map(|asked| asked.iter().map(|at| shape.rule(*at).to_owned()).collect());
        if let Some(first) = assignment.undecided.first() {
            self.reason = Some(format!("a rule cannot be decided: {}", first.reason));
        }
        self.belongings = Some(Belongings { keys: keys.into_iter().collect(), asked, undecided });
        self.wake_at(assignment, true);
    }

    fn wake_at(&mut self, assignment: &Assignment, grouping: bool) {
        let at = assignment.changes_at.as_deref().and_then(parse_rfc3339);
        let due = if grouping { &mut self.group_due } else { &mut self.map_due };
        *due = due.iter().copied().chain(at).min();
    }

    pub(super) fn finish(self, schemas: &Schemas, events: &mut Vec<Event>) -> Decision {
        let fate = self.fate.unwrap_or(Fate::Held);
        if !self.quiet {
            self.tell(fate, events);
        }
        let failure = self.broken.then(|| Failed {
            subject: Subject::Decision(self.job.row),
            attempts: 0,
            next: NEVER,
            reason: self.reason.clone().unwrap_or_default(),
            status: None,
            code: None,
            request_id: None,
        });
        let kept = || self.job.profile.clone();
        let (profile, matching, differs) = match (&self.values, fate) {
            (Some(values), Fate::Present | Fate::Suspended) => {
                let matching = matching_text(schemas.attributes(), values);
                let differs = self.applied.as_ref() != Some(values);
                (Some(schemas.write(values.clone())), matching, differs)
            }
            (None, Fate::Present | Fate::Suspended) => {
                let values = self.job.profile.as_deref().and_then(|text| schemas.read(text)).unwrap_or_default();
                let applied = self.job.applied.as_deref().and_then(|text| schemas.read(text));
                (kept(), matching_text(schemas.attributes(), &values), applied.as_ref() != Some(&values))
            }
            _ => (None, None, true),
        };
        Decision {
            row: self.job.row,
            fate,
            reason: self.reason,
            profile,
            matching,
            differs,
            belongings: self.belongings,
            looked_up: self.looked_up,
            map_due: self.map_due,
            group_due: self.group_due,
            failure,
        }
    }

    /// Writes down who is left out, unless the log of an earlier run says the same.
    fn tell(&self, fate: Fate, events: &mut Vec<Event>) {
        let deed = match fate {
            Fate::Held => Deed::HeldBack,
            Fate::Absent if self.job.object.is_some() => Deed::Skipped,
            _ => return,
        };
        if self.job.fate == fate && self.job.reason == self.reason {
            return;
        }
        let name = self.job.object.as_deref().map(|object| Projection::new(&["displayName"]).read(object));
        let name = match name.as_deref() {
            Some([Value::Text(name)]) => Some(name.clone()),
            _ => None,
        };
        let reason = self.reason.clone();
        events.push(Event::Person { deed, person: self.job.id.clone(), name, changes: Vec::new(), reason });
    }
}
