//! A Rollcall source: the employees of a personnel system, a page at a time.

use rollcall_sdk::http::{Client, Request, encode_segment};
use rollcall_sdk::source::{Change, Next, Page, Source, UserPatch};
use rollcall_sdk::{Failure, Fault, Host, Problem};
use serde::Deserialize;
use serde_json::json;

/// What the tenant's file says under `settings`. A key that is not here is refused, so that a typo is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    base_url: String,
}

/// The source, configured.
pub struct Personnel {
    base_url: String,
}

/// A page as the personnel system sends it.
#[derive(Deserialize)]
struct Employees {
    employees: Vec<Employee>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Employee {
    number: String,
    name: String,
    unit: Option<String>,
}

impl Employee {
    /// The same in the names that mapping and rules know, which are those of Microsoft Graph. Null clears what was there.
    fn patch(&self) -> UserPatch {
        let properties = json!({ "displayName": self.name, "department": self.unit, "accountEnabled": true });
        UserPatch { id: self.number.clone(), properties: properties.to_string() }
    }
}

impl Source for Personnel {
    type Settings = Settings;

    fn configure(settings: Settings, _properties: &[String]) -> Result<Self, Problem> {
        if !settings.base_url.starts_with("http") {
            return Err(Problem::new("base_url", "this is no address").suggest("https://hr.example.org"));
        }
        Ok(Personnel { base_url: settings.base_url.trim_end_matches('/').to_owned() })
    }

    fn pull(&self, cursor: Option<&str>) -> Result<Page, Failure> {
        self.page(&Host, cursor)
    }

    fn fetch(&self, id: &str) -> Result<Option<UserPatch>, Failure> {
        self.one(&Host, id)
    }
}

impl Personnel {
    /// The network is a trait, so that a unit test can play the server.
    fn page(&self, http: &impl Client, cursor: Option<&str>) -> Result<Page, Failure> {
        let response = http.send(&Request::get(format!("{}/employees?after={}", self.base_url, cursor.unwrap_or("0"))))?;
        if !response.is_success() {
            return Err(response.failure("The personnel system did not answer."));
        }
        let page: Employees = response.json().map_err(|error| Failure::Failed(Fault::new(error.to_string())))?;
        let changes = page.employees.iter().map(|employee| Change::User(employee.patch())).collect();
        // No cursor at the end: every round lists everybody, and the host finds out who left.
        let next = page.next.map_or(Next::Complete(None), Next::More);
        Ok(Page { changes, next })
    }

    fn one(&self, http: &impl Client, id: &str) -> Result<Option<UserPatch>, Failure> {
        let response = http.send(&Request::get(format!("{}/employees/{}", self.base_url, encode_segment(id))))?;
        if response.status == 404 {
            return Ok(None);
        }
        if !response.is_success() {
            return Err(response.failure("The personnel system did not answer."));
        }
        let employee: Employee = response.json().map_err(|error| Failure::Failed(Fault::new(error.to_string())))?;
        Ok(Some(employee.patch()))
    }
}

rollcall_sdk::export_source!(Personnel);

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::{Method, Response};
    use rollcall_sdk::testing::ScriptedHttp;

    fn personnel() -> Personnel {
        rollcall_sdk::source::configure(r#"{"base_url": "https://hr.example"}"#, &[]).unwrap()
    }

    #[test]
    fn a_page_leads_to_the_next() {
        let page = r#"{"employees": [{"number": "17", "name": "Adele Vance"}], "next": "17"}"#;
        let url = "https://hr.example/employees?after=0";
        let http = ScriptedHttp::new().answer(Method::Get, url, Response::json_of(200, page));
        let page = personnel().page(&http, None).unwrap();
        assert_eq!((page.changes.len(), page.next), (1, Next::More("17".into())));
    }

    #[test]
    fn who_is_not_there_is_nobody() {
        let url = "https://hr.example/employees/1";
        let http = ScriptedHttp::new().answer(Method::Get, url, Response::json_of(404, "{}"));
        assert_eq!(personnel().one(&http, "1"), Ok(None));
    }
}
