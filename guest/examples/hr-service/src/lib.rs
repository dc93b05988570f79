//! A Rollcall mapping: the cost center of each person, and the name that the person prefers, from the web service of an HR department.
//!
//! It stands behind another mapping, which made `name`. One request asks for many people at once. The service changes without telling
//! anybody, so everybody is asked for again after some hours: the host does that at the next run after the time that `wake_after` names.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use rollcall_sdk::http::{Client, Request, encode_segment};
use rollcall_sdk::mapping::{Mapping, Outcome, Person, Schema};
use rollcall_sdk::scheduling::Scheduling;
use rollcall_sdk::{Attribute, Failure, Fault, Host, Layout, Problem, Slot};
use serde::Deserialize;
use serde_json::Value;

/// How many people one request asks for: with numbers of usual length, the address stays below 2,000 characters.
const AT_ONCE: usize = 100;

/// What the tenant's file says under `settings`. A key that is not here is refused, so that a typo is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    base_url: String,
    /// Default: a day.
    #[serde(default = "a_day")]
    ask_again_hours: u64,
}

fn a_day() -> u64 {
    24
}

/// What is read of a user: anything may stand there, and what is no text is no number.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    employee_id: Option<Value>,
}

/// The answer of the HR service.
#[derive(Deserialize)]
struct Employees {
    employees: Vec<Employee>,
}

#[derive(Clone, Deserialize)]
struct Employee {
    number: String,
    preferred_name: Option<String>,
    cost_center: Option<String>,
}

/// The mapping, configured.
pub struct HrService {
    base_url: String,
    ask_again: Duration,
    layout: Layout,
    name: Slot,
    cost_center: Slot,
}

impl Mapping for HrService {
    type Settings = Settings;

    fn configure(settings: Settings, inherited: &[Attribute]) -> Result<(Self, Schema), Problem> {
        if !settings.base_url.starts_with("http") {
            return Err(Problem::new("base_url", "this is no address").suggest("https://hr.example.org"));
        }
        let mut layout = Layout::of(inherited);
        let Some(name) = layout.slot("name") else {
            return Err(Problem::new("", "this mapping stands behind one that makes the attribute `name`"));
        };
        let cost_center = layout.add(Attribute::text("cost_center"));
        let schema = Schema {
            attributes: layout.attributes().to_vec(),
            properties: vec!["employeeId".into()],
            looked_up_properties: vec![],
        };
        let base_url = settings.base_url.trim_end_matches('/').to_owned();
        let ask_again = Duration::from_secs(settings.ask_again_hours.saturating_mul(3_600));
        Ok((HrService { base_url, ask_again, layout, name, cost_center }, schema))
    }

    fn map(&self, person: &Person) -> Outcome {
        self.map_people(std::slice::from_ref(person)).pop().unwrap_or_else(|| Outcome::Reject("no answer".into()))
    }

    fn map_people(&self, people: &[Person]) -> Vec<Outcome> {
        self.batch(&Host, &Host, people)
    }
}

impl HrService {
    /// Network and clock are traits, so that a unit test can play them.
    fn batch(&self, http: &impl Client, wakes: &impl Scheduling, people: &[Person]) -> Vec<Outcome> {
        let numbers: Vec<Option<String>> = people.iter().map(number).collect();
        let wanted: BTreeSet<&str> = numbers.iter().flatten().map(String::as_str).collect();
        let wanted: Vec<&str> = wanted.into_iter().collect();
        let mut known: HashMap<&str, Result<Option<Employee>, String>> = HashMap::new();
        for some in wanted.chunks(AT_ONCE) {
            match self.ask(http, some) {
                Ok(found) => known.extend(some.iter().map(|number| (*number, Ok(found.get(*number).cloned())))),
                // These people are held back, the others are mapped; the host comes back to them by itself.
                Err(failure) => {
                    let reason = failure.fault().sentence();
                    known.extend(some.iter().map(|number| (*number, Err(reason.clone()))));
                }
            }
        }
        if let Err(reason) = wakes.wake_after(self.ask_again, "") {
            rollcall_sdk::warn!("nobody will be asked for again: {reason}");
        }
        let outcome =
            |(person, number): (&Person, &Option<String>)| match number.as_deref().map(|number| known.get(number)) {
                Some(Some(Err(reason))) => Outcome::Reject(reason.clone()),
                Some(Some(Ok(found))) => self.profile(person, found.as_ref()),
                _ => self.profile(person, None),
            };
        people.iter().zip(&numbers).map(outcome).collect()
    }

    fn profile(&self, person: &Person, employee: Option<&Employee>) -> Outcome {
        let mut row = self.layout.row(&person.inherited);
        if let Some(name) = employee.and_then(|employee| employee.preferred_name.as_deref()) {
            row.set(self.name, name);
        }
        if let Some(cost_center) = employee.and_then(|employee| employee.cost_center.as_deref()) {
            row.set(self.cost_center, cost_center);
        }
        row.into()
    }

    /// Who the HR service knows of these, by number.
    fn ask(&self, http: &impl Client, numbers: &[&str]) -> Result<HashMap<String, Employee>, Failure> {
        let list: Vec<String> = numbers.iter().map(|number| encode_segment(number)).collect();
        let response = http.send(&Request::get(format!("{}/employees?numbers={}", self.base_url, list.join(","))))?;
        if !response.is_success() {
            return Err(response.failure("The HR service did not answer."));
        }
        let unreadable =
            |error| Failure::Failed(Fault::new(format!("The answer of the HR service cannot be read: {error}")));
        let answer: Employees = response.json().map_err(unreadable)?;
        Ok(answer.employees.into_iter().map(|employee| (employee.number.clone(), employee)).collect())
    }
}

fn number(person: &Person) -> Option<String> {
    let user: User = person.read().ok()?;
    user.employee_id?.as_str().map(str::trim).filter(|number| !number.is_empty()).map(str::to_owned)
}

rollcall_sdk::export_mapping!(HrService);

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::{Method, Response};
    use rollcall_sdk::testing::{RecordedWakes, ScriptedHttp};

    fn mapping() -> HrService {
        let settings = r#"{"base_url": "https://hr.example/"}"#;
        rollcall_sdk::mapping::configure(settings, &[Attribute::text("name")]).unwrap().0
    }

    fn people(numbers: impl Iterator<Item = u32>) -> Vec<Person> {
        let person = |number: u32| {
            let object = format!(r#"{{"employeeId": "{number}"}}"#);
            Person { id: number.to_string(), object, inherited: vec!["Somebody".into()], exists: false }
        };
        numbers.map(person).collect()
    }

    #[test]
    fn a_batch_is_one_request_and_everybody_is_asked_for_again() {
        let answer = r#"{"employees": [{"number": "2", "cost_center": "4711"}]}"#;
        let url = "https://hr.example/employees?numbers=1,2";
        let http = ScriptedHttp::new().answer(Method::Get, url, Response::json_of(200, answer));
        let wakes = RecordedWakes::new();
        let outcomes = mapping().batch(&http, &wakes, &people(1..3));
        let profile = |cost_center: rollcall_sdk::Value| Outcome::Profile(vec!["Somebody".into(), cost_center]);
        assert_eq!(outcomes, [profile(rollcall_sdk::Value::Null), profile("4711".into())]);
        assert!(wakes.asked().contains_key(""));
    }

    #[test]
    fn whom_the_service_does_not_answer_for_is_held_back_and_nobody_else() {
        let busy = Response::json_of(503, "{}");
        let well = Response::json_of(200, r#"{"employees": []}"#);
        let mut numbers: Vec<String> = (1_001..1_102).map(|number| number.to_string()).collect();
        let last = numbers.pop().unwrap();
        let first = format!("https://hr.example/employees?numbers={}", numbers.join(","));
        let http = ScriptedHttp::new().answer(Method::Get, first, busy).answer(
            Method::Get,
            format!("https://hr.example/employees?numbers={last}"),
            well,
        );
        let outcomes = mapping().batch(&http, &RecordedWakes::new(), &people(1_001..1_102));
        http.assert_finished();
        let held = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Reject(_))).count();
        assert_eq!((held, matches!(outcomes.last(), Some(Outcome::Profile(_)))), (100, true));
    }
}
