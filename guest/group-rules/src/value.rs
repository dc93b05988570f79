//! A person's values as they arrive, and how a rule reads them.

use std::borrow::Cow;

use serde::Deserialize;

use crate::language::moment::{self, Ticks};
use crate::language::number::Number;
use crate::language::property::Item;

/// One value of a property or a profile attribute.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value<'a> {
    /// There is none. Also what Graph did not return (an extension without value).
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// Text; also a moment, as RFC 3339.
    Text(&'a str),
    /// Several texts.
    Texts(Cow<'a, [String]>),
    /// An object or a list of objects, as JSON text.
    Json(Cow<'a, str>),
}

/// One item of `assignedPlans`, as far as a rule can ask about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan<'a> {
    /// The plan.
    #[serde(borrow, default)]
    pub service_plan_id: Option<Cow<'a, str>>,
    /// The service, such as `exchange`.
    #[serde(borrow, default)]
    pub service: Option<Cow<'a, str>>,
    /// `Enabled`, `Deleted`, ...
    #[serde(borrow, default)]
    pub capability_status: Option<Cow<'a, str>>,
}

impl Plan<'_> {
    /// The part that a rule names.
    pub fn part(&self, item: Item) -> Option<&str> {
        match item {
            Item::ServicePlanId => self.service_plan_id.as_deref(),
            Item::Service => self.service.as_deref(),
            Item::CapabilityStatus => self.capability_status.as_deref(),
            Item::Whole | Item::GroupId => None,
        }
    }
}

impl<'a> Value<'a> {
    /// Read as one text. Numbers and truths are written out; several texts are none, unless the `first` counts.
    pub fn as_text(&self, first: bool) -> Option<Cow<'_, str>> {
        match self {
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::Boolean(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
            Value::Integer(number) => Some(Cow::Owned(number.to_string())),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Texts(texts) if first => texts.first().map(|text| Cow::Borrowed(text.as_str())),
            Value::Texts(_) | Value::Json(_) | Value::Null => None,
        }
    }

    /// Read as true or false.
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Value::Boolean(truth) => Some(*truth),
            Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Read as a number.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Value::Integer(number) => Some(Number::Whole(*number)),
            Value::Number(number) => Number::from_f64(*number),
            Value::Text(text) => Number::parse(text.trim()),
            _ => None,
        }
    }

    /// Read as a moment. What cannot be read is no value.
    pub fn as_moment(&self) -> Option<Ticks> {
        match self {
            Value::Text(text) => moment::parse(text),
            _ => None,
        }
    }

    /// Read as several texts; one text is a list of one.
    pub fn as_texts(&self) -> Vec<Cow<'_, str>> {
        match self {
            Value::Texts(texts) => texts.iter().map(|text| Cow::Borrowed(text.as_str())).collect(),
            Value::Text(text) => vec![Cow::Borrowed(text)],
            // A list in which not everything is a text.
            Value::Json(json) => serde_json::from_str::<Vec<serde_json::Value>>(json)
                .unwrap_or_default()
                .into_iter()
                .filter_map(|item| match item {
                    serde_json::Value::String(text) => Some(Cow::Owned(text)),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Read as the items of `assignedPlans`. What is no list has none, and what is no plan has no values.
    pub fn as_plans(&self) -> Vec<Plan<'_>> {
        match self {
            Value::Json(json) => serde_json::from_str(json).unwrap_or_else(|_| {
                let items: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
                let text = |item: &serde_json::Value, name| {
                    item.get(name).and_then(|value| value.as_str()).map(|text| Cow::Owned(text.to_owned()))
                };
                items
                    .iter()
                    .map(|item| Plan {
                        service_plan_id: text(item, "servicePlanId"),
                        service: text(item, "service"),
                        capability_status: text(item, "capabilityStatus"),
                    })
                    .collect()
            }),
            _ => Vec::new(),
        }
    }

    /// As an explanation shows it: the empty text for null.
    pub fn shown(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Texts(texts) => texts.join(", "),
            Value::Json(json) => json.clone().into_owned(),
            other => other.as_text(false).unwrap_or_default().into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_type_is_read_where_it_can_be() {
        assert_eq!(Value::Integer(7).as_text(false).as_deref(), Some("7"));
        assert_eq!(Value::Text("TRUE").as_boolean(), Some(true));
        assert_eq!(Value::Text(" 7.0 ").as_number(), Some(Number::Whole(7)));
        assert_eq!(Value::Text("soon").as_moment(), None);
        assert_eq!(Value::Text("a").as_texts(), ["a"]);
        assert_eq!(Value::Json(r#"["a", 1, null, "b"]"#.into()).as_texts(), ["a", "b"]);
        assert_eq!(Value::Json("{".into()).as_texts(), Vec::<Cow<str>>::new());
        let texts = Value::Texts(vec!["a".to_owned(), "b".to_owned()].into());
        assert_eq!((texts.as_text(true).as_deref(), texts.as_text(false)), (Some("a"), None));
    }

    #[test]
    fn plans_are_read_from_json_and_what_is_none_is_empty() {
        let json =
            r#"[{"service": "exchange", "servicePlanId": "p", "capabilityStatus": null, "assignedDateTime": "x"}, {}]"#;
        let value = Value::Json(json.into());
        let plans = value.as_plans();
        assert_eq!(plans.len(), 2);
        assert_eq!((plans[0].part(Item::Service), plans[0].part(Item::CapabilityStatus)), (Some("exchange"), None));
        assert!(Value::Json(r#"{"service": 1}"#.into()).as_plans().is_empty());
        let odd = Value::Json(r#"[{"service": 1, "servicePlanId": "p"}, "x", null]"#.into());
        let plans = odd.as_plans();
        assert_eq!(
            (plans.len(), plans[0].part(Item::Service), plans[0].part(Item::ServicePlanId)),
            (3, None, Some("p"))
        );
    }
}
