//! What Microsoft Graph knows of a user, and what its delta query tells.

use rollcall_sdk::graph::{OUTSIDE, RELATIONSHIPS, TRACKED};
use rollcall_sdk::settings::nearest;

use crate::attributes::{Path, graph_path};

/// Why an attribute cannot be read from Graph, and what may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotInGraph {
    /// Why.
    pub reason: String,
    /// What may be meant.
    pub suggestion: Option<String>,
}

/// Checks that Graph can track an attribute.
pub fn check(path: &Path) -> Result<(), NotInGraph> {
    let root = path.root();
    let refuse = |reason: String, suggestion: Option<&str>| {
        Err(NotInGraph { reason, suggestion: suggestion.map(|name| format!("[{name}]")) })
    };
    if root == "manager" {
        return match path.segments.as_slice() {
            [_] => Ok(()),
            [_, field, ..] if field == "manager" => {
                refuse("the manager's own manager cannot be followed; name a field of the manager".into(), None)
            }
            [_, field, ..] => check(&Path::new(field)),
            [] => Ok(()),
        };
    }
    if OUTSIDE.contains(&root) {
        let reason = format!(
            "Microsoft Graph cannot track `{root}`: it is kept outside of the directory, and a delta query that asks for it \
             is refused (501 NotImplemented)"
        );
        return refuse(reason, None);
    }
    // The groups of a user come from a delta query of groups.
    if RELATIONSHIPS.contains(&root) && root != "memberOf" {
        let reason = format!(
            "Microsoft Graph's delta query does not follow `{root}`; of a user's relationships it follows `manager`"
        );
        return refuse(reason, None);
    }
    // Directory extensions (extension_<app>_<name>) and schema extensions (ext<id>_<name>, contoso_<name>) are the tenant's.
    if TRACKED.contains(&root) || root == "memberOf" || root.contains('_') || graph_path(&path.text).is_some() {
        return Ok(());
    }
    let reason = format!("Microsoft Graph's user has no property `{root}`");
    refuse(reason, nearest(root, TRACKED.iter().copied().chain(["manager"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_that_delta_cannot_track_is_refused_with_the_reason() {
        for (path, part) in [
            ("skills", "501"),
            ("mySite", "501"),
            ("manager.aboutMe", "501"),
            ("directReports", "does not follow"),
            ("manager.manager.displayName", "manager's own manager"),
            ("departmnet", "has no property"),
        ] {
            let refused = check(&Path::new(path)).unwrap_err();
            assert!(refused.reason.contains(part), "{path}: {}", refused.reason);
        }
        assert_eq!(check(&Path::new("departmnet")).unwrap_err().suggestion.as_deref(), Some("[department]"));
    }

    #[test]
    fn extensions_and_the_names_of_entra_are_known() {
        for path in [
            "extension_53c9e2c0aa_costCenter",
            "ext7abc_profile.level",
            "onPremisesExtensionAttributes.extensionAttribute3",
            "extensionAttribute3",
            "objectId",
            "employeeOrgData.division",
            "manager",
            "manager.displayName",
        ] {
            assert_eq!(check(&Path::new(path)), Ok(()), "{path}");
        }
    }
}
