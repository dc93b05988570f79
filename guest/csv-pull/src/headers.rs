//! The usual headers of properties.
//!
//! Headers are compared without regard to case, spaces, hyphens, underscores and dots: `E-mail`, `e_mail` and `EMail` are the
//! same. The names of the columns that `csv-push` writes with the usual attributes are among them.

/// Which kind of value a property has in Microsoft Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// `true`, `yes`, `1`, `active` and their opposites.
    Truth,
    /// Several texts in one field.
    List,
    /// The id of another person.
    Person,
}

/// Headers of a property besides its own name, in order of preference.
const USUAL: [(&str, &[&str]); 23] = [
    ("displayName", &["name", "full name", "employee name"]),
    ("givenName", &["first name", "forename"]),
    ("surname", &["last name", "family name"]),
    ("mail", &["email", "email address", "work email"]),
    ("userPrincipalName", &["upn", "user name", "login"]),
    ("mobilePhone", &["mobile", "mobile number", "phone number", "phone", "cell", "cell phone"]),
    ("businessPhones", &["business phone", "office phone", "work phone", "telephone", "telephone number"]),
    ("faxNumber", &["fax"]),
    ("jobTitle", &["title", "position", "designation"]),
    ("department", &["dept", "org unit", "organizational unit"]),
    ("companyName", &["company", "organization", "organisation"]),
    ("officeLocation", &["office", "location", "site"]),
    ("streetAddress", &["street", "address"]),
    ("postalCode", &["zip", "zip code", "postcode"]),
    ("city", &["town"]),
    ("state", &["province", "region", "state or province"]),
    ("country", &["country or region"]),
    ("employeeId", &["employee number", "personnel number", "staff id", "staff number"]),
    ("employeeHireDate", &["hire date", "start date"]),
    ("preferredLanguage", &["language"]),
    ("accountEnabled", &["active", "enabled"]),
    ("manager", &["manager id", "reports to", "supervisor id"]),
    ("otherMails", &["other emails", "alternate email"]),
];

/// Headers of the id, in order of preference.
pub(crate) const IDS: [&str; 9] = [
    "id",
    "object id",
    "user id",
    "external id",
    "person id",
    "employee id",
    "employee number",
    "personnel number",
    "staff id",
];

/// Properties that are lists of texts in Microsoft Graph.
const LISTS: [&str; 4] = ["businessPhones", "otherMails", "proxyAddresses", "imAddresses"];

/// Properties that are true or false in Microsoft Graph.
const TRUTHS: [&str; 4] = ["accountEnabled", "onPremisesSyncEnabled", "isResourceAccount", "showInAddressList"];

/// The usual headers of a property, its own name first.
pub(crate) fn usual(property: &str) -> impl Iterator<Item = &str> {
    let others = USUAL.iter().find(|(name, _)| *name == property).map_or(&[] as &[&str], |(_, headers)| headers);
    std::iter::once(property).chain(others.iter().copied())
}

/// Which kind of value a property has.
pub(crate) fn kind(property: &str) -> Kind {
    match property {
        "manager" => Kind::Person,
        _ if LISTS.contains(&property) => Kind::List,
        _ if TRUTHS.contains(&property) => Kind::Truth,
        _ => Kind::Text,
    }
}

/// A header as it is compared.
pub(crate) fn folded(header: &str) -> String {
    let kept = header.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_' | '.'));
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_compared_without_regard_to_case_and_spacing() {
        for (a, b) in [("E-mail", "email"), ("Job Title", "jobTitle"), ("EMPLOYEE_ID", "employeeId"), (" Zip ", "zip")]
        {
            assert_eq!(folded(a), folded(b));
        }
    }

    #[test]
    fn no_header_is_usual_for_two_properties() {
        let mut seen = std::collections::BTreeMap::new();
        for (property, _) in USUAL {
            for header in usual(property) {
                let before = seen.insert(folded(header), property);
                assert!(before.is_none(), "{header}: {before:?} and {property}");
            }
        }
    }
}
