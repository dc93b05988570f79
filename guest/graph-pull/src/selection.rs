//! From the properties that the other steps read to `$select`.

use std::collections::BTreeSet;

use rollcall_sdk::Problem;
use rollcall_sdk::graph::{OUTSIDE, RELATIONSHIPS, TRACKED};
use rollcall_sdk::settings::nearest;

use crate::settings::{Groups, Settings};

/// What `*` leaves out: what needs a permission beyond `User.Read.All`, without which Graph refuses the whole query, and what is
/// about the account's sessions and password rather than the person.
const NOT_WITH_STAR: &[&str] = &[
    "authorizationInfo",
    "cloudRealtimeCommunicationInfo",
    "customSecurityAttributes",
    "deletedDateTime",
    "employeeLeaveDateTime",
    "infoCatalogs",
    "isManagementRestricted",
    "lastPasswordChangeDateTime",
    "passwordProfile",
    "refreshTokensValidFromDateTime",
    "signInSessionsValidFromDateTime",
];

/// What is asked of Graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Properties of users, `id` first, without `manager`.
    properties: Vec<String>,
    /// Whether managers are wanted.
    pub(crate) manager: bool,
    /// Whether memberships of groups are wanted.
    pub(crate) groups: bool,
}

impl Selection {
    /// What is to be asked so that the steps get these properties.
    pub(crate) fn of(properties: &[String], settings: &Settings) -> Result<Self, Problem> {
        let mut names = BTreeSet::new();
        let mut selection = Selection { properties: vec!["id".to_owned()], manager: false, groups: false };
        for path in properties {
            match path.split('.').next().unwrap_or(path) {
                "*" => {
                    names.extend(TRACKED.iter().filter(|name| !NOT_WITH_STAR.contains(name)).copied());
                    selection.manager = true;
                }
                "manager" => selection.manager = true,
                "memberOf" if settings.groups == Groups::Never => {
                    return Err(
                        Problem::new("", "The property `memberOf` is read, but `groups = \"never\"`.").suggest("auto")
                    );
                }
                "memberOf" => selection.groups = true,
                name => {
                    check(name, settings)?;
                    names.insert(name);
                }
            }
        }
        selection.properties.extend(names.into_iter().filter(|name| *name != "id").map(str::to_owned));
        Ok(selection)
    }

    /// The value of `$select` in a delta query, where `manager` is selected like a property.
    pub(crate) fn for_delta(&self) -> String {
        let manager = self.manager.then_some("manager");
        self.properties.iter().map(String::as_str).chain(manager).collect::<Vec<_>>().join(",")
    }

    /// The query of a request for one user, where `manager` is expanded.
    pub(crate) fn for_one(&self) -> String {
        let expand = if self.manager { "&$expand=manager($select=id)" } else { "" };
        format!("$select={}{expand}", self.properties.join(","))
    }
}

fn check(name: &str, settings: &Settings) -> Result<(), Problem> {
    if OUTSIDE.contains(&name) {
        let message = format!(
            "Microsoft Graph cannot track changes of the property `{name}`: it is kept outside the directory. No step can read it."
        );
        return Err(Problem::new("", message));
    }
    if RELATIONSHIPS.contains(&name) {
        let message = format!(
            "Microsoft Graph tells no changes of the relationship `{name}`. Of a user's relationships, `manager` and `memberOf` can \
             be read."
        );
        return Err(Problem::new("", message));
    }
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(Problem::new("", format!("`{name}` cannot be the name of a property of Microsoft Graph.")));
    }
    // Extensions (`extension_<application>_<name>`, `<prefix>_<name>`) have names that only the tenant knows.
    if name.contains('_') || TRACKED.contains(&name) || settings.extra_properties.iter().any(|extra| extra == name) {
        return Ok(());
    }
    match nearest(name, TRACKED.iter().chain(OUTSIDE).copied()) {
        Some(known) if known.len().abs_diff(name.len()) <= 2 => {
            let message = format!(
                "Microsoft Graph has no property `{name}` of users that this source knows of. If it has, list it in `extra_properties`."
            );
            Err(Problem::new("", message).suggest(known))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(properties: &[&str]) -> Result<Selection, Problem> {
        let properties: Vec<String> = properties.iter().map(|name| (*name).to_owned()).collect();
        Selection::of(&properties, &Settings::default())
    }

    #[test]
    fn properties_become_a_select_with_the_id_first_and_each_top_property_once() {
        for (properties, delta, one) in [
            (&[] as &[&str], "id", "$select=id"),
            (&["mail", "id", "department", "mail"], "id,department,mail", "$select=id,department,mail"),
            (
                &[
                    "onPremisesExtensionAttributes.extensionAttribute3",
                    "onPremisesExtensionAttributes.extensionAttribute9",
                ],
                "id,onPremisesExtensionAttributes",
                "$select=id,onPremisesExtensionAttributes",
            ),
            (&["manager.id", "mail"], "id,mail,manager", "$select=id,mail&$expand=manager($select=id)"),
            (&["extension_b2f1_shoeSize"], "id,extension_b2f1_shoeSize", "$select=id,extension_b2f1_shoeSize"),
            (&["somethingQuiteNew"], "id,somethingQuiteNew", "$select=id,somethingQuiteNew"),
        ] {
            let selection = selection(properties).unwrap();
            assert_eq!((selection.for_delta().as_str(), selection.for_one().as_str()), (delta, one));
            assert!(!selection.groups);
        }
    }

    #[test]
    fn the_order_in_which_steps_name_properties_changes_nothing() {
        assert_eq!(selection(&["mail", "city"]), selection(&["city", "mail"]));
    }

    #[test]
    fn member_of_asks_for_groups() {
        assert!(selection(&["memberOf"]).unwrap().groups);
        let never = Settings { groups: Groups::Never, ..Settings::default() };
        assert!(Selection::of(&["memberOf".to_owned()], &never).is_err());
    }

    #[test]
    fn a_star_asks_for_everything_that_can_be_tracked() {
        let all = selection(&["*"]).unwrap().for_delta();
        assert!(all.contains(",jobTitle,") && all.ends_with(",manager"));
        assert!(!all.contains("employeeLeaveDateTime") && !all.contains("passwordProfile"));
    }

    #[test]
    fn what_graph_cannot_deliver_is_refused_by_name() {
        for (name, in_message, suggestion) in [
            ("skills", "`skills`", None),
            ("aboutMe", "`aboutMe`", None),
            ("directReports", "`directReports`", None),
            ("departmnet", "`departmnet`", Some("department")),
            ("jobtitle", "`jobtitle`", Some("jobTitle")),
            ("mail&$filter", "`mail&$filter`", None),
            ("", "``", None),
        ] {
            let problem = selection(&[name]).unwrap_err();
            assert_eq!((problem.setting.as_str(), problem.suggestion.as_deref()), ("", suggestion), "{name}");
            assert!(problem.message.contains(in_message), "{}", problem.message);
        }
    }

    #[test]
    fn a_name_that_looks_misspelt_is_taken_when_it_is_listed_as_extra() {
        let settings = Settings { extra_properties: vec!["employeeKind".to_owned()], ..Settings::default() };
        assert!(Selection::of(&["employeeKind".to_owned()], &settings).is_ok());
    }
}
