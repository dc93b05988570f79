//! `[[group]]` and `[[group_by]]`, as the tenant's file has them.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The settings of the component.
///
/// ```
/// let settings: group_rules::groups::Settings = serde_json::from_str(r#"{
///     "group": [{"name": "Sales", "rule": "user.department -eq \"Sales\"", "admins": ["adelev@contoso.com"]}],
///     "group_by": [{"attributes": ["department", "city"], "name": "{department} in {city}", "minimum_members": 3}]
/// }"#)?;
/// assert_eq!(settings.group_by[0].attributes, ["department", "city"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Groups with a rule each.
    pub group: Vec<GroupSettings>,
    /// Groups for each value of an attribute, or for each combination of values of several.
    pub group_by: Vec<GroupBySettings>,
}

/// One group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    /// What the group is known by, whatever its name becomes. Default: made of the name.
    pub key: Option<String>,
    /// The name that people see.
    pub name: String,
    /// Who belongs to it. Default: nobody but those included.
    pub rule: Option<String>,
    /// The key or name of the group that this one is a part of.
    pub parent: Option<String>,
    /// What a new member is greeted with.
    pub welcome_message: Option<String>,
    /// Who administers the group: ids, mail addresses or phone numbers of people.
    #[serde(default)]
    pub admins: Vec<String>,
    /// Members whatever the rule says: ids, mail addresses or phone numbers.
    #[serde(default)]
    pub include: Vec<String>,
    /// No members whatever the rule and `include` say.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// The group is made only once it has this many members. Default: 1.
    pub minimum_members: Option<u32>,
    /// What happens when the last member has left. Default: `keep`.
    #[serde(default)]
    pub when_empty: WhenEmpty,
}

/// One group for each value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupBySettings {
    /// What these groups are known by. Default: the names of the attributes, joined by `-`.
    pub key: Option<String>,
    /// The attributes: `department`, `user.department`, `profile.city`; one, or a list of up to four. Without an object, a
    /// property of the user comes before an attribute of the profile.
    #[serde(alias = "attribute", deserialize_with = "one_or_many")]
    pub attributes: Vec<String>,
    /// The names of the groups, such as `{department} in {city}`. Default: the values, joined by commas.
    pub name: Option<String>,
    /// Who is considered at all. Default: everybody.
    pub rule: Option<String>,
    /// The key or name of the `[[group]]` that these groups are parts of.
    pub parent: Option<String>,
    /// What a new member is greeted with; placeholders as in `name`.
    pub welcome_message: Option<String>,
    /// Who administers the groups: ids, mail addresses or phone numbers of people.
    #[serde(default)]
    pub admins: Vec<String>,
    /// No members of any of these groups: ids, mail addresses or phone numbers.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// A group is made only once it has this many members. Default: 1.
    pub minimum_members: Option<u32>,
    /// What happens to a group when its last member has left. Default: `keep`.
    #[serde(default)]
    pub when_empty: WhenEmpty,
    /// Whether values that differ in case only are the same. Default: `exact`, they are not.
    #[serde(default)]
    pub case: Case,
}

/// What happens to a group that has lost its last member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenEmpty {
    /// It stays.
    #[default]
    Keep,
    /// It is removed.
    Remove,
}

/// How values are written in keys and names. All but the first make one group of values that differ in case only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// As they are.
    #[default]
    Exact,
    /// `SALES`
    Upper,
    /// `sales`
    Lower,
    /// `Field Service`
    Title,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a name, or a list of names")
        }

        fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
            Ok(vec![name.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = list.next_element()? {
                names.push(name);
            }
            Ok(names)
        }
    }

    deserializer.deserialize_any(OneOrMany)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::settings::parse;

    #[test]
    fn one_attribute_needs_no_list() {
        let settings: Settings =
            parse(r#"{"group_by": [{"attribute": "department"}, {"attributes": ["a", "b"]}]}"#).unwrap();
        assert_eq!(settings.group_by[0].attributes, ["department"]);
        assert_eq!(settings.group_by[1].attributes, ["a", "b"]);
    }

    #[test]
    fn wrong_settings_are_named() {
        for (json, setting, message) in [
            (r#"{"groups": []}"#, "groups", "unknown field"),
            (r#"{"group": [{"name": "A", "rules": "x"}]}"#, "group[0].rules", "unknown field"),
            (r#"{"group": [{"rule": "x"}]}"#, "group[0].name", "missing field"),
            (r#"{"group_by": [{"attributes": 7}]}"#, "group_by[0].attributes", "a name, or a list of names"),
            (r#"{"group_by": [{"attributes": "a", "case": "camel"}]}"#, "group_by[0].case", "unknown variant"),
        ] {
            let problem = parse::<Settings>(json).unwrap_err();
            assert_eq!(problem.setting, setting);
            assert!(problem.message.contains(message), "{}", problem.message);
        }
    }
}
