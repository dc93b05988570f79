//! How services differ: what the standard lets them choose, and what they do in spite of it.

use serde::{Deserialize, Serialize};

/// What the service does and does not do. By default it does what RFC 7644 says, without what that leaves to choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quirks {
    /// Answers `ServiceProviderConfig`, `ResourceTypes` and `Schemas`. Default: true.
    pub discovery: bool,
    /// Takes PATCH. Default: true.
    pub patch: bool,
    /// Takes filters. Default: true.
    pub filter: bool,
    /// Takes filters with `or`. Default: true.
    pub or: bool,
    /// Takes filters over `externalId`. Default: true.
    pub key_filter: bool,
    /// Answers 404 where a filter finds nothing. Default: false.
    pub nothing_is_404: bool,
    /// Leaves the members out of groups in a list. Default: false.
    pub short_lists: bool,
    /// The most entries of a page. Default: 200.
    pub largest_page: usize,
    /// Operations of a bulk request; none where there is no `/Bulk`. Default: none.
    pub bulk: Option<u32>,
    /// The marks of changes are not repeated in the answer to a bulk request. Default: false.
    pub bulk_without_marks: bool,
    /// Gives versions, and refuses a change of another version than the one that is named. Default: false.
    pub versions: bool,
    /// Compares versions by the letter of HTTP (RFC 9110 section 13.1.1): those that it gives are weak, and no weak one is ever met.
    /// Default: false.
    pub strict_versions: bool,
    /// Answers PATCH and PUT with 204 and nothing. Default: false.
    pub silent: bool,
    /// Answers a creation with its address and nothing else. Default: false.
    pub only_location: bool,
    /// Answers without `schemas`. Default: false.
    pub no_schemas: bool,
    /// Tells truth as a text. Default: false.
    pub text_truth: bool,
    /// How names are written in answers. Default: as in the standard.
    pub names: Names,
    /// Ids with letters that have a meaning in addresses. Default: false.
    pub odd_ids: bool,
    /// Removes users; otherwise 405. Default: true.
    pub removes_users: bool,
    /// Removes groups; otherwise 501. Default: true.
    pub removes_groups: bool,
    /// Whoever is removed leaves all groups. Default: false, the standard does not ask for it.
    pub ends_memberships: bool,
    /// Keeps `externalId` with groups; otherwise it is passed over. Default: true.
    pub group_keys: bool,
    /// The most members in one request. Default: none.
    pub most_members: Option<usize>,
    /// Lets a member be removed who is not there; otherwise `noTarget`. Default: true.
    pub absent_removal: bool,
    /// Takes `members[value eq "..."]` to remove a member; otherwise members to be removed stand in the value. Default: true.
    pub chosen_removal: bool,
    /// Users have the enterprise extension, and more than a name, a title and what is needed. Default: true.
    pub wide_schema: bool,
    /// Users belong to groups of the service. Default: true.
    pub groups: bool,
}

/// How names are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Names {
    /// As in the standard.
    #[default]
    Standard,
    /// Everything in lower case.
    Lower,
    /// The first letter in upper case.
    Upper,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            discovery: true,
            patch: true,
            filter: true,
            or: true,
            key_filter: true,
            nothing_is_404: false,
            short_lists: false,
            largest_page: 200,
            bulk: None,
            bulk_without_marks: false,
            versions: false,
            strict_versions: false,
            silent: false,
            only_location: false,
            no_schemas: false,
            text_truth: false,
            names: Names::Standard,
            odd_ids: false,
            removes_users: true,
            removes_groups: true,
            ends_memberships: false,
            group_keys: true,
            most_members: None,
            absent_removal: true,
            chosen_removal: true,
            wide_schema: true,
            groups: true,
        }
    }
}

impl Quirks {
    /// Reads `name=value`, such as `patch=false`, over the usual ones.
    ///
    /// # Errors
    /// When there is no such quirk, or it has no such value.
    ///
    /// ```
    /// # use rollcall_emulator::scim::Quirks;
    /// let quirks = Quirks::parse(["patch=false", "bulk=10", "names=lower"]).unwrap();
    /// assert!(!quirks.patch && quirks.bulk == Some(10));
    /// assert!(Quirks::parse(["patches=false"]).unwrap_err().contains("unknown field `patches`"));
    /// ```
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut all = serde_json::Map::new();
        for text in texts {
            let (name, value) = text.split_once('=').unwrap_or((text, "true"));
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            all.insert(name.to_owned(), value);
        }
        serde_json::from_value(all.into()).map_err(|error| error.to_string())
    }
}
