//! Members put in or kept out by hand: by id, by mail address, by phone number.
//!
//! A pin becomes a part of the rule, so that the index decides it like any other and the host learns which properties matter.

use std::sync::Arc;

use crate::language::fold::fold;
use crate::language::property::{self, Kind, ProfileAttribute, Property};
use crate::language::syntax::{Expression, Predicate, Scalar, Span, Test};

/// What the pins of a tenant are compared with.
#[derive(Debug, Clone, Default)]
pub struct Pinnable {
    /// The attributes of the profile that identify a person in the target (a phone number, for Kaizala).
    pub matching: Vec<Arc<ProfileAttribute>>,
}

impl Pinnable {
    /// True for each of these people; none when the list is empty.
    pub fn expression(&self, pins: &[String]) -> Option<Expression> {
        if pins.is_empty() {
            return None;
        }
        let pins: Vec<&str> = pins.iter().map(|pin| pin.trim()).filter(|pin| !pin.is_empty()).collect();
        let mut parts = Vec::new();
        let mut add = |property: Property, wanted: Vec<String>| {
            if !wanted.is_empty() {
                parts.push(one_of(property, wanted));
            }
        };
        let folded = |pins: &[&str]| pins.iter().map(|pin| fold(pin)).collect::<Vec<_>>();
        let (addresses, others): (Vec<&str>, Vec<&str>) = pins.iter().partition(|pin| pin.contains('@'));
        let (phones, ids): (Vec<&str>, Vec<&str>) = others.iter().partition(|pin| phone(pin).is_some());
        add(property::id(), folded(&ids));
        for name in ["mail", "userPrincipalName"] {
            if let Some(known) = property::known(name) {
                add(Property::Known(known), folded(&addresses));
            }
        }
        if let Some(known) = property::known("mobilePhone") {
            add(Property::Known(known), folded(&phones));
        }
        for attribute in self.matching.iter().filter(|attribute| attribute.kind == Kind::Text) {
            let mut wanted = folded(&addresses);
            wanted.extend(phones.iter().filter_map(|pin| phone(pin)));
            wanted.extend(folded(&ids));
            add(Property::Profile(attribute.clone()), wanted);
        }
        match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => Some(Expression::Or(parts)),
        }
    }
}

fn one_of(property: Property, wanted: Vec<String>) -> Expression {
    let wanted = wanted.into_iter().map(|text| Scalar::Text(text.into())).collect();
    Expression::Test(Test {
        property,
        predicate: Predicate::In(wanted),
        negated: false,
        span: Span { start: 0, end: 0 },
    })
}

/// A phone number without what people put between its digits; none for what is no number. A number in the international form has
/// at least 7 digits and at most 15 (ITU-T E.164).
fn phone(pin: &str) -> Option<String> {
    let number: String = pin.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/' | '\u{A0}')).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit());
    is_number.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pins: &[&str]) -> Option<String> {
        let attribute = ProfileAttribute { name: "phone".into(), kind: Kind::Text, position: 0, sensitive: false };
        let pinnable = Pinnable { matching: vec![Arc::new(attribute)] };
        let pins: Vec<String> = pins.iter().map(|pin| (*pin).to_owned()).collect();
        pinnable.expression(&pins).map(|expression| expression.to_string())
    }

    #[test]
    fn each_kind_of_pin_is_compared_with_what_it_can_be() {
        assert_eq!(shown(&["5E3A"]).unwrap(), r#"user.objectId -in ["5e3a"] -or profile.phone -in ["5e3a"]"#);
        assert_eq!(
            shown(&["Adele@Contoso.com"]).unwrap(),
            r#"user.mail -in ["adele@contoso.com"] -or user.userPrincipalName -in ["adele@contoso.com"] -or profile.phone -in ["adele@contoso.com"]"#
        );
        assert_eq!(
            shown(&["+47 22 11-00.00"]).unwrap(),
            r#"user.mobilePhone -in ["+47 22 11-00.00"] -or profile.phone -in ["+4722110000"]"#
        );
        assert_eq!(shown(&[" ", ""]), None);
    }

    #[test]
    fn an_id_is_no_phone_number() {
        for (pin, expected) in
            [("12345", None), ("aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb", None), ("(425) 555-0109", Some("4255550109"))]
        {
            assert_eq!(phone(pin).as_deref(), expected, "{pin}");
        }
    }
}
