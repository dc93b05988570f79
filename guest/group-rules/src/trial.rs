//! Trying one rule on one user, without a tenant: `rollcall rules try`.

use serde_json::{Value as Json, json};

use crate::language::moment::Ticks;
use crate::language::{Language, RuleError};
use crate::person::GraphUser;
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
    let tree = trace(&parsed, &user, now);
    match tree.outcome.clone() {
        Ok(belongs) => Ok(Trial { rule: parsed.text, belongs, tree }),
        Err(reason) => Err(TrialError::Undecided(reason)),
    }
}

impl Trial {
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
