//! The settings of the step.

use std::collections::BTreeMap;

use rollcall_sdk::Problem;
use rollcall_sdk::http::Url;
use serde::Deserialize;

/// The settings of the step. `base_url` must be written; all others have defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the service is: what stands before `/Users`.
    pub base_url: String,
    /// SCIM path = attribute of the profile, over the usual ones; an empty attribute for a path that is not to be set.
    /// Default: none.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The attribute of the profile that becomes `userName`. Default: `email`.
    #[serde(default = "user_name")]
    pub user_name: String,
    /// Entries of a page when the service is read. Default: 100.
    #[serde(default = "hundred")]
    pub page_size: u32,
    /// Members of one PATCH. Default: 100.
    #[serde(default = "hundred")]
    pub members_per_request: u32,
    /// Requests at the same time. Default: 8.
    #[serde(default = "concurrency")]
    pub concurrency: u32,
    /// The most requests a minute. Default: none; the service says when it is too much.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// Whether several operations go in one request where the service offers it. Default: `auto`.
    #[serde(default)]
    pub bulk: Bulk,
}

/// Whether to use the Bulk endpoint (RFC 7644 section 3.7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bulk {
    /// When the service offers it.
    #[default]
    Auto,
    /// Never: for a service that offers it and does it wrong.
    Never,
}

fn user_name() -> String {
    "email".to_owned()
}

fn hundred() -> u32 {
    100
}

fn concurrency() -> u32 {
    8
}

impl Settings {
    /// Checks what a type cannot say. Answers the base URL without a slash at its end.
    pub(crate) fn check(&self) -> Result<String, Problem> {
        let base = self.base_url.trim_end_matches('/');
        Url::parse(base).map_err(|error| Problem::new("base_url", error.to_string()))?;
        if base.contains(['?', '#']) {
            return Err(Problem::new("base_url", format!("`{base}` has a query or a fragment")));
        }
        let within = |setting: &str, value: u32, most: u32, usual: &str| {
            if (1..=most).contains(&value) {
                return Ok(());
            }
            Err(Problem::new(setting, format!("{value} is not from 1 to {most}")).suggest(usual))
        };
        within("page_size", self.page_size, 10_000, "100")?;
        within("members_per_request", self.members_per_request, 10_000, "100")?;
        within("concurrency", self.concurrency, 64, "8")?;
        if self.requests_per_minute == Some(0) {
            return Err(Problem::new("requests_per_minute", "0 requests a minute would send nothing"));
        }
        Ok(base.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::settings::parse;

    #[test]
    fn an_address_is_enough() {
        let settings: Settings = parse(r#"{"base_url": "https://a.example/scim/v2/"}"#).unwrap();
        assert_eq!(settings.check().as_deref(), Ok("https://a.example/scim/v2"));
        assert_eq!((settings.user_name.as_str(), settings.page_size, settings.concurrency), ("email", 100, 8));
    }

    #[test]
    fn wrong_settings_are_refused_by_name() {
        for (more, setting) in [
            (r#""base_url": "a.example""#, "base_url"),
            (r#""base_url": "https://a.example/?x=1""#, "base_url"),
            (r#""base_url": "https://a.example", "page_size": 0"#, "page_size"),
            (r#""base_url": "https://a.example", "members_per_request": 100000"#, "members_per_request"),
            (r#""base_url": "https://a.example", "concurrency": 0"#, "concurrency"),
            (r#""base_url": "https://a.example", "requests_per_minute": 0"#, "requests_per_minute"),
            (r#""base_url": "https://a.example", "bulk": "always""#, "bulk"),
            (r#""base_url": "https://a.example", "pagesize": 5"#, "pagesize"),
            (r#""page_size": 5"#, "base_url"),
        ] {
            let json = format!("{{{more}}}");
            let problem = parse::<Settings>(&json).and_then(|settings| settings.check()).unwrap_err();
            assert_eq!(problem.setting, setting, "{json}");
        }
    }
}
