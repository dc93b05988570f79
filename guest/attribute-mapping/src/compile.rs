//! From a syntax tree to a program: attributes become slots, and what can be checked without a person is checked.

pub mod replace;

use crate::attributes::{Attributes, graph_path};
use crate::language::catalogue::{Function, Gives, Kind as Takes};
use crate::language::fault::{Fault, Span};
use crate::language::parser::parse;
use crate::language::syntax::{Call, Expression, Node as Syntax};
use crate::moment::exact::Styles;
use crate::moment::interval::Interval;
use crate::moment::pattern::Pattern;
use crate::phone::region::Region;
use crate::program::{Kind, Node, Slot, Tables};
use crate::regular::Regular;
use crate::value::{Value, number_in};
use rollcall_sdk::settings::nearest;

/// What an expression is compiled for.
#[derive(Debug)]
pub struct Compiler<'a> {
    /// The attributes; those that the expression reads are added.
    pub attributes: &'a mut Attributes,
    /// The tables for `Lookup`; none when they are not known, as when an expression is only tried.
    pub tables: Option<&'a Tables>,
    /// Whether the default domain is known; none when that cannot be said.
    pub has_default_domain: Option<bool>,
}

impl Compiler<'_> {
    /// Reads and compiles an expression.
    pub fn compile(&mut self, source: &str) -> Result<Node, Fault> {
        let expression = parse(source)?;
        if let Syntax::Comparison(..) | Syntax::CompareMethod(_) = expression.node {
            return Err(Fault::at(expression.span, "a function, an [attribute] or a \"text\" was expected"));
        }
        self.node(&expression, Place::Whole)
    }

    fn node(&mut self, expression: &Expression, place: Place) -> Result<Node, Fault> {
        let span = expression.span;
        let kind = match &expression.node {
            Syntax::Attribute(name) => {
                let slot = self.attributes.slot(name);
                Kind::Attribute(slot, graph_path(name).map(|path| self.attributes.slot(&path)))
            }
            Syntax::Text(text) => Kind::Constant(Value::text(text.clone())),
            Syntax::Integer(number) => Kind::Constant(Value::Integer(*number)),
            Syntax::Number(number) => Kind::Constant(Value::Number(*number)),
            Syntax::CompareMethod(method) => {
                let message = format!("{} stands only at the end of InStr", method.name());
                return Err(Fault::at(span, message));
            }
            Syntax::Comparison(sign, sides) => {
                if place != Place::Condition {
                    let message = "a comparison stands only where a condition is expected, such as in IIF or CBool";
                    return Err(Fault::at(span, message));
                }
                let left = self.node(&sides.0, Place::Argument)?;
                let right = self.node(&sides.1, Place::Argument)?;
                Kind::Comparison(*sign, Box::new((left, right)))
            }
            Syntax::Call(call) => return self.call(call, span, place),
        };
        Ok(Node { kind, span })
    }

    fn call(&mut self, call: &Call, span: Span, place: Place) -> Result<Node, Fault> {
        let function = call.function;
        if function == Function::SelectUniqueValue && place != Place::Whole {
            let message = "SelectUniqueValue must be the whole expression; it cannot stand inside of another function";
            return Err(Fault::at(call.name, message));
        }
        if function == Function::DefaultDomain && self.has_default_domain == Some(false) {
            let message = "DefaultDomain() needs the setting default_domain";
            return Err(Fault::at(call.name, message).suggesting(Some("default_domain = \"contoso.com\"")));
        }
        // The older form of FormatDateTime has no styles.
        let short_form = function == Function::FormatDateTime && call.arguments.len() == 3;
        let mut arguments: Vec<Option<Node>> = Vec::with_capacity(call.arguments.len() + 1);
        for (position, argument) in call.arguments.iter().enumerate() {
            let parameter = if short_form && position > 0 { position + 1 } else { position };
            let compiled = match argument {
                None => None,
                Some(argument) => Some(self.argument(function, parameter, argument)?),
            };
            arguments.push(compiled);
        }
        if short_form {
            arguments.insert(1, None);
        }
        let node = Node { kind: Kind::Call(function, arguments), span };
        match function {
            Function::Iif => Ok(guard_condition(node)),
            Function::Replace => replace::check(node, call),
            Function::RandomString => check_random(node, call),
            Function::FormatDateTime => check_formats(node, call),
            _ => Ok(node),
        }
    }

    fn argument(&mut self, function: Function, position: usize, argument: &Expression) -> Result<Node, Fault> {
        let parameter = function.parameter(position);
        let takes = parameter.map_or(Takes::Any, |parameter| parameter.kind);
        let called = || format!("argument {} of {}", position + 1, function.name());
        let wrong = |message: String| Fault::at(argument.span, message);
        check_kind(takes, argument).map_err(|reason| wrong(format!("{} takes {reason}", called())))?;
        let fixed = match &argument.node {
            Syntax::Text(text) => Some(text.as_str()),
            _ => None,
        };
        let kind = match (takes, fixed) {
            (Takes::Interval, Some(name)) => {
                let names = || Interval::NAMES.iter().map(|(name, _)| *name);
                let message = || format!("{} is one of yyyy, m, d, ww, h, n and s, not \"{name}\"", called());
                let interval =
                    Interval::named(name).ok_or_else(|| wrong(message()).suggesting(nearest(name, names())))?;
                Kind::Interval(interval)
            }
            (Takes::Compare, _) => {
                if let Syntax::CompareMethod(method) = &argument.node {
                    Kind::CompareMethod(*method)
                } else {
                    return self.node(argument, Place::Argument);
                }
            }
            (Takes::Pattern, Some(pattern)) if !pattern.is_empty() => {
                Kind::Regular(Box::new(Regular::new(pattern).map_err(|error| wrong(error.to_string()))?))
            }
            (Takes::Region, Some(region)) if Region::named(region).is_none() => {
                let message = format!("{} is a country such as \"US\" or \"Japan\", not \"{region}\"", called());
                return Err(wrong(message));
            }
            (Takes::Table, Some(table)) => {
                if let Some(tables) = self.tables.filter(|tables| !tables.contains_key(table)) {
                    let message = format!("there is no table {table} in the settings");
                    return Err(wrong(message).suggesting(nearest(table, tables.keys().map(String::as_str))));
                }
                return self.node(argument, Place::Argument);
            }
            (Takes::Condition, _) => return self.node(argument, Place::Condition),
            _ => return self.node(argument, Place::Argument),
        };
        Ok(Node { kind, span: argument.span })
    }
}

/// Where a part of an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Argument,
    Condition,
}

/// What is certainly wrong for a parameter; only what does not depend on the person is judged.
fn check_kind(takes: Takes, argument: &Expression) -> Result<(), String> {
    let gives = match &argument.node {
        Syntax::Text(text) => return check_text(takes, text),
        Syntax::Integer(_) | Syntax::Number(_) => Gives::Number,
        Syntax::Comparison(..) if takes == Takes::Condition => return Ok(()),
        Syntax::Comparison(..) | Syntax::CompareMethod(_) | Syntax::Attribute(_) => return Ok(()),
        Syntax::Call(call) => call.function.entry().gives,
    };
    let found = match gives {
        Gives::Any | Gives::Same => return Ok(()),
        Gives::Text => "a text",
        Gives::Number => "a number",
        Gives::Date => "a date",
        Gives::Boolean => "True or False",
        Gives::List => "a list",
    };
    let fits = match takes {
        Takes::Any | Takes::Condition => true,
        Takes::Text | Takes::Pattern | Takes::Culture | Takes::Region => true,
        Takes::Number => matches!(gives, Gives::Number | Gives::Text),
        Takes::List => gives != Gives::Boolean,
        Takes::Date => matches!(gives, Gives::Date | Gives::Text),
        Takes::Interval | Takes::Table => gives == Gives::Text,
        Takes::Compare => gives == Gives::Number,
    };
    let expected = match takes {
        Takes::Number => "a number",
        Takes::Date => "a date",
        Takes::Interval => "an interval such as \"d\"",
        Takes::Table => "the name of a table",
        Takes::Compare => "vbTextCompare or vbBinaryCompare",
        _ => "a list or a text",
    };
    if fits { Ok(()) } else { Err(format!("{expected}, not {found}")) }
}

fn check_text(takes: Takes, text: &str) -> Result<(), String> {
    match takes {
        Takes::Number if number_in(text).is_none() => Err(format!("a number, not the text \"{}\"", shown(text))),
        Takes::Condition if !is_truth(text) => {
            Err(format!("a condition, \"True\" or \"False\", not the text \"{}\"", shown(text)))
        }
        _ => Ok(()),
    }
}

/// A text in a message: not too long.
pub fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}

fn is_truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") || number_in(text).is_some()
}

/// Puts the attributes that must not be missing before an `IIF`'s condition.
fn guard_condition(mut node: Node) -> Node {
    if let Kind::Call(_, arguments) = &mut node.kind
        && let Some(condition) = arguments.get_mut(0).and_then(Option::take)
        && let Some(first) = arguments.get_mut(0)
    {
        *first = Some(guarded(condition));
    }
    node
}

fn guarded(node: Node) -> Node {
    let span = node.span;
    if let Kind::Call(function @ (Function::And | Function::Or), conditions) = node.kind {
        let conditions = conditions.into_iter().map(|condition| condition.map(guarded)).collect();
        return Node { kind: Kind::Call(function, conditions), span };
    }
    let mut slots = Vec::new();
    needed(&node, &mut slots);
    if slots.is_empty() {
        return node;
    }
    Node { kind: Kind::Guarded(slots, Box::new(node)), span }
}

/// The attributes that a condition reads, but for those inside of functions that are made for missing values.
fn needed(node: &Node, slots: &mut Vec<(Slot, Option<Slot>)>) {
    match &node.kind {
        Kind::Attribute(slot, other) if !slots.contains(&(*slot, *other)) => slots.push((*slot, *other)),
        Kind::Comparison(_, sides) => {
            needed(&sides.0, slots);
            needed(&sides.1, slots);
        }
        Kind::Call(Function::Coalesce | Function::Switch | Function::Join | Function::Lookup | Function::Iif, _) => {}
        Kind::Call(_, arguments) => arguments.iter().flatten().for_each(|argument| needed(argument, slots)),
        _ => {}
    }
}

/// Checks the numbers of a `RandomString` that are given as numbers.
fn check_random(node: Node, call: &Call) -> Result<Node, Fault> {
    let fixed = |position: usize| match call.arguments.get(position).and_then(Option::as_ref).map(|a| &a.node) {
        Some(Syntax::Integer(number)) => Some(*number),
        Some(Syntax::Text(text)) => number_in(text).and_then(|number| number.rounded()),
        _ => None,
    };
    let numbers: Option<Vec<i64>> = (0..5).map(fixed).collect();
    if let Some(numbers) = numbers {
        crate::evaluation::random::check(&numbers).map_err(|reason| Fault::at(node.span, reason))?;
    }
    Ok(node)
}

/// Reads the formats and styles of a `FormatDateTime` that are given as texts.
fn check_formats(mut node: Node, call: &Call) -> Result<Node, Fault> {
    let short_form = call.arguments.len() == 3;
    let Kind::Call(_, arguments) = &mut node.kind else { return Ok(node) };
    for (position, argument) in arguments.iter_mut().enumerate().skip(1) {
        let given = if short_form { position.saturating_sub(1) } else { position };
        let Some(Syntax::Text(text)) = call.arguments.get(given).and_then(Option::as_ref).map(|a| &a.node) else {
            continue;
        };
        let Some(node) = argument else { continue };
        node.kind = if position == 1 {
            let message = format!("\"{}\" names no DateTimeStyles such as \"AssumeUniversal\"", shown(text));
            match Styles::named(text) {
                _ if text.trim().is_empty() => Kind::Styles(Styles::ENTRA),
                Some(styles) => Kind::Styles(styles),
                None => return Err(Fault::at(node.span, message)),
            }
        } else {
            Kind::Format(Pattern::read(text).map_err(|error| Fault::at(node.span, error.to_string()))?)
        };
    }
    Ok(node)
}
