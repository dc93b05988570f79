//! Filters (RFC 7644 section 3.4.2.2): `and`, `or`, `not`, parentheses, and comparisons of attributes.

use serde_json::{Map, Value};

use super::fault::Fault;
use super::path::Path;
use super::schema::Schema;

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    Or(Box<Filter>, Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    /// A path, an operator in lower case, and what to compare with; null for `pr`.
    Is(Path, String, Value),
}

impl Filter {
    /// Reads a filter.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut words = Words(text.trim_start());
        let filter = words.either()?;
        if words.0.is_empty() { Ok(filter) } else { Err(invalid(words.0)) }
    }

    /// Whether it has an `or`.
    pub(super) fn has_or(&self) -> bool {
        match self {
            Self::Or(..) => true,
            Self::And(one, other) => one.has_or() || other.has_or(),
            Self::Not(filter) => filter.has_or(),
            Self::Is(..) => false,
        }
    }

    /// Whether it is about an attribute.
    pub(super) fn is_about(&self, name: &str) -> bool {
        match self {
            Self::Or(one, other) | Self::And(one, other) => one.is_about(name) || other.is_about(name),
            Self::Not(filter) => filter.is_about(name),
            Self::Is(path, ..) => path.attribute.eq_ignore_ascii_case(name),
        }
    }

    /// Whether a resource passes.
    pub(super) fn passes(&self, schema: &Schema, resource: &Map<String, Value>) -> Result<bool, Fault> {
        Ok(match self {
            Self::Or(one, other) => one.passes(schema, resource)? || other.passes(schema, resource)?,
            Self::And(one, other) => one.passes(schema, resource)? && other.passes(schema, resource)?,
            Self::Not(filter) => !filter.passes(schema, resource)?,
            Self::Is(path, operator, wanted) => {
                let exact = path.is_exact(schema)?;
                path.values(resource).iter().any(|found| compare(found, operator, wanted, exact))
            }
        })
    }

    /// Whether one value of an attribute passes, whose own attributes the filter names.
    pub(super) fn chooses(&self, element: &Value) -> bool {
        match self {
            Self::Or(one, other) => one.chooses(element) || other.chooses(element),
            Self::And(one, other) => one.chooses(element) && other.chooses(element),
            Self::Not(filter) => !filter.chooses(element),
            Self::Is(path, operator, wanted) => {
                let exact = path.attribute.eq_ignore_ascii_case("value");
                super::path::field(element, &path.attribute)
                    .is_some_and(|found| compare(found, operator, wanted, exact))
            }
        }
    }
}

fn compare(found: &Value, operator: &str, wanted: &Value, exact: bool) -> bool {
    if operator == "pr" {
        return true;
    }
    let (Value::String(found), Value::String(wanted)) = (found, wanted) else {
        return match operator {
            "eq" => found == wanted,
            "ne" => found != wanted,
            _ => false,
        };
    };
    let fold = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
    let (found, wanted) = (fold(found), fold(wanted));
    match operator {
        "eq" => found == wanted,
        "ne" => found != wanted,
        "co" => found.contains(&wanted),
        "sw" => found.starts_with(&wanted),
        "ew" => found.ends_with(&wanted),
        _ => false,
    }
}

fn invalid(text: &str) -> Fault {
    Fault::new(400, Some("invalidFilter"), &format!("The filter cannot be understood at \"{text}\"."))
}

/// What is left of the text.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn either(&mut self) -> Result<Filter, Fault> {
        let mut filter = self.both()?;
        while self.takes("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both()?));
        }
        Ok(filter)
    }

    fn both(&mut self) -> Result<Filter, Fault> {
        let mut filter = self.one()?;
        while self.takes("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, Fault> {
        if self.takes("not") {
            return Ok(Filter::Not(Box::new(self.one()?)));
        }
        if let Some(rest) = self.0.strip_prefix('(') {
            self.0 = rest.trim_start();
            let filter = self.either()?;
            let rest = self.0.strip_prefix(')').ok_or_else(|| invalid(self.0))?;
            self.0 = rest.trim_start();
            return Ok(filter);
        }
        let path = Path::parse(self.word())?;
        let operator = self.word().to_ascii_lowercase();
        match operator.as_str() {
            "pr" => Ok(Filter::Is(path, operator, Value::Null)),
            "eq" | "ne" | "co" | "sw" | "ew" => Ok(Filter::Is(path, operator, self.value()?)),
            _ => Err(invalid(self.0)),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let Some((start, rest)) = self.0.split_at_checked(word.len()) else { return false };
        let ends = rest.starts_with([' ', '(']);
        if ends && start.eq_ignore_ascii_case(word) {
            self.0 = rest.trim_start();
            return true;
        }
        false
    }

    fn word(&mut self) -> &'a str {
        let end = self.0.find([' ', ')']).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest.trim_start();
        word
    }

    /// A value as JSON has it.
    fn value(&mut self) -> Result<Value, Fault> {
        let mut values = serde_json::Deserializer::from_str(self.0).into_iter::<Value>();
        let value = values.next().and_then(Result::ok).ok_or_else(|| invalid(self.0))?;
        self.0 = self.0.get(values.byte_offset()..).unwrap_or_default().trim_start();
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_filter_passes_whom_it_names() {
        let user = json!({"userName": "Ann", "externalId": "K1", "active": true, "emails": [{"type": "work", "value": "a@x"}]});
        let user = user.as_object().unwrap();
        for (text, passes) in [
            (r#"userName eq "ann""#, true),
            (r#"externalId eq "k1""#, false),
            (r#"externalId eq "K1" or userName eq "bob""#, true),
            (r#"externalId eq "K1" and userName eq "bob""#, false),
            (r#"not (userName sw "B") and active eq true"#, true),
            (r#"emails.value eq "A@X""#, true),
            ("title pr", false),
            (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName co "nn""#, true),
        ] {
            let filter = Filter::parse(text).unwrap();
            assert_eq!(filter.passes(&Schema::user(true), user), Ok(passes), "{text}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in
            ["", "userName", "userName eq", "userName eq ann", r#"(userName eq "a""#, r#"userName eq "a" nor x pr"#]
        {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }
}
