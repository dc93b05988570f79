//! What an administrator configures, and changes between runs: attributes, rules, scope, policy.

use std::num::NonZeroU32;
use std::time::Duration;

use rollcall_sandbox::contract::types::{Attribute, AttributeType};
use rollcall_sync::clock::parse_rfc3339;
use rollcall_sync::config::{
    Deprovisioning, DisabledAccounts, FailurePolicy, Growth, OnExpiredCursor, OutOfScope, Safety, Share, WhenBusy,
};
use rollcall_sync::run::Policy;
use rollcall_sync::store::Millis;

use crate::directory::{CITIES, DEPARTMENTS, User};
use crate::rng::Rng;

/// Where an attribute's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A property of the user.
    Property(&'static str),
    /// The manager's displayName, by a look-up.
    ManagerName,
}

/// An attribute of the profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MappedAttribute {
    pub name: &'static str,
    pub origin: Origin,
    pub creation_only: bool,
    /// Where the origin has no value, the target's own stays.
    pub keeps: bool,
}

/// What a rule or the scope asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    Everybody,
    Department(&'static str),
    NotDepartment(&'static str),
    City(&'static str),
    MemberOf(String),
    ManagedBy(String),
    /// From the moment in `startsAt` on.
    Started,
}

/// What a condition says of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub holds: bool,
    /// When that can change by time alone.
    pub until: Option<Millis>,
}

impl Condition {
    /// The properties that it reads.
    pub fn properties(&self) -> &'static [&'static str] {
        match self {
            Self::Everybody => &[],
            Self::Department(_) | Self::NotDepartment(_) => &["department"],
            Self::City(_) => &["city"],
            Self::MemberOf(_) => &["memberOf"],
            Self::ManagedBy(_) => &["manager"],
            Self::Started => &["startsAt"],
        }
    }

    /// Decides it, given the values of properties.
    pub fn decide(&self, facts: &Facts<'_>, now: Millis) -> Verdict {
        let holds = match self {
            Self::Everybody => true,
            Self::Department(wanted) => facts.department == Some(wanted),
            Self::NotDepartment(refused) => facts.department != Some(refused),
            Self::City(wanted) => facts.city == Some(wanted),
            Self::MemberOf(group) => facts.member_of.contains(group),
            Self::ManagedBy(id) => facts.manager == Some(id),
            Self::Started => {
                let starts = facts.starts_at.and_then(parse_rfc3339);
                return Verdict {
                    holds: starts.is_some_and(|starts| starts <= now),
                    until: starts.filter(|starts| *starts > now),
                };
            }
        };
        Verdict { holds, until: None }
    }

    fn draw(rng: &mut Rng) -> Self {
        match rng.below(10) {
            0 => Self::Everybody,
            1..=3 => Self::Department(rng.copied(&DEPARTMENTS)),
            4 => Self::NotDepartment(rng.copied(&DEPARTMENTS)),
            5..=6 => Self::City(rng.copied(&CITIES)),
            7 => Self::MemberOf(format!("sg{}", rng.below(3))),
            8 => Self::ManagedBy(format!("u{}", rng.below(8))),
            _ => Self::Started,
        }
    }
}

/// What conditions read of a user.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    pub department: Option<&'a str>,
    pub city: Option<&'a str>,
    pub manager: Option<&'a str>,
    pub starts_at: Option<&'a str>,
    pub member_of: Vec<String>,
}

impl<'a> Facts<'a> {
    /// The facts about a user of the directory.
    pub fn of(user: &'a User, member_of: Vec<String>) -> Self {
        Self {
            department: user.text("department"),
            city: user.text("city"),
            manager: user.manager(),
            starts_at: user.text("startsAt"),
            member_of,
        }
    }
}

/// What groups a rule makes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Makes {
    /// One.
    Group(String),
    /// One for each value of the profile's attribute of this name; the keys begin with the text.
    ByAttribute(String, &'static str),
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    pub id: String,
    pub makes: Makes,
    pub condition: Condition,
    /// What concerns the groups and not who is in them.
    pub name: String,
    pub parent: Option<String>,
    pub minimum: u32,
    pub keep_empty: bool,
    pub admins: Vec<String>,
}

impl Rule {
    fn draw(rng: &mut Rng, number: u32) -> Self {
        let key = format!("k{number}");
        let by_attribute = rng.percent(40);
        let makes = if by_attribute {
            Makes::ByAttribute(format!("{key}/"), rng.copied(&["city", "department", "manager_name"]))
        } else {
            Makes::Group(key)
        };
        let condition = if by_attribute && rng.percent(70) { Condition::Everybody } else { Condition::draw(rng) };
        let admins = if rng.percent(25) { vec![format!("u{}", rng.below(8))] } else { Vec::new() };
        let parent = rng.percent(25).then(|| "top".to_owned());
        let minimum = if rng.percent(30) { 2 } else { 1 };
        let keep_empty = rng.percent(50);
        Self {
            id: format!("r{number}"),
            makes,
            condition,
            name: format!("Group {number}"),
            parent,
            minimum,
            keep_empty,
            admins,
        }
    }

    /// Whether this rule makes the group.
    pub fn makes_group(&self, key: &str) -> bool {
        match &self.makes {
            Makes::Group(own) => own == key,
            Makes::ByAttribute(prefix, _) => key.strip_prefix(prefix.as_str()).is_some_and(|value| !value.is_empty()),
        }
    }

    /// The name of one of its groups.
    pub fn name_of(&self, key: &str) -> String {
        match &self.makes {
            Makes::Group(_) => self.name.clone(),
            Makes::ByAttribute(prefix, _) => {
                format!("{}: {}", self.name, key.strip_prefix(prefix.as_str()).unwrap_or(key))
            }
        }
    }
}

/// Everything that is configured.
#[derive(Debug, Clone)]
pub struct Configuration {
    pub attributes: Vec<MappedAttribute>,
    pub rules: Vec<Rule>,
    /// The grouping names its rules, so that one can be asked alone.
    pub names_rules: bool,
    pub scope: Option<Condition>,
    pub policy: Policy,
    pub workers: usize,
    /// People in a batch.
    pub batch: u32,
    rules_made: u32,
}

impl Configuration {
    /// A first configuration.
    pub fn draw(rng: &mut Rng) -> Self {
        let mut configuration = Self {
            attributes: Vec::new(),
            rules: Vec::new(),
            names_rules: rng.percent(75),
            scope: None,
            policy: policy(rng),
            workers: rng.between(1, 2),
            batch: rng.copied(&[1, 3, 500]),
            rules_made: 0,
        };
        configuration.draw_attributes(rng);
        for _ in 0..rng.between(1, 4) {
            configuration.add_rule(rng);
        }
        if rng.percent(20) {
            configuration.scope = Some(Condition::draw(rng));
        }
        configuration
    }

    fn add_rule(&mut self, rng: &mut Rng) {
        self.rules_made += 1;
        self.rules.push(Rule::draw(rng, self.rules_made));
    }

    fn draw_attributes(&mut self, rng: &mut Rng) {
        let attribute = |name, origin| MappedAttribute { name, origin, creation_only: false, keeps: false };
        self.attributes = vec![
            attribute("name", Origin::Property("displayName")),
            attribute("phone", Origin::Property("mobilePhone")),
        ];
        let others = [
            attribute("city", Origin::Property("city")),
            attribute("department", Origin::Property("department")),
            attribute("title", Origin::Property("jobTitle")),
            attribute("manager_name", Origin::ManagerName),
        ];
        for mut other in others {
            if rng.percent(75) {
                other.creation_only = rng.percent(10);
                other.keeps = rng.percent(10);
                self.attributes.push(other);
            }
        }
        rng.shuffle(&mut self.attributes);
    }

    /// The administrator changes something. Answers what, for who reads along.
    pub fn change(&mut self, rng: &mut Rng) -> &'static str {
        let at = rng.below(self.rules.len().max(1));
        match (rng.below(12), self.rules.get_mut(at)) {
            (0..=1, _) => {
                self.draw_attributes(rng);
                "other attributes"
            }
            (2, _) => {
                self.scope = rng.percent(60).then(|| Condition::draw(rng));
                "another scope"
            }
            (3, _) => {
                self.policy.deprovisioning.disabled_accounts = disabled_accounts(rng);
                "another policy for disabled accounts"
            }
            (4, _) => {
                self.policy.out_of_scope = out_of_scope(rng);
                "another policy for people out of scope"
            }
            (5, _) | (_, None) => {
                self.add_rule(rng);
                "a new rule"
            }
            (6..=7, Some(_)) => {
                self.rules.remove(at);
                "a rule less"
            }
            (8, Some(rule)) => {
                rule.name = format!("{} again", rule.name);
                "another name for a rule's groups"
            }
            (9, Some(rule)) => {
                rule.id = format!("{}x", rule.id);
                "another id for a rule whose groups stay"
            }
            (10, Some(rule)) => {
                rule.minimum = 3 - rule.minimum;
                rule.parent = if rule.parent.is_some() { None } else { Some("top".to_owned()) };
                rule.keep_empty = !rule.keep_empty;
                rule.admins = if rng.percent(50) { vec![format!("u{}", rng.below(8))] } else { Vec::new() };
                "other admins, parent and minimum for a rule's groups"
            }
            (_, Some(rule)) => {
                rule.condition = Condition::draw(rng);
                "another condition for a rule"
            }
        }
    }

    /// The attributes of the profile.
    pub fn profile(&self) -> Vec<Attribute> {
        let attribute = |attribute: &MappedAttribute| Attribute {
            name: attribute.name.to_owned(),
            kind: AttributeType::Text,
            sensitive: attribute.name == "phone",
            creation_only: attribute.creation_only,
            matching: (attribute.name == "phone").then_some(1),
        };
        self.attributes.iter().map(attribute).collect()
    }

    /// The rule that makes a group.
    pub fn rule_of(&self, key: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.makes_group(key))
    }
}

fn disabled_accounts(rng: &mut Rng) -> DisabledAccounts {
    rng.copied(&[DisabledAccounts::Keep, DisabledAccounts::Suspend, DisabledAccounts::Remove])
}

fn out_of_scope(rng: &mut Rng) -> OutOfScope {
    rng.copied(&[OutOfScope::Remove, OutOfScope::Remove, OutOfScope::Keep])
}

fn policy(rng: &mut Rng) -> Policy {
    let cautious = rng.percent(15);
    Policy {
        deprovisioning: Deprovisioning { disabled_accounts: disabled_accounts(rng) },
        out_of_scope: out_of_scope(rng),
        safety: Safety {
            max_deletions: if cautious { 1 } else { u32::MAX },
            max_deletion_share: Share::new(if cautious { 0.1 } else { 1.0 }).expect("a share"),
            large_group: if cautious { 2 } else { u32::MAX },
            max_group_loss_share: Share::new(if cautious { 0.4 } else { 1.0 }).expect("a share"),
            max_group_growth_share: Growth::new(if cautious { 0.5 } else { 1e6 }).expect("a growth"),
        },
        failure: FailurePolicy {
            attempts: NonZeroU32::new(if rng.percent(30) { 3 } else { 10 }).expect("not 0"),
            first_wait: Duration::from_secs(60),
            longest_wait: Duration::from_secs(86_400),
            longest_throttle_wait: Duration::from_secs(300),
            on_expired_cursor: if rng.percent(70) { OnExpiredCursor::Reset } else { OnExpiredCursor::Fail },
            when_busy: WhenBusy::Wait,
        },
    }
}
