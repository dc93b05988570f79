//! The names of assigned app roles.
//!
//! Entra's provisioning gives each assignment as an object with `id`, `value` and `displayName` ("Customize user provisioning
//! attribute-mappings", Provisioning a role to a SCIM app); the role's name is its value, else its display name. A list of
//! plain texts is taken as the names themselves.

use std::borrow::Cow;

use serde::Deserialize;

use super::Evaluation;
use crate::language::fault::Fault;
use crate::program::Node;
use crate::value::Value;

#[derive(Deserialize)]
#[serde(untagged)]
enum Assignment {
    Name(String),
    #[serde(rename_all = "camelCase")]
    Role {
        value: Option<String>,
        app_role_value: Option<String>,
        display_name: Option<String>,
        app_role_display_name: Option<String>,
        app_role_id: Option<String>,
    },
}

impl Assignment {
    fn name(self) -> Option<String> {
        match self {
            Self::Name(name) => Some(name),
            Self::Role { value, app_role_value, display_name, app_role_display_name, app_role_id } => {
                let names = [value, app_role_value, display_name, app_role_display_name, app_role_id];
                names.into_iter().flatten().find(|name| !name.is_empty())
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Assignments {
    Several(Vec<Assignment>),
    One(Assignment),
}

impl<'a> Evaluation<'a> {
    fn role_names(&self, node: &'a Node) -> Result<Vec<Cow<'a, str>>, Fault> {
        match self.given_value(node, 0)? {
            Value::Texts(texts) => Ok(texts.into_vec()),
            Value::Json(json) => {
                let fault = |_| Fault::at(self.span(node, 0), "these are no app role assignments");
                let assignments = match serde_json::from_str(&json).map_err(fault)? {
                    Assignments::Several(several) => several,
                    Assignments::One(one) => vec![one],
                };
                Ok(assignments.into_iter().filter_map(Assignment::name).map(Cow::Owned).collect())
            }
            other => Ok(self.text_from(other, self.span(node, 0))?.into_iter().collect()),
        }
    }

    pub(super) fn roles(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        Ok(Value::texts(self.role_names(node)?))
    }

    pub(super) fn role(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        Ok(self.role_names(node)?.into_iter().next().map_or(Value::Null, Value::Text))
    }
}
