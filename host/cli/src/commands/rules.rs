//! `rollcall rules try`: whether a rule holds for a user, part by part.

use std::time::{SystemTime, UNIX_EPOCH};

use group_rules::trace::Node;
use group_rules::trial::{TrialError, try_rule};

use super::user;
use crate::args::{Rules, TryRule};
use crate::refusal::{Refusal, WRONG, say};

pub async fn run(command: &Rules, json: bool) -> Result<u8, Refusal> {
    let Rules::Try(wish) = command;
    try_one(wish, json)
}

/// The time, in ticks of 100 ns since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos() / 100).unwrap_or(0)
}

fn try_one(wish: &TryRule, json: bool) -> Result<u8, Refusal> {
    let object = user::load(&wish.user, wish.tenant.as_ref())?;
    match try_rule(&wish.rule, &object, now()) {
        Ok(tried) if json => {
            say(&tried.to_json().to_string());
            Ok(0)
        }
        Ok(tried) => {
            say(if tried.belongs {
                "The user belongs to the group:"
            } else {
                "The user does not belong to the group:"
            });
            show(&tried.tree, 1);
            Ok(0)
        }
        Err(error) if json => {
            say(&error.to_json().to_string());
            Ok(WRONG)
        }
        Err(error) => {
            match &error {
                TrialError::Rule(error) => eprintln!("{}", error.render(&wish.rule)),
                error => eprintln!("{error}"),
            }
            Ok(WRONG)
        }
    }
}

fn show(node: &Node, depth: usize) {
    let result = match &node.outcome {
        Ok(true) => "true",
        Ok(false) => "false",
        Err(reason) => reason,
    };
    let read = node.read.as_ref().map(|read| format!("   ({} is \"{}\")", read.name, read.value)).unwrap_or_default();
    say(&format!("{}{}  {}{read}", "  ".repeat(depth), result, node.expression));
    for child in &node.children {
        show(child, depth + 1);
    }
}
