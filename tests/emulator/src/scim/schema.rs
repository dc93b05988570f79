//! What users and groups have (RFC 7643 sections 4.1 to 4.3), as the service tells it and as it checks what it is sent.

use serde_json::{Map, Value, json};

use super::fault::Fault;

/// The schema of a user.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a group.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What an attribute holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// A text of which upper and lower case are two.
    Exact,
    Truth,
    /// Attributes of its own.
    Parts(&'static [Attribute]),
    /// Several with attributes of their own.
    Many(&'static [Attribute]),
}

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) read_only: bool,
}

const fn attribute(name: &'static str, kind: Kind) -> Attribute {
    Attribute { name, kind, read_only: false }
}

const fn text(name: &'static str) -> Attribute {
    attribute(name, Kind::Text)
}

const fn read_only(name: &'static str, kind: Kind) -> Attribute {
    Attribute { name, kind, read_only: true }
}

const VALUE: &[Attribute] = &[text("value"), text("display"), text("type"), attribute("primary", Kind::Truth)];

const ADDRESS: &[Attribute] = &[
    text("formatted"),
    text("streetAddress"),
    text("locality"),
    text("region"),
    text("postalCode"),
    text("country"),
    text("type"),
    attribute("primary", Kind::Truth),
];

const NAME: &[Attribute] = &[
    text("formatted"),
    text("familyName"),
    text("givenName"),
    text("middleName"),
    text("honorificPrefix"),
    text("honorificSuffix"),
];

/// Common to all resources: not in any schema, and known to all.
const KEY: Attribute = attribute("externalId", Kind::Exact);

const WIDE: &[Attribute] = &[
    text("userName"),
    attribute("name", Kind::Parts(NAME)),
    text("displayName"),
    text("nickName"),
    text("title"),
    text("userType"),
    text("preferredLanguage"),
    text("locale"),
    text("timezone"),
    attribute("active", Kind::Truth),
    attribute("emails", Kind::Many(VALUE)),
    attribute("phoneNumbers", Kind::Many(VALUE)),
    attribute("addresses", Kind::Many(ADDRESS)),
    attribute("roles", Kind::Many(VALUE)),
    read_only("groups", Kind::Many(VALUE)),
];

const NARROW: &[Attribute] = &[text("userName"), text("displayName"), text("title"), attribute("active", Kind::Truth)];

const MANAGER: &[Attribute] =
    &[attribute("value", Kind::Exact), attribute("$ref", Kind::Exact), read_only("displayName", Kind::Text)];

const EXTENSION: &[Attribute] = &[
    text("employeeNumber"),
    text("costCenter"),
    text("organization"),
    text("division"),
    text("department"),
    attribute("manager", Kind::Parts(MANAGER)),
];

const MEMBER: &[Attribute] =
    &[attribute("value", Kind::Exact), attribute("$ref", Kind::Exact), text("type"), text("display")];

const OF_GROUP: &[Attribute] = &[text("displayName"), attribute("members", Kind::Many(MEMBER))];

/// The attributes of a kind of resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schema {
    pub(super) urn: &'static str,
    attributes: &'static [Attribute],
    /// With the enterprise extension.
    pub(super) extended: bool,
}

impl Schema {
    pub(super) fn user(wide: bool) -> Self {
        Self { urn: USER, attributes: if wide { WIDE } else { NARROW }, extended: wide }
    }

    pub(super) fn group() -> Self {
        Self { urn: GROUP, attributes: OF_GROUP, extended: false }
    }

    /// The attribute of a name, in whatever case; of the extension if its URN is given.
    pub(super) fn find(&self, urn: Option<&str>, name: &str) -> Option<Attribute> {
        let list = match urn {
            None => self.attributes,
            Some(urn) if urn.eq_ignore_ascii_case(self.urn) => self.attributes,
            Some(urn) if self.extended && urn.eq_ignore_ascii_case(ENTERPRISE) => EXTENSION,
            Some(_) => return None,
        };
        if urn.is_none() && name.eq_ignore_ascii_case(KEY.name) {
            return Some(KEY);
        }
        part(list, name)
    }

    /// A resource as it was sent, checked, in the names of the standard, and without what nobody may write.
    pub(super) fn checked(&self, sent: &Value) -> Result<Map<String, Value>, Fault> {
        let sent = sent.as_object().ok_or_else(|| Fault::syntax("The body is no resource."))?;
        let named = sent.iter().find(|(name, _)| name.eq_ignore_ascii_case("schemas")).map(|(_, value)| value);
        if !named.and_then(Value::as_array).is_some_and(|urns| urns.iter().any(|urn| urn == self.urn)) {
            return Err(Fault::syntax("The resource does not name its schema."));
        }
        let mut resource = Map::new();
        for (name, value) in sent {
            if ["schemas", "id", "meta"].iter().any(|known| known.eq_ignore_ascii_case(name)) {
                continue;
            }
            if self.extended && name.eq_ignore_ascii_case(ENTERPRISE) {
                if let Some(extension) = parts(EXTENSION, value)? {
                    resource.insert(ENTERPRISE.to_owned(), extension);
                }
                continue;
            }
            let known = self.find(None, name).ok_or_else(|| Fault::unknown(name))?;
            if let (false, Some(value)) = (known.read_only, known.checked(value)?) {
                resource.insert(known.name.to_owned(), value);
            }
        }
        Ok(resource)
    }

    /// As `/Schemas` tells it.
    pub(super) fn told(&self) -> Vec<Value> {
        let one = |urn: &str, attributes: &[Attribute]| {
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": urn, "name": urn.rsplit(':').next(),
                "attributes": attributes.iter().map(Attribute::told).collect::<Vec<_>>()})
        };
        let mut told = vec![one(self.urn, self.attributes)];
        if self.extended {
            told.push(one(ENTERPRISE, EXTENSION));
        }
        told
    }
}

impl Attribute {
    /// A value, in the names of the standard; none for no value (section 2.5).
    pub(super) fn checked(&self, value: &Value) -> Result<Option<Value>, Fault> {
        if value.is_null() {
            return Ok(None);
        }
        let wrong = || Fault::value(&format!("{} cannot be {value}.", self.name));
        match (self.kind, value) {
            (Kind::Text | Kind::Exact, Value::String(_)) | (Kind::Truth, Value::Bool(_)) => Ok(Some(value.clone())),
            (Kind::Parts(list), Value::Object(_)) => parts(list, value),
            (Kind::Many(list), Value::Array(items)) => {
                let items = items.iter().map(|item| parts(list, item)).collect::<Result<Vec<_>, _>>()?;
                let items: Vec<Value> = items.into_iter().flatten().collect();
                Ok((!items.is_empty()).then(|| items.into()))
            }
            _ => Err(wrong()),
        }
    }

    /// An attribute of this one.
    pub(super) fn part(&self, name: &str) -> Option<Attribute> {
        match self.kind {
            Kind::Parts(list) | Kind::Many(list) => part(list, name),
            _ => None,
        }
    }

    /// Whether upper and lower case are two.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self.kind, Kind::Exact)
    }

    fn told(&self) -> Value {
        let (kind, parts): (&str, &[Attribute]) = match self.kind {
            Kind::Text | Kind::Exact => ("string", &[]),
            Kind::Truth => ("boolean", &[]),
            Kind::Parts(list) | Kind::Many(list) => ("complex", list),
        };
        let mut told = json!({"name": self.name, "type": kind, "multiValued": matches!(self.kind, Kind::Many(_)),
            "required": self.name == "userName", "caseExact": self.is_exact(),
            "mutability": if self.read_only { "readOnly" } else { "readWrite" }, "returned": "default", "uniqueness": "none"});
        if let (false, Some(told)) = (parts.is_empty(), told.as_object_mut()) {
            told.insert("subAttributes".to_owned(), parts.iter().map(Attribute::told).collect());
        }
        told
    }
}

fn part(list: &[Attribute], name: &str) -> Option<Attribute> {
    list.iter().find(|known| known.name.eq_ignore_ascii_case(name)).copied()
}

fn parts(list: &'static [Attribute], value: &Value) -> Result<Option<Value>, Fault> {
    let Value::Object(sent) = value else { return Err(Fault::value(&format!("{value} is no object."))) };
    let mut checked = Map::new();
    for (name, value) in sent {
        let known = part(list, name).ok_or_else(|| Fault::unknown(name))?;
        if let (false, Some(value)) = (known.read_only, known.checked(value)?) {
            checked.insert(known.name.to_owned(), value);
        }
    }
    Ok((!checked.is_empty()).then(|| checked.into()))
}
