//! The settings of the component, as the tenant's file has them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The attributes of the profile. Default: [the usual ones](crate::usual).
    #[serde(default)]
    pub attribute: Vec<AttributeSetting>,
    /// Tables for `Lookup`, by name. Default: none.
    #[serde(default)]
    pub table: BTreeMap<String, BTreeMap<String, String>>,
    /// The country of phone numbers without a country code, for people of whom no country is known: a code or an English
    /// name. Default: none, such numbers are not usable.
    pub default_region: Option<String>,
    /// What `DefaultDomain()` gives. Default: none.
    pub default_domain: Option<String>,
    /// What becomes of a person whose only phone numbers are invalid, where a number is required. Default: "skip".
    #[serde(default)]
    pub on_invalid_phone: OnInvalidPhone,
    /// Whose names the attributes in expressions are. Default: "graph".
    #[serde(default)]
    pub source_attributes: SourceAttributes,
}

/// One attribute of the profile.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeSetting {
    /// Its name: lower-case letters, digits and `_`.
    pub name: String,
    /// The expression that makes its value: a function, an `[attribute]` or a `"text"`.
    pub expression: Option<String>,
    /// A fixed value, in place of an expression.
    pub constant: Option<Constant>,
    /// The value when the expression gives null. Default: none.
    pub default: Option<Constant>,
    /// When the value is given to the target. Default: "always".
    #[serde(default)]
    pub when: When,
    /// Whether a person without a value is left out, as `on_missing` says. Default: false.
    #[serde(default)]
    pub required: bool,
    /// What becomes of a person without a required value. Default: "hold-back".
    #[serde(default)]
    pub on_missing: OnMissing,
    /// Whether the value is kept out of logs, history and explanations. Default: false, but true when the expression redacts.
    #[serde(default)]
    pub sensitive: bool,
    /// The type of its values. Default: "text".
    #[serde(default, rename = "type")]
    pub kind: Type,
    /// Set when entries that are already in the target are found by this attribute; the lowest number first. Default: none.
    pub matching: Option<u32>,
}

/// A fixed value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Constant {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
}

/// When a value is given to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// When the person is created there, and whenever the value changes.
    #[default]
    Always,
    /// When the person is created there, and never again.
    Creation,
}

/// What becomes of a person without a required value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnMissing {
    /// What the target holds stays as it is, and the person is shown as held back.
    #[default]
    HoldBack,
    /// The user is no person for the target (a meeting room, say).
    Skip,
}

/// What becomes of a person whose phone numbers are all invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnInvalidPhone {
    /// The person is skipped with the reason.
    #[default]
    Skip,
    /// The person goes on without a number.
    Omit,
    /// The person is held back with the reason.
    HoldBack,
}

/// Whose names the attributes in expressions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceAttributes {
    /// Those of Microsoft Graph's user: others are refused.
    #[default]
    Graph,
    /// Those of another source: all are taken as they are.
    Any,
}

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// Text.
    #[default]
    Text,
    /// A number with a fraction.
    Number,
    /// A whole number.
    WholeNumber,
    /// Yes or no.
    YesNo,
    /// A date and time.
    DateTime,
    /// Several texts.
    List,
}
