//! Trying one rule on one user, without a tenant: `rollcall rules try`.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::explanation::reasons;
use crate::language::moment::Ticks;
use crate::language::{Language, Rule, RuleError};
use crate::person::{GraphUser, Subject};
use crate::trace::{Node, trace};

/// A rule that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The rule as it was written.
    pub rule: String,
    /// Whether the user is a member.
    pub belongs: bool,
    /// The rule part by part.
    pub tree: Node,
}

/// Why a rule could not be tried.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TrialError {
    /// The rule is refused.
    Rule(RuleError),
    /// The user cannot be read. A sentence.
    User(String),
    /// The rule cannot be decided for this user. A sentence.
    Undecided(String),
}

/// Tries a rule on a user of Microsoft Graph, given as JSON.
///
/// ```
/// let trial = group_rules::trial::try_rule(
///     r#"user.department -eq "Sales""#,
///     r#"{"id": "5e3a", "department": "SALES"}"#,
///     0,
/// ).unwrap();
/// assert!(trial.belongs);
/// assert_eq!(trial.to_json()["membershipRuleEvaluationDetails"]["propertyToEvaluate"]["propertyValue"], "SALES");
/// ```
pub fn try_rule(rule: &str, user: &str, now: Ticks) -> Result<Trial, TrialError> {
    // The rule is refused whoever the user is.
    let parsed = Language::default().parse(rule).map_err(TrialError::Rule)?;
    let user = GraphUser::parse(user).map_err(TrialError::User)?;
    Trial::of(&parsed, &user, now)
}

impl Trial {
    /// Tries a rule that was read on somebody: with a tenant's [`Language`], also one over the profile.
    pub fn of(rule: &Rule, person: &dyn Subject, now: Ticks) -> Result<Self, TrialError> {
        let tree = trace(rule, person, now);
        match tree.outcome.clone() {
            Ok(belongs) => Ok(Trial { rule: rule.text.clone(), belongs, tree }),
            Err(reason) => Err(TrialError::Undecided(reason)),
        }
    }

    /// The answer for people: the verdict, what decided it, and the rule part by part.
    ///
    /// ```
    /// # let rule = r#"user.department -eq "Sales" -and -not (user.city -eq "Oslo")"#;
    /// let trial = group_rules::trial::try_rule(rule, r#"{"id": "5e3a", "department": "SALES"}"#, 0).unwrap();
    /// assert_eq!(trial.to_text(), "\
    /// The user belongs to the group.
    ///   `user.department -eq \"Sales\"` is true: user.department is \"SALES\".
    ///   `user.city -eq \"Oslo\"` is false: user.city has no value.
    ///
    /// true  -and
    /// true    user.department -eq \"Sales\"  (\"SALES\")
    /// true    -not
    /// false     user.city -eq \"Oslo\"  (null)
    /// ");
    /// ```
    pub fn to_text(&self) -> String {
        let verdict = if self.belongs { "belongs" } else { "does not belong" };
        let mut text = format!("The user {verdict} to the group.\n");
        for reason in reasons(&self.tree) {
            let _ = writeln!(text, "  {reason}");
        }
        text.push('\n');
        self.tree.write(0, &mut text);
        text
    }

    /// The answer in the shape of Graph's `evaluateDynamicMembership` (beta).
    pub fn to_json(&self) -> Json {
        json!({
            "membershipRule": self.rule,
            "membershipRuleEvaluationResult": self.belongs,
            "membershipRuleEvaluationDetails": self.tree.to_json(),
        })
    }
}

impl TrialError {
    /// `{"error": {"message", "position"}}`; the position is null when no place in the rule is at fault.
    pub fn to_json(&self) -> Json {
        let position = match self {
            TrialError::Rule(error) => Some(error.position),
            TrialError::User(_) | TrialError::Undecided(_) => None,
        };
        json!({"error": {"message": self.to_string(), "position": position}})
    }
}

impl std::fmt::Display for TrialError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TrialError::Rule(error) => error.fmt(f),
            TrialError::User(message) | TrialError::Undecided(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for TrialError {}

impl Node {
    fn write(&self, depth: usize, text: &mut String) {
        let outcome = match self.outcome {
            Ok(true) => "true",
            Ok(false) => "false",
            Err(_) => "?",
        };
        let _ = write!(text, "{outcome:<6}{:indent$}{}", "", self.expression, indent = depth * 2);
        match &self.read {
            None => text.push('\n'),
            Some(read) if read.sensitive => text.push_str("  (not shown)\n"),
            Some(read) if read.is_null => text.push_str("  (null)\n"),
            Some(read) => {
                let _ = writeln!(text, "  (\"{}\")", read.value);
            }
        }
        self.children.iter().for_each(|child| child.write(depth + 1, text));
    }

    /// The resource `expressionEvaluationDetails` of Graph (beta).
    pub fn to_json(&self) -> Json {
        let mut json = json!({"expressionResult": self.outcome.as_ref().ok(), "expression": self.expression});
        let Some(object) = json.as_object_mut() else { return json };
        if let Some(read) = &self.read {
            object.insert("propertyToEvaluate".into(), json!({"propertyName": read.name, "propertyValue": read.value}));
        }
        if !self.children.is_empty() {
            let children: Vec<Json> = self.children.iter().map(Node::to_json).collect();
            object.insert("expressionEvaluationDetails".into(), children.into());
        }
        json
    }
}
