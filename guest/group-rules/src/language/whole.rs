//! What concerns a rule as a whole: forms that stand alone, and rules that are not about people.

use super::error::Fault;
use super::fold::fold;
use super::parser::Parser;
use super::property::Kind;
use super::syntax::{Expression, Span};
use super::token::{self, Token};

/// "A memberOf rule can't be combined with other rules or operators" (Microsoft: "Group membership in a dynamic group").
pub(super) fn alone(root: &Expression) -> Result<(), Fault> {
    if matches!(root, Expression::Each(_)) {
        return Ok(());
    }
    match member_of(root) {
        Some(span) => {
            let message =
                "user.memberOf must be the whole rule: it can't be combined with other expressions or operators.";
            Err(Fault::new(span.start as usize, span.end as usize, message))
        }
        None => Ok(()),
    }
}

fn member_of(expression: &Expression) -> Option<Span> {
    match expression {
        Expression::Each(each) if each.collection.kind() == Kind::Groups => Some(each.span),
        Expression::Test(_) | Expression::Each(_) | Expression::Reports { .. } => None,
        Expression::Not(inner) => member_of(inner),
        Expression::And(parts) | Expression::Or(parts) => parts.iter().find_map(member_of),
    }
}

impl Parser<'_> {
    /// "Direct Reports for "..."": the whole rule.
    pub fn reports(&mut self) -> Result<Option<Expression>, Fault> {
        let is = |token: Option<&Token<'_>>, wanted: &str| matches!(token, Some(Token { kind: token::Kind::Word(word), .. }) if word.eq_ignore_ascii_case(wanted));
        if !is(self.tokens.first(), "direct") {
            return Ok(None);
        }
        self.at = 1;
        for word in ["Reports", "for"] {
            if !is(self.peek(), word) {
                return Err(self
                    .fault_here("The rule for direct reports is: Direct Reports for \"<object ID of the manager>\"."));
            }
            self.at += 1;
        }
        let Some(Token { kind: token::Kind::Text(id), start, end }) = self.next() else {
            self.at = 3;
            return Err(self.fault_here("The object ID of the manager must follow, in quotes."));
        };
        if !is_guid(id.trim()) {
            let message = "Direct Reports for takes the object ID of the manager, such as \"62e19b97-8b3d-4d4a-a106-4ce66896a863\".";
            return Err(Fault::new(start, end, message));
        }
        if self.peek().is_some() {
            return Err(
                self.fault_here("Direct Reports for must be the whole rule: it can't be combined with any other.")
            );
        }
        Ok(Some(Expression::Reports { manager: fold(id.trim()).into(), span: self.span(0) }))
    }

    /// Rules about devices are of the language, but not of a directory of people.
    pub fn refuse_devices(&self) -> Result<(), Fault> {
        let object = |token: &Token<'_>| match token.kind {
            token::Kind::Word(word) => word.split_once('.').map(|(object, _)| object.to_ascii_lowercase()),
            _ => None,
        };
        let Some(device) = self.tokens.iter().find(|token| object(token).as_deref() == Some("device")) else {
            return Ok(());
        };
        let people = self.tokens.iter().any(|token| matches!(object(token).as_deref(), Some("user" | "profile")));
        let message = if people {
            "Invalid object type: a rule can't ask about users and devices at the same time."
        } else {
            "Invalid object type: this is a rule for devices, and the members here are people. Ask about user. or profile."
        };
        Err(Fault::new(device.start, device.end, message))
    }
}

/// `aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb`
fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, c)| match place {
            8 | 13 | 18 | 23 => c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
}
