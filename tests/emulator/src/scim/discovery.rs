//! What the service says that it can do (RFC 7644 section 4, RFC 7643 sections 5 to 7).

use serde_json::{Value, json};

use super::quirks::Quirks;
use super::schema::{ENTERPRISE, GROUP, Schema, USER};
use super::shown::{habits, list};

pub(super) fn config(quirks: &Quirks) -> Value {
    let supported = |supported: bool| json!({ "supported": supported });
    let most = quirks.bulk.unwrap_or(0);
    let config = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": supported(quirks.patch),
        "bulk": {"supported": quirks.bulk.is_some(), "maxOperations": most, "maxPayloadSize": if most > 0 { 1 << 20 } else { 0 }},
        "filter": {"supported": quirks.filter, "maxResults": quirks.largest_page},
        "changePassword": supported(false), "sort": supported(false), "etag": supported(quirks.versions),
        "authenticationSchemes": [{"type": "oauthbearertoken", "name": "Bearer", "description": "A token."}],
    });
    habits(quirks, config)
}

pub(super) fn kinds(quirks: &Quirks) -> Value {
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"];
    let extensions = if quirks.wide_schema { json!([{"schema": ENTERPRISE, "required": false}]) } else { json!([]) };
    let mut kinds =
        vec![json!({"schemas": schemas, "id": "User", "name": "User", "endpoint": "/Users", "schema": USER,
        "schemaExtensions": extensions})];
    if quirks.groups {
        kinds.push(json!({"schemas": schemas, "id": "Group", "name": "Group", "endpoint": "/Groups", "schema": GROUP}));
    }
    let kinds: Vec<Value> = kinds.into_iter().map(|kind| habits(quirks, kind)).collect();
    list(quirks, kinds.len(), 1, kinds)
}

pub(super) fn schemas(quirks: &Quirks) -> Value {
    let mut schemas = Schema::user(quirks.wide_schema).told();
    if quirks.groups {
        schemas.extend(Schema::group().told());
    }
    let schemas: Vec<Value> = schemas.into_iter().map(|schema| habits(quirks, schema)).collect();
    list(quirks, schemas.len(), 1, schemas)
}
