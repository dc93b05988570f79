//! From a user of RFC 7643 to the properties that Microsoft Graph has, which mappings and rules know.

use rollcall_sdk::source::UserPatch;
use serde_json::{Map, Value, json};

/// The schema extension with what an organization knows of its people (RFC 7643 section 4.3).
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Where a property stands.
enum Place {
    /// A plain attribute of the user.
    Plain(&'static str),
    /// A part of another attribute, such as the given name of the name.
    Part(&'static str, &'static str),
    /// A plain attribute of the extension.
    Enterprise(&'static str),
    /// One of several values, by type.
    Typed(&'static str, &'static str, &'static str),
    /// Anything else.
    Made(fn(&Map<String, Value>) -> Value),
}

use Place::{Enterprise, Made, Part, Plain, Typed};

const PLACES: [(&str, Place); 22] = [
    ("accountEnabled", Made(|user| user.get("active").cloned().unwrap_or(true.into()))),
    ("businessPhones", Made(work_phones)),
    ("city", Typed("addresses", "work", "locality")),
    ("companyName", Enterprise("organization")),
    ("country", Typed("addresses", "work", "country")),
    ("department", Enterprise("department")),
    ("displayName", Made(name)),
    ("employeeId", Enterprise("employeeNumber")),
    ("employeeType", Plain("userType")),
    ("givenName", Part("name", "givenName")),
    ("jobTitle", Plain("title")),
    ("mail", Made(mail)),
    ("manager", Made(manager)),
    ("mobilePhone", Typed("phoneNumbers", "mobile", "value")),
    ("officeLocation", Typed("addresses", "work", "formatted")),
    ("postalCode", Typed("addresses", "work", "postalCode")),
    ("preferredLanguage", Plain("preferredLanguage")),
    ("state", Typed("addresses", "work", "region")),
    ("streetAddress", Typed("addresses", "work", "streetAddress")),
    ("surname", Part("name", "familyName")),
    ("usageLocation", Typed("addresses", "work", "country")),
    ("userPrincipalName", Plain("userName")),
];

/// Whether there is a place for a property.
pub fn has(property: &str) -> bool {
    PLACES.iter().any(|(name, _)| *name == property)
}

/// A user as a patch that says everything: what is not there is null, which clears what was there before. Nobody without an id.
pub fn patch(user: &Map<String, Value>) -> Option<UserPatch> {
    let id = user.get("id")?.as_str()?.to_owned();
    let properties: Map<String, Value> =
        PLACES.iter().map(|(name, place)| ((*name).to_owned(), at(user, place))).collect();
    Some(UserPatch { id, properties: Value::from(properties).to_string() })
}

fn at(user: &Map<String, Value>, place: &Place) -> Value {
    let found = match place {
        Plain(name) => user.get(*name),
        Part(whole, part) => user.get(*whole).and_then(|whole| whole.get(part)),
        Enterprise(name) => user.get(ENTERPRISE).and_then(|more| more.get(name)),
        Typed(list, kind, part) => of_type(user, list, kind).and_then(|value| value.get(part)),
        Made(make) => return make(user),
    };
    found.cloned().unwrap_or(Value::Null)
}

fn all<'a>(user: &'a Map<String, Value>, list: &str) -> impl Iterator<Item = &'a Value> {
    user.get(list).and_then(Value::as_array).into_iter().flatten()
}

fn of_type<'a>(user: &'a Map<String, Value>, list: &str, kind: &str) -> Option<&'a Value> {
    all(user, list).find(|value| value.get("type").and_then(Value::as_str) == Some(kind))
}

fn name(user: &Map<String, Value>) -> Value {
    let name = user.get("displayName").or_else(|| user.get("name").and_then(|name| name.get("formatted")));
    // Every user has this one (RFC 7643 section 4.1.1).
    name.or_else(|| user.get("userName")).cloned().unwrap_or(Value::Null)
}

fn mail(user: &Map<String, Value>) -> Value {
    let primary = all(user, "emails").find(|mail| mail.get("primary") == Some(&Value::Bool(true)));
    let mail = primary.or_else(|| all(user, "emails").next());
    mail.and_then(|mail| mail.get("value")).cloned().unwrap_or(Value::Null)
}

fn work_phones(user: &Map<String, Value>) -> Value {
    let work = all(user, "phoneNumbers").filter(|phone| phone.get("type").and_then(Value::as_str) == Some("work"));
    work.filter_map(|phone| phone.get("value")).cloned().collect()
}

fn manager(user: &Map<String, Value>) -> Value {
    let id = user.get(ENTERPRISE).and_then(|more| more.get("manager")?.get("value")?.as_str());
    id.map_or(Value::Null, |id| json!({ "id": id }))
}
