//! What a rule can ask about.
//!
//! Rules use the names of the old Azure AD Graph; [`Property::path`] gives the name in Microsoft Graph v1.0 where the value is
//! found (Microsoft: "Property differences between Azure AD Graph and Microsoft Graph"). Graph's own names are accepted too,
//! and names in any case: the documentation calls them case sensitive and writes `user.employeehiredate` and
//! `user.memberof` itself.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The type of a property's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// A number; only profile attributes have it.
    Number,
    /// A date and time.
    Moment,
    /// Several texts: `proxyAddresses`, `otherMails`.
    Texts,
    /// `assignedPlans`.
    Plans,
    /// `memberOf`.
    Groups,
}

impl Kind {
    /// What a value of this type is called in a message.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Boolean => "true or false",
            Kind::Number => "a number",
            Kind::Moment => "a date and time",
            Kind::Texts => "a collection of texts",
            Kind::Plans => "a collection of plans",
            Kind::Groups => "a collection of groups",
        }
    }

    /// True for what `-any` and `-all` apply to.
    pub fn is_collection(self) -> bool {
        matches!(self, Kind::Texts | Kind::Plans | Kind::Groups)
    }
}

/// A property of `user` that every directory has. No two have the same name.
#[derive(Debug)]
pub struct Known {
    /// The name as a rule writes it, such as `mobile`.
    pub name: &'static str,
    /// Where Microsoft Graph has it, such as `mobilePhone`.
    pub path: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// True when Graph has several values and the rule's property is the first of them (`telephoneNumber`).
    pub first: bool,
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

const fn text(name: &'static str, path: &'static str) -> Known {
    Known { name, path, kind: Kind::Text, first: false }
}

const fn kind(name: &'static str, path: &'static str, kind: Kind) -> Known {
    Known { name, path, kind, first: false }
}

const fn first(name: &'static str, path: &'static str) -> Known {
    Known { name, path, kind: Kind::Text, first: true }
}

macro_rules! extension_attributes {
    ($($number:literal)*) => {
        [$(text(
            concat!("extensionAttribute", $number),
            concat!("onPremisesExtensionAttributes.extensionAttribute", $number),
        )),*]
    };
}

static EXTENSION_ATTRIBUTES: [Known; 15] = extension_attributes!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);

/// Sorted by the name in lower case.
static KNOWN: [Known; 44] = [
    kind("accountEnabled", "accountEnabled", Kind::Boolean),
    text("agentIdentityBlueprintId", "agentIdentityBlueprintId"),
    kind("assignedPlans", "assignedPlans", Kind::Plans),
    kind("businessPhones", "businessPhones", Kind::Texts),
    text("city", "city"),
    text("companyName", "companyName"),
    text("country", "country"),
    text("department", "department"),
    kind("dirSyncEnabled", "onPremisesSyncEnabled", Kind::Boolean),
    text("displayName", "displayName"),
    kind("employeeHireDate", "employeeHireDate", Kind::Moment),
    text("employeeId", "employeeId"),
    text("employeeType", "employeeType"),
    text("facsimileTelephoneNumber", "faxNumber"),
    text("faxNumber", "faxNumber"),
    text("givenName", "givenName"),
    text("id", "id"),
    text("identityParentId", "identityParentId"),
    kind("imAddresses", "imAddresses", Kind::Texts),
    text("jobTitle", "jobTitle"),
    text("mail", "mail"),
    text("mailNickname", "mailNickname"),
    kind("memberOf", "memberOf", Kind::Groups),
    text("mobile", "mobilePhone"),
    text("mobilePhone", "mobilePhone"),
    text("objectId", "id"),
    text("officeLocation", "officeLocation"),
    text("onPremisesDistinguishedName", "onPremisesDistinguishedName"),
    text("onPremisesSecurityIdentifier", "onPremisesSecurityIdentifier"),
    kind("onPremisesSyncEnabled", "onPremisesSyncEnabled", Kind::Boolean),
    kind("otherMails", "otherMails", Kind::Texts),
    text("passwordPolicies", "passwordPolicies"),
    text("physicalDeliveryOfficeName", "officeLocation"),
    text("postalCode", "postalCode"),
    text("preferredLanguage", "preferredLanguage"),
    kind("proxyAddresses", "proxyAddresses", Kind::Texts),
    first("sipProxyAddress", "imAddresses"),
    text("state", "state"),
    text("streetAddress", "streetAddress"),
    text("surname", "surname"),
    first("telephoneNumber", "businessPhones"),
    text("usageLocation", "usageLocation"),
    text("userPrincipalName", "userPrincipalName"),
    text("userType", "userType"),
];

/// No rule can name it: `Direct Reports for` asks it.
static MANAGER: Known = text("manager", "manager");
static OBJECT_ID: Known = text("objectId", "id");

/// The property of that name, in any case.
pub(crate) fn known(name: &str) -> Option<&'static Known> {
    // Few names have the length of another: passing over the others is faster than comparing letters by halves.
    KNOWN.iter().find(|known| known.name.len() == name.len() && known.name.eq_ignore_ascii_case(name))
}

/// The manager's id: what `Direct Reports for` compares.
pub(crate) fn manager() -> Property {
    Property::Known(&MANAGER)
}

/// The person's own id.
pub(crate) fn id() -> Property {
    Property::Known(&OBJECT_ID)
}

/// The names that can be suggested for a misspelt one.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().chain(&EXTENSION_ATTRIBUTES).map(|known| known.name)
}

/// `extensionAttribute1` to `15`, also as `onPremisesExtensionAttributes.extensionAttribute1`, as Graph writes it.
pub(crate) fn extension_attribute(name: &str) -> Option<&'static Known> {
    let number = strip_ignoring_case(name, "onPremisesExtensionAttributes.").unwrap_or(name);
    let number = strip_ignoring_case(number, "extensionAttribute")?;
    if number.starts_with('0') {
        return None;
    }
    EXTENSION_ATTRIBUTES.get(number.parse::<usize>().ok()?.checked_sub(1)?)
}

/// True for `extension_<application's id without hyphens>_<name>`.
pub(crate) fn is_directory_extension(name: &str) -> bool {
    let Some(rest) = strip_ignoring_case(name, "extension_") else { return false };
    let Some((application, name)) = rest.split_once('_') else { return false };
    application.len() == 32
        && application.bytes().all(|c| c.is_ascii_hexdigit())
        && !name.is_empty()
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

pub(crate) fn strip_ignoring_case<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let head = text.get(..start.len())?;
    if head.eq_ignore_ascii_case(start) { text.get(start.len()..) } else { None }
}

/// What a part of an item is called inside `-any` and `-all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// `_`: the item itself, a text.
    Whole,
    /// `assignedPlan.servicePlanId`.
    ServicePlanId,
    /// `assignedPlan.service`.
    Service,
    /// `assignedPlan.capabilityStatus`.
    CapabilityStatus,
    /// `group.objectId`.
    GroupId,
}

impl Item {
    /// The name as a rule writes it.
    pub fn name(self) -> &'static str {
        match self {
            Item::Whole => "_",
            Item::ServicePlanId => "assignedPlan.servicePlanId",
            Item::Service => "assignedPlan.service",
            Item::CapabilityStatus => "assignedPlan.capabilityStatus",
            Item::GroupId => "group.objectId",
        }
    }

    /// All that can be asked of an item of `assignedPlans`.
    pub const PLAN: [Item; 3] = [Item::ServicePlanId, Item::Service, Item::CapabilityStatus];
}

/// One attribute of the profile that a mapping makes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProfileAttribute {
    /// The name, such as `job_title`.
    pub name: String,
    /// The type of its values.
    pub kind: Kind,
    /// Its place in the profile.
    pub position: usize,
    /// True when its value must not be shown.
    pub sensitive: bool,
}

/// What one comparison asks about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Property {
    /// `user.department`: what every directory has.
    Known(&'static Known),
    /// `user.extension_..._name`: a directory extension, by its whole name.
    Extension(Arc<str>),
    /// `profile.city`: a mapped attribute.
    Profile(Arc<ProfileAttribute>),
    /// Inside `-any` and `-all`: the item or a part of it.
    Item(Item),
}

impl Property {
    /// The type of its values.
    pub fn kind(&self) -> Kind {
        match self {
            Property::Known(known) => known.kind,
            Property::Extension(_) | Property::Item(_) => Kind::Text,
            Property::Profile(attribute) => attribute.kind,
        }
    }

    /// The name without its object, in its listed spelling: `mobile`.
    pub fn name(&self) -> &str {
        match self {
            Property::Known(known) => known.name,
            Property::Extension(name) => name,
            Property::Profile(attribute) => &attribute.name,
            Property::Item(item) => item.name(),
        }
    }

    /// The name with its object: `user.mobile`.
    pub fn full_name(&self) -> Cow<'_, str> {
        match self {
            Property::Known(_) | Property::Extension(_) => Cow::Owned(format!("user.{}", self.name())),
            Property::Profile(attribute) => Cow::Owned(format!("profile.{}", attribute.name)),
            Property::Item(item) => Cow::Borrowed(item.name()),
        }
    }

    /// Writes [`full_name`](Self::full_name).
    pub(super) fn write_full_name(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Property::Known(_) | Property::Extension(_) => {
                out.write_str("user.")?;
                out.write_str(self.name())
            }
            Property::Profile(attribute) => {
                out.write_str("profile.")?;
                out.write_str(&attribute.name)
            }
            Property::Item(item) => out.write_str(item.name()),
        }
    }

    /// Where Microsoft Graph has the value; none for what is no property of the user.
    pub fn path(&self) -> Option<&str> {
        match self {
            Property::Known(known) => Some(known.path),
            Property::Extension(name) => Some(name),
            Property::Profile(_) | Property::Item(_) => None,
        }
    }

    /// True when only the first of several values counts.
    pub fn takes_first(&self) -> bool {
        matches!(self, Property::Known(Known { first: true, .. }))
    }

    /// True when its values must not appear in explanations.
    pub fn is_sensitive(&self) -> bool {
        matches!(self, Property::Profile(attribute) if attribute.sensitive)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_name_says_which_property_it_is() {
        let all = KNOWN.iter().chain(&EXTENSION_ATTRIBUTES).chain([&MANAGER, &OBJECT_ID]);
        let mut seen: HashMap<&str, &Known> = HashMap::new();
        for property in all {
            let same = seen.entry(property.name).or_insert(property);
            assert_eq!((same.path, same.kind, same.first), (property.path, property.kind, property.first));
        }
        assert_eq!(
            seen.len(),
            KNOWN.len() + EXTENSION_ATTRIBUTES.len() + 1,
            "but for the manager, who is asked about apart"
        );
    }

    #[test]
    fn every_known_property_is_found_in_any_case() {
        for property in &KNOWN {
            assert_eq!(known(property.name), Some(property));
            assert_eq!(known(&property.name.to_uppercase()), Some(property));
        }
        assert_eq!(known("departments"), None);
        assert_eq!(known("mailNickName").map(|known| known.path), Some("mailNickname"));
    }

    #[test]
    fn extension_attributes_are_numbered_from_1_to_15() {
        for number in 1..=15 {
            let found = extension_attribute(&format!("ExtensionAttribute{number}")).unwrap();
            assert_eq!(found.path, format!("onPremisesExtensionAttributes.extensionAttribute{number}"));
        }
        for wrong in [
            "extensionAttribute0",
            "extensionAttribute16",
            "extensionAttribute01",
            "extensionAttribute",
            "extensionAttribute1x",
        ] {
            assert_eq!(extension_attribute(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_directory_extension_carries_the_id_of_its_application() {
        assert!(is_directory_extension("extension_c272a57b722d4eb29bfe327874ae79cb_OfficeNumber"));
        for wrong in [
            "extension_OfficeNumber",
            "extension_c272a57b722d4eb29bfe327874ae79cb_",
            "extension_c272_x",
            "extension_c272a57b722d4eb29bfe327874ae79cg_x",
        ] {
            assert!(!is_directory_extension(wrong), "{wrong}");
        }
    }
}
