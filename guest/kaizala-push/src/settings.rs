//! The settings of the step.

use rollcall_sdk::Problem;
use rollcall_sdk::http::Url;
use serde::Deserialize;

/// The settings of the step. All have defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where Kaizala is. The host logs in there and follows its move to another endpoint. Default: `https://api.kaiza.la`.
    pub base_url: String,
    /// How people get into the directory. Default: `csv`.
    pub directory: Directory,
    /// The name of the import file in the outbox. Default: `kaizala-import.csv`.
    pub import_file: String,
    /// What kind of groups are created. Default: `group`.
    pub group_type: GroupType,
    /// The form of the request that creates a subgroup: the documentation and the published definition disagree.
    /// Default: `documented`.
    pub subgroup_form: SubgroupForm,
    /// What the members of a new group are greeted with when the group has no greeting of its own. Kaizala demands one.
    /// Default: `Welcome`.
    pub welcome_message: String,
    /// Whether a group that is to be created is taken over where the organization has one of exactly this name. Its other members stay.
    /// Default: true.
    pub adopt_groups: bool,
    /// The phone number of the user whose login it is. Kaizala makes that user an administrator of every group that it creates; with
    /// the number set, nobody is told about that member, and it is never removed. Default: none.
    pub own_number: Option<String>,
    /// The most requests a minute. A connector is allowed 100, and all that use it share them: the smallest
    /// number that is in use holds for all. Default: 98.
    pub requests_per_minute: u32,
    /// A batch that has sent this many requests begins nothing new, and the host hands out the rest again: the host limits the
    /// requests and the time of a call. Default: 100, about the allowance of a minute.
    pub batch_requests: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            base_url: "https://api.kaiza.la".to_owned(),
            directory: Directory::Csv,
            import_file: "kaizala-import.csv".to_owned(),
            group_type: GroupType::Group,
            subgroup_form: SubgroupForm::Documented,
            welcome_message: "Welcome".to_owned(),
            adopt_groups: true,
            own_number: None,
            requests_per_minute: 98,
            batch_requests: 100,
        }
    }
}

/// How people get into the directory. Kaizala documents no call for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Directory {
    /// A file is written for the portal's *Import Users*, and an administrator uploads it.
    Csv,
    /// By calls of our own invention, for a gateway that offers them.
    Endpoint,
    /// Not at all: only groups are kept in step. Who joins an organization group is in the directory anyway.
    None,
}

/// What kind of groups are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupType {
    /// An ordinary group (`Group`).
    Group,
    /// A managed public group (`ConnectGroup`): administrators are its members, everybody else subscribes.
    Public,
}

/// The form of the request that creates a subgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubgroupForm {
    /// As on the documentation's page "Subgroups": `groupName`, `groupImageUrl`, `addUserToGroup`.
    Documented,
    /// As in the published definition: the same as for a group.
    Swagger,
}

impl Settings {
    /// Checks what a type cannot say. Answers the base URL without a slash at its end: Kaizala itself writes it with and without.
    pub(crate) fn check(&self) -> Result<String, Problem> {
        let base = self.base_url.trim_end_matches('/');
        Url::parse(base).map_err(|error| Problem::new("base_url", error.to_string()))?;
        if base.contains(['?', '#']) {
            return Err(Problem::new("base_url", format!("`{base}` has a query or a fragment")));
        }
        if self.welcome_message.trim().is_empty() {
            return Err(
                Problem::new("welcome_message", "Kaizala creates no group without a greeting").suggest("Welcome")
            );
        }
        let is_number =
            |number: &String| number.starts_with('+') && number.bytes().skip(1).all(|byte| byte.is_ascii_digit());
        if let Some(number) = self.own_number.as_ref().filter(|number| number.len() < 4 || !is_number(number)) {
            let message = format!("`{number}` is no phone number with a `+`, the country code and digits");
            return Err(Problem::new("own_number", message).suggest("+14255550100"));
        }
        if self.requests_per_minute == 0 {
            return Err(Problem::new("requests_per_minute", "0 requests a minute would send nothing").suggest("98"));
        }
        if self.batch_requests == 0 {
            return Err(Problem::new("batch_requests", "a batch of 0 requests would do nothing").suggest("100"));
        }
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if self.import_file.is_empty() || self.import_file.starts_with('.') || !plain(&self.import_file) {
            let message = format!("`{}` is no plain file name of letters, digits, `.`, `-` and `_`", self.import_file);
            return Err(Problem::new("import_file", message).suggest("kaizala-import.csv"));
        }
        Ok(base.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::settings::parse;

    #[test]
    fn the_defaults_are_right() {
        let settings: Settings = parse("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.check().as_deref(), Ok("https://api.kaiza.la"));
    }

    #[test]
    fn wrong_settings_are_refused_by_name() {
        for (json, setting) in [
            (r#"{"base_url": "kaiza.la"}"#, "base_url"),
            (r#"{"welcome_message": " "}"#, "welcome_message"),
            (r#"{"requests_per_minute": 0}"#, "requests_per_minute"),
            (r#"{"batch_requests": 0}"#, "batch_requests"),
            (r#"{"own_number": "9800000001"}"#, "own_number"),
            (r#"{"own_number": "+91 98"}"#, "own_number"),
            (r#"{"import_file": "../x"}"#, "import_file"),
            (r#"{"import_file": ".x"}"#, "import_file"),
            (r#"{"directory": "cvs"}"#, "directory"),
            (r#"{"group_typ": "group"}"#, "group_typ"),
        ] {
            let problem = parse::<Settings>(json).and_then(|settings| settings.check()).unwrap_err();
            assert_eq!(problem.setting, setting, "{json}");
        }
    }
}
