//! Several requests in one (RFC 7644 section 3.7). References by `bulkId` are not resolved.

use serde_json::{Value, json};

use super::fault::Fault;
use super::path::field;
use super::{Reply, Scim, Wish};
use crate::reply::decode;

impl Scim {
    pub(super) fn bulk(&mut self, base: &str, wish: &Wish<'_>) -> Result<Reply, Fault> {
        let message = wish.body.as_ref().ok_or_else(|| Fault::syntax("There is no body."))?;
        let operations = field(message, "Operations").and_then(Value::as_array).cloned().unwrap_or_default();
        let most = self.quirks.bulk.unwrap_or(0) as usize;
        if operations.is_empty() || operations.len() > most {
            return Err(Fault::new(413, Some("tooMany"), &format!("From 1 to {most} operations.")));
        }
        let answers: Vec<Value> = operations.iter().map(|operation| self.part(base, operation)).collect();
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"];
        Ok(Reply::of(json!({"schemas": schemas, "Operations": answers})))
    }

    fn part(&mut self, base: &str, operation: &Value) -> Value {
        let text = |name: &str| field(operation, name).and_then(Value::as_str).unwrap_or_default();
        let (method, mark) = (text("method"), text("bulkId"));
        let path = decode(text("path"));
        let wish = Wish {
            method,
            path: &path,
            parameters: &[],
            body: field(operation, "data").cloned(),
            if_match: field(operation, "version").and_then(Value::as_str),
        };
        let mut answer = match self.grant(base, &wish) {
            Ok(reply) => {
                let location = reply.location.unwrap_or_else(|| format!("{base}{}", text("path")));
                let mut answer = json!({"method": method, "status": reply.status.to_string(), "location": location});
                if let (Some(version), Some(answer)) = (reply.version, answer.as_object_mut()) {
                    answer.insert("version".to_owned(), version.into());
                }
                answer
            }
            Err(fault) => {
                json!({"method": method, "status": fault.status.to_string(), "response": fault.body()})
            }
        };
        if let (true, Some(answer)) = (method == "POST" || !self.quirks.bulk_without_marks, answer.as_object_mut()) {
            answer.insert("bulkId".to_owned(), mark.into());
        }
        answer
    }
}
