//! `Replace`: which of its six behaviours the arguments ask for.

use crate::language::fault::Fault;
use crate::language::syntax::Call;
use crate::program::{Kind, Node};
use crate::regular::replacement::Replacement;
use crate::value::Value;

/// Positions of the arguments.
pub const SOURCE: usize = 0;
/// `oldValue`
pub const OLD: usize = 1;
/// `regexPattern`
pub const PATTERN: usize = 2;
/// `regexGroupName`
pub const GROUP: usize = 3;
/// `replacementValue`
pub const REPLACEMENT: usize = 4;
/// `replacementAttributeName`
pub const ATTRIBUTE: usize = 5;
/// `template`
pub const TEMPLATE: usize = 6;

/// Checks that the arguments make one of the behaviours, and reads the replacement of a regular expression.
pub fn check(mut node: Node, call: &Call) -> Result<Node, Fault> {
    let has = |position: usize| call.arguments.get(position).is_some_and(Option::is_some);
    let behaviour = match (has(OLD), has(PATTERN)) {
        (true, false) if has(TEMPLATE) || has(REPLACEMENT) => {
            refuse(&call.arguments, &[GROUP, ATTRIBUTE], "goes with a regular expression, not with oldValue").and(
                if has(TEMPLATE) && has(REPLACEMENT) {
                    refuse(&call.arguments, &[TEMPLATE], "cannot be given together with replacementValue")
                } else {
                    Ok(())
                },
            )
        }
        (false, true) if has(REPLACEMENT) => refuse(
            &call.arguments,
            &[ATTRIBUTE, TEMPLATE],
            "cannot be given together with regexPattern and replacementValue",
        ),
        (false, true) if has(GROUP) && has(ATTRIBUTE) => {
            refuse(&call.arguments, &[TEMPLATE], "cannot be given together with regexPattern")
        }
        (true, true) => {
            refuse(&call.arguments, &[PATTERN], "cannot be given together with oldValue: Replace looks for one of them")
        }
        (true, false) => {
            Err((call.name, "Replace needs a replacementValue (argument 5) or a template (argument 7)".into()))
        }
        (false, true) if has(ATTRIBUTE) => {
            Err((call.name, "Replace needs the regexGroupName (argument 4) that is taken from the attribute".into()))
        }
        (false, true) => Err((
            call.name,
            "Replace needs a replacementValue (argument 5), or a regexGroupName and a replacementAttributeName \
             (arguments 4 and 6)"
                .into(),
        )),
        (false, false) => Err((
            call.name,
            "Replace needs an oldValue (argument 2) or a regexPattern (argument 3) to look for".to_owned(),
        )),
    };
    behaviour.map_err(|(span, message)| Fault::at(span, message))?;
    let Kind::Call(_, arguments) = &mut node.kind else { return Ok(node) };
    check_group(arguments)?;
    read_replacement(arguments);
    Ok(node)
}

type Refusal = (crate::language::fault::Span, String);

fn refuse(
    given: &[Option<crate::language::syntax::Expression>],
    positions: &[usize],
    reason: &str,
) -> Result<(), Refusal> {
    const NAMES: [&str; 7] = [
        "source",
        "oldValue",
        "regexPattern",
        "regexGroupName",
        "replacementValue",
        "replacementAttributeName",
        "template",
    ];
    for position in positions {
        if let Some(Some(argument)) = given.get(*position) {
            let name = NAMES.get(*position).unwrap_or(&"");
            return Err((argument.span, format!("the {name} (argument {}) {reason}", position + 1)));
        }
    }
    Ok(())
}

/// A group that is named by a text must be one of the pattern.
fn check_group(arguments: &[Option<Node>]) -> Result<(), Fault> {
    let Some(Some(pattern)) = arguments.get(PATTERN) else { return Ok(()) };
    let Some(Some(group)) = arguments.get(GROUP) else { return Ok(()) };
    if let (Kind::Regular(regular), Kind::Constant(Value::Text(name))) = (&pattern.kind, &group.kind)
        && regular.group(name).is_none()
    {
        let names: Vec<&str> = regular.groups().iter().filter_map(|group| group.name.as_deref()).collect();
        let known =
            if names.is_empty() { "it names none".into() } else { format!("its groups are {}", names.join(", ")) };
        return Err(Fault::at(group.span, format!("the regular expression has no group \"{name}\"; {known}")));
    }
    Ok(())
}

/// Without a group, the replacement of a regular expression is a pattern itself: it is read once.
fn read_replacement(arguments: &mut [Option<Node>]) {
    if matches!(arguments.get(GROUP), Some(Some(_))) {
        return;
    }
    let text = match arguments.get(REPLACEMENT) {
        Some(Some(Node { kind: Kind::Constant(Value::Text(text)), .. })) => text.clone(),
        _ => return,
    };
    let replacement = match arguments.get(PATTERN) {
        Some(Some(Node { kind: Kind::Regular(regular), .. })) => Replacement::new(&text, regular),
        _ => return,
    };
    if let Some(Some(node)) = arguments.get_mut(REPLACEMENT) {
        node.kind = Kind::Replacement(Box::new(replacement));
    }
}
