//! From what is there and what is wanted to the operations of a PATCH (RFC 7644 section 3.5.2).
//!
//! A value of a multi-valued attribute that is not there yet is added whole: replacing a part of it is an error
//! (`noTarget`, section 3.5.2.3).

use serde_json::{Value as Json, json};

use crate::path::Path;

/// A value that is wanted; null where there shall be none.
pub(crate) type Wanted = (Path, Json);

/// The operations that make the wanted of what is there; none where nothing differs.
pub(crate) fn operations(actual: &Json, wanted: &[Wanted]) -> Vec<Json> {
    let mut operations = Vec::new();
    for (number, (path, value)) in wanted.iter().enumerate() {
        if path.choice.is_some() {
            let earlier = wanted.get(..number).unwrap_or_default();
            if !earlier.iter().any(|(other, _)| other.shares_element(path)) {
                let together: Vec<&Wanted> = wanted.iter().filter(|(other, _)| other.shares_element(path)).collect();
                element(actual, path, &together, &mut operations);
            }
        } else if let Some(operation) = single(actual, path, value) {
            operations.push(operation);
        }
    }
    operations
}

fn single(actual: &Json, path: &Path, value: &Json) -> Option<Json> {
    let there = path.get(actual);
    // A manager who leaves goes as a whole: a reference without its value would be left otherwise.
    let target = if path.is_manager() { path.container() } else { path.to_string() };
    match there {
        None if value.is_null() => None,
        Some(_) if value.is_null() => Some(json!({"op": "remove", "path": target})),
        Some(there) if same(there, value) => None,
        _ => {
            let op = if there.is_some() { "replace" } else { "add" };
            let value = if path.is_manager() { json!({ "value": value }) } else { value.clone() };
            Some(json!({"op": op, "path": target, "value": value}))
        }
    }
}

fn element(actual: &Json, path: &Path, together: &[&Wanted], operations: &mut Vec<Json>) {
    let changed = together.iter().filter(|(path, value)| match path.get(actual) {
        Some(there) => !same(there, value),
        None => !value.is_null(),
    });
    let changed: Vec<&&Wanted> = changed.collect();
    if changed.is_empty() {
        return;
    }
    if !path.has_element(actual) {
        let mut resource = json!({});
        for (path, value) in together {
            path.set(&mut resource, value.clone());
        }
        let inside = Path { choice: None, sub: None, ..path.clone() };
        if let Some(value) = inside.get(&resource) {
            operations.push(json!({"op": "add", "path": path.container(), "value": value}));
        }
        return;
    }
    let mut after = actual.clone();
    for (path, value) in together {
        path.set(&mut after, value.clone());
    }
    if let (false, Some(element)) = (path.has_element(&after), path.element()) {
        operations.push(json!({"op": "remove", "path": element}));
        return;
    }
    operations.extend(changed.into_iter().map(|(path, value)| match value {
        Json::Null => json!({"op": "remove", "path": path.to_string()}),
        value => json!({"op": "replace", "path": path.to_string(), "value": value}),
    }));
}

/// Servers may tell truth as a text.
fn same(there: &Json, wanted: &Json) -> bool {
    match wanted {
        Json::Bool(wanted) => crate::path::truth(there) == Some(*wanted),
        _ => there == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCALITY: &str = "addresses[type eq \"work\"].locality";
    const REGION: &str = "addresses[type eq \"work\"].region";

    fn changes(actual: Json, wanted: &[(&str, Json)]) -> Json {
        let wanted: Vec<Wanted> =
            wanted.iter().map(|(path, value)| (Path::parse(path).unwrap(), value.clone())).collect();
        Json::from(operations(&actual, &wanted))
    }

    #[test]
    fn only_what_differs_is_sent() {
        let actual = json!({"title": "Clerk", "active": "True"});
        assert_eq!(changes(actual.clone(), &[("title", json!("Clerk")), ("active", json!(true))]), json!([]));
        let expected = json!([{"op": "replace", "path": "title", "value": "Boss"}]);
        assert_eq!(changes(actual.clone(), &[("title", json!("Boss"))]), expected);
        assert_eq!(changes(actual, &[("title", Json::Null)]), json!([{"op": "remove", "path": "title"}]));
        assert_eq!(changes(json!({}), &[("title", Json::Null)]), json!([]));
        let expected = json!([{"op": "add", "path": "name.givenName", "value": "A"}]);
        assert_eq!(changes(json!({}), &[("name.givenName", json!("A"))]), expected);
    }

    #[test]
    fn a_value_that_is_not_there_is_added_whole() {
        let wanted = [(LOCALITY, json!("Cairo")), (REGION, json!("C"))];
        let whole = json!([{"type": "work", "locality": "Cairo", "region": "C"}]);
        let expected = json!([{"op": "add", "path": "addresses", "value": whole}]);
        assert_eq!(changes(json!({}), &wanted), expected);
        assert_eq!(changes(json!({"addresses": [{"type": "home", "locality": "x"}]}), &wanted), expected);
    }

    #[test]
    fn a_value_that_is_there_is_changed_in_part_and_goes_when_nothing_is_left() {
        let actual = json!({"addresses": [{"type": "work", "locality": "Cairo", "region": "C"}]});
        let expected = json!([{"op": "replace", "path": LOCALITY, "value": "Giza"}]);
        assert_eq!(changes(actual.clone(), &[(LOCALITY, json!("Giza")), (REGION, json!("C"))]), expected);
        let expected = json!([{"op": "remove", "path": REGION}]);
        assert_eq!(changes(actual.clone(), &[(REGION, Json::Null)]), expected);
        let expected = json!([{"op": "remove", "path": "addresses[type eq \"work\"]"}]);
        assert_eq!(changes(actual, &[(LOCALITY, Json::Null), (REGION, Json::Null)]), expected);
    }

    #[test]
    fn a_manager_comes_and_goes_as_a_whole() {
        let path = format!("{}:manager", crate::path::ENTERPRISE);
        let actual = json!({crate::path::ENTERPRISE: {"manager": {"value": "m1", "displayName": "M"}}});
        let expected = json!([{"op": "replace", "path": path, "value": {"value": "m2"}}]);
        assert_eq!(changes(actual.clone(), &[("manager", json!("m2"))]), expected);
        assert_eq!(changes(actual, &[("manager", Json::Null)]), json!([{"op": "remove", "path": path}]));
    }
}
