//! Tokens into the tree.
//!
//! Expressions are parsed with a stack of our own, not by recursion: parentheses cost memory, never the call stack. What limits
//! them is the length of a rule. The depth of the *tree*, which does not count parentheses around one thing, is limited to
//! [`MAX_DEPTH`], since evaluation recurses over it.

use std::collections::HashMap;
use std::sync::Arc;

use super::comparison::Scope;
use super::error::{Fault, RuleError};
use super::fold::fold;
use super::operator::{Logic, logic};
use super::property::{Kind, ProfileAttribute};
use super::syntax::{Each, Expression, Predicate, Quantifier, Rule, Span, Test};
use super::token::{self, Token, tokens};
use super::whole;

/// The longest rule, in characters (Microsoft: dynamic membership rules, "The total length of the body of your membership rule
/// can't exceed 3072 characters").
pub const MAX_CHARACTERS: usize = 3_072;
/// How deep `-not`, `-and` and `-or` can be nested in one another.
pub const MAX_DEPTH: usize = 200;
/// Groups in one memberOf rule (Microsoft: "Group membership in a dynamic group", Limitations).
pub const MAX_MEMBER_OF: usize = 50;

/// The rule language of one tenant: the properties of a user, and the attributes that its mapping makes.
///
/// ```
/// use group_rules::Language;
/// let rule = Language::default().parse("user.department -eq \"Sales\" and not (user.city -in ['Oslo', 'Bergen'])")?;
/// assert_eq!(rule.root.to_string(), r#"user.department -eq "sales" -and -not user.city -in ["oslo","bergen"]"#);
/// # Ok::<(), group_rules::RuleError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Language {
    profile: HashMap<String, Arc<ProfileAttribute>>,
}

impl Language {
    /// The language with these attributes of the profile.
    pub fn with_profile(attributes: impl IntoIterator<Item = ProfileAttribute>) -> Self {
        Language {
            profile: attributes.into_iter().map(|attribute| (fold(&attribute.name), Arc::new(attribute))).collect(),
        }
    }

    /// The profile attribute of that name, in any case.
    pub fn profile_attribute(&self, name: &str) -> Option<&Arc<ProfileAttribute>> {
        self.profile.get(name).or_else(|| self.profile.get(&fold(name)))
    }

    /// The names of the profile's attributes.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.profile.values().map(|attribute| attribute.name.as_str())
    }

    /// Reads and checks a rule.
    pub fn parse(&self, rule: &str) -> Result<Rule, RuleError> {
        let root = self.expression(rule).map_err(|fault| fault.in_characters(rule))?;
        Ok(Rule { text: rule.to_owned(), root })
    }

    fn expression(&self, rule: &str) -> Result<Expression, Fault> {
        if rule.len() > MAX_CHARACTERS
            && let Some((place, _)) = rule.char_indices().nth(MAX_CHARACTERS)
        {
            let characters = rule.chars().count();
            let message = format!("The rule has {characters} characters; at most {MAX_CHARACTERS} are allowed.");
            return Err(Fault::new(place, rule.len(), message));
        }
        let tokens = tokens(rule)?;
        let mut parser = Parser { language: self, rule, tokens, at: 0 };
        parser.refuse_devices()?;
        if let Some(reports) = parser.reports()? {
            return Ok(reports);
        }
        if parser.tokens.is_empty() {
            return Err(Fault::new(0, rule.len(), "The rule is empty."));
        }
        let root = parser.expression(Scope::Person)?;
        whole::alone(&root)?;
        Ok(root)
    }
}

pub(super) struct Parser<'a> {
    pub language: &'a Language,
    pub rule: &'a str,
    pub tokens: Vec<Token<'a>>,
    pub at: usize,
}

/// An expression, and how deep it is.
struct Part {
    expression: Expression,
    depth: usize,
}

/// What is known of the expression inside one pair of parentheses so far.
#[derive(Default)]
struct Frame {
    /// The opening parenthesis.
    open: usize,
    /// The parts that are joined by `-or`.
    or: Vec<Part>,
    /// The parts that are joined by `-and` since the last `-or`.
    and: Vec<Part>,
    /// How many `-not` stand before the part that comes next.
    nots: usize,
}

impl Frame {
    /// A part is complete: `-not` binds to it before `-and` does.
    fn add(&mut self, mut part: Part) {
        for _ in 0..std::mem::take(&mut self.nots) {
            part = Part { expression: Expression::Not(Box::new(part.expression)), depth: part.depth + 1 };
        }
        self.and.push(part);
    }

    fn or(&mut self) {
        let part = joined(std::mem::take(&mut self.and), Expression::And);
        self.or.extend(part);
    }

    fn close(mut self) -> Option<Part> {
        self.or();
        joined(self.or, Expression::Or)
    }
}

fn joined(mut parts: Vec<Part>, join: impl FnOnce(Vec<Expression>) -> Expression) -> Option<Part> {
    if parts.len() < 2 {
        return parts.pop();
    }
    let depth = 1 + parts.iter().map(|part| part.depth).max().unwrap_or(0);
    Some(Part { expression: join(parts.into_iter().map(|part| part.expression).collect()), depth })
}

impl<'a> Parser<'a> {
    pub fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    pub fn next(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// The end of the token before.
    pub fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.end)
    }

    /// A fault at the token that comes next, or at the end of the rule.
    pub fn fault_here(&self, message: impl Into<String>) -> Fault {
        match self.peek() {
            Some(token) => Fault::new(token.start, token.end, message),
            None => Fault::new(self.end(), self.end(), message),
        }
    }

    fn next_logic(&self) -> Option<Logic> {
        match &self.peek()?.kind {
            token::Kind::Word(word) | token::Kind::Hyphenated(word) => logic(word),
            _ => None,
        }
    }

    pub fn span(&self, start: usize) -> Span {
        // A rule has at most 3,072 characters.
        Span { start: start as u32, end: self.end() as u32 }
    }

    /// Reads up to the end of the rule, or inside of `-any (` up to the parenthesis that closes it.
    pub fn expression(&mut self, scope: Scope) -> Result<Expression, Fault> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut frame = Frame::default();
        loop {
            // A part must come.
            while let Some(Logic::Not) = self.next_logic() {
                self.at += 1;
                frame.nots += 1;
            }
            if let Some(Token { kind: token::Kind::Open, start, .. }) = self.peek() {
                let open = *start;
                self.at += 1;
                frames.push(std::mem::replace(&mut frame, Frame { open, ..Frame::default() }));
                continue;
            }
            self.expect_part()?;
            let expression = self.comparison(scope)?;
            // A negative operator straight on a collection is a `-not` before `-any`.
            let negated = matches!(&expression, Expression::Each(Each { negated: true, .. }));
            frame.add(Part { expression, depth: 1 + usize::from(negated) });
            // A part is there: it is joined to another, or the parentheses close.
            loop {
                match (self.next_logic(), self.peek().map(|token| &token.kind)) {
                    (Some(Logic::And), _) => {
                        self.at += 1;
                        break;
                    }
                    (Some(Logic::Or), _) => {
                        self.at += 1;
                        frame.or();
                        break;
                    }
                    (Some(Logic::Not), _) => {
                        return Err(self.fault_here(
                            "Invalid operands found for operator -not: -and or -or is missing before it.",
                        ));
                    }
                    (None, Some(token::Kind::Close)) if !frames.is_empty() => {
                        self.at += 1;
                        let part = frame.close();
                        frame = frames.pop().unwrap_or_default();
                        part.into_iter().for_each(|part| frame.add(part));
                    }
                    (None, Some(token::Kind::Close)) if scope == Scope::Person => {
                        return Err(self.fault_here("This closing parenthesis has no opening one."));
                    }
                    (None, None) if !frames.is_empty() => {
                        return Err(Fault::new(frame.open, frame.open + 1, "This parenthesis is never closed."));
                    }
                    (None, None | Some(token::Kind::Close)) => return self.finish(frame),
                    (None, Some(token::Kind::Symbol(symbol))) => {
                        let instead = if symbol.starts_with('|') { "-or" } else { "-and" };
                        let message = format!("`{symbol}` is no operator of this language.");
                        return Err(self.fault_here(message).suggest(Some(instead)));
                    }
                    (None, Some(_)) => {
                        return Err(
                            self.fault_here("Query compilation error: -and or -or is missing between two expressions.")
                        );
                    }
                }
            }
        }
    }

    fn finish(&self, frame: Frame) -> Result<Expression, Fault> {
        match frame.close() {
            Some(part) if part.depth <= MAX_DEPTH => Ok(part.expression),
            Some(_) => {
                let message = format!("The rule is nested more than {MAX_DEPTH} levels deep.");
                Err(Fault::new(0, self.rule.len(), message))
            }
            None => Err(self.fault_here("An expression is missing.")),
        }
    }

    /// Says what is wrong when no comparison can begin here.
    fn expect_part(&self) -> Result<(), Fault> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let Some(token) = self.peek() else {
            return Err(match before {
                Some(Token { kind: token::Kind::Open, start, .. }) => {
                    Fault::new(*start, self.end(), "This parenthesis is never closed.")
                }
                _ => self.fault_here("An expression is missing at the end of the rule."),
            });
        };
        match &token.kind {
            token::Kind::Close if matches!(before, Some(Token { kind: token::Kind::Open, .. })) => {
                Err(Fault::new(self.end().saturating_sub(1), token.end, "There is no expression in these parentheses."))
            }
            token::Kind::Close => Err(self.fault_here("An expression is missing before this parenthesis.")),
            token::Kind::Text(_) | token::Kind::ListOpen => {
                Err(self.fault_here("An expression begins with a property: the order is property, operator, value."))
            }
            _ if self.next_logic().is_some() => {
                let word = self.rule.get(token.start..token.end).unwrap_or("");
                Err(self.fault_here(format!("An expression is missing before {word}.")))
            }
            _ => Ok(()),
        }
    }

    /// What stands behind `-any` or `-all`: a condition in parentheses, or one comparison of `_`.
    pub fn each(&mut self, test: Test, quantifier: Quantifier) -> Result<Expression, Fault> {
        let (collection, start) = (test.property, test.span.start as usize);
        let scope = Scope::Item(collection.kind());
        let body = match self.peek().map(|token| &token.kind) {
            Some(token::Kind::Open) => {
                let open = self.at;
                self.at += 1;
                let body = self.expression(scope)?;
                if self.next().is_none() {
                    let place = self.tokens.get(open).map_or(0, |token| token.start);
                    return Err(Fault::new(place, place + 1, "This parenthesis is never closed."));
                }
                body
            }
            Some(token::Kind::Word("_")) => self.comparison(scope)?,
            _ => {
                let example = if collection.kind() == Kind::Texts {
                    "(_ -startsWith \"...\")"
                } else {
                    "(assignedPlan.service -eq \"...\")"
                };
                return Err(self.fault_here(format!(
                    "Invalid operands found for operator: a condition in parentheses must follow, such as {example}."
                )));
            }
        };
        let span = self.span(start);
        if collection.kind() == Kind::Groups {
            check_member_of(&body, quantifier, span)?;
        }
        Ok(Expression::Each(Each { collection, quantifier, body: Box::new(body), negated: false, span }))
    }
}

/// The one form of memberOf: `user.memberOf -any (group.objectId -in ['...'])`.
fn check_member_of(body: &Expression, quantifier: Quantifier, span: Span) -> Result<(), Fault> {
    let fault = |message: String| Err(Fault::new(span.start as usize, span.end as usize, message));
    match body {
        Expression::Test(Test { predicate: Predicate::In(groups), negated: false, .. })
            if quantifier == Quantifier::Any =>
        {
            if groups.len() > MAX_MEMBER_OF {
                return fault(format!(
                    "The rule names {} groups; memberOf takes at most {MAX_MEMBER_OF}.",
                    groups.len()
                ));
            }
            Ok(())
        }
        _ => fault(
            "Wrong property applied: memberOf has one form, user.memberOf -any (group.objectId -in ['...', '...'])."
                .into(),
        ),
    }
}
