//! The settings of the step.

use rollcall_sdk::Problem;
use rollcall_sdk::http::Url;
use serde::Deserialize;

/// The settings of the step. All have defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where Graph is. National clouds and gateways have their own. Default: `https://graph.microsoft.com`.
    pub base_url: String,
    /// Whether group memberships are pulled too. Default: `auto`.
    pub groups: Groups,
    /// Whether Graph is asked to send only what changed (`Prefer: return=minimal`) rather than all selected properties of a
    /// changed user. Default: true.
    pub prefer_minimal: bool,
    /// Names of properties that Graph knows and this component does not, when one is taken for a misspelling. Default: none.
    pub extra_properties: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            base_url: "https://graph.microsoft.com".to_owned(),
            groups: Groups::Auto,
            prefer_minimal: true,
            extra_properties: Vec::new(),
        }
    }
}

/// Whether group memberships are pulled too. They need the permission `GroupMember.Read.All`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Groups {
    /// When a step reads `memberOf`.
    Auto,
    /// Never: a step that reads `memberOf` is a problem.
    Never,
}

impl Settings {
    /// The base URL without a slash at its end, and its parts.
    pub(crate) fn base(&self) -> Result<(String, Url), Problem> {
        let base = self.base_url.trim_end_matches('/');
        let url = Url::parse(base).map_err(|error| Problem::new("base_url", error.to_string()))?;
        if base.contains(['?', '#']) {
            return Err(Problem::new("base_url", format!("`{base}` has a query or a fragment")));
        }
        Ok((base.to_owned(), url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_settings_mean_the_global_cloud() {
        let settings: Settings = rollcall_sdk::settings::parse("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.base().unwrap().0, "https://graph.microsoft.com");
    }

    #[test]
    fn wrong_settings_are_refused_by_name() {
        for (json, setting, suggestion) in [
            (r#"{"base_ulr": "x"}"#, "base_ulr", Some("base_url")),
            (r#"{"groups": "atuo"}"#, "groups", Some("auto")),
            (r#"{"prefer_minimal": "yes"}"#, "prefer_minimal", None),
        ] {
            let problem = rollcall_sdk::settings::parse::<Settings>(json).unwrap_err();
            assert_eq!((problem.setting.as_str(), problem.suggestion.as_deref()), (setting, suggestion), "{json}");
        }
    }

    #[test]
    fn a_base_url_must_be_a_url_without_a_query() {
        for base_url in ["graph.microsoft.com", "https://", "https://a.example/?x=1"] {
            let settings = Settings { base_url: base_url.to_owned(), ..Settings::default() };
            assert_eq!(settings.base().unwrap_err().setting, "base_url", "{base_url}");
        }
    }
}
