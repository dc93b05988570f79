//! Errors in SCIM's shape (RFC 7644 section 3.12).

use serde_json::{Value, json};

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) status: u16,
    kind: Option<&'static str>,
    detail: String,
}

impl Fault {
    pub(super) fn new(status: u16, kind: Option<&'static str>, detail: &str) -> Self {
        Self { status, kind, detail: detail.to_owned() }
    }

    pub(super) fn syntax(detail: &str) -> Self {
        Self::new(400, Some("invalidSyntax"), detail)
    }

    pub(super) fn value(detail: &str) -> Self {
        Self::new(400, Some("invalidValue"), detail)
    }

    pub(super) fn unknown(name: &str) -> Self {
        Self::new(400, Some("invalidPath"), &format!("There is no attribute {name}."))
    }

    pub(super) fn missing() -> Self {
        Self::new(404, None, "There is no such resource.")
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
        let mut body = json!({"schemas": schemas, "status": self.status.to_string(), "detail": self.detail});
        if let (Some(kind), Some(body)) = (self.kind, body.as_object_mut()) {
            body.insert("scimType".to_owned(), kind.into());
        }
        body
    }
}
