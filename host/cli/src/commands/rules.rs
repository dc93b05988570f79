//! `rollcall rules try`: whether a rule holds for a user, part by part.
//!
//! A rule over the user runs here alone, with the language's own library. One over the profile needs a tenant, whose mapping makes
//! the profile in the sandbox, as a sync would.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use group_rules::Language;
use group_rules::language::property::{Kind, ProfileAttribute};
use group_rules::person::GraphUser;
use group_rules::trial::{Trial, TrialError};
use rollcall_sandbox::contract::mapping::Outcome;
use rollcall_sandbox::contract::types::{Attribute, AttributeType};
use rollcall_sync::profile::readable;
use rollcall_sync::steps::{StepError, Steps};
use serde_json::Value as Json;

use super::{mapping, user};
use crate::args::{Rules, TryRule};
use crate::refusal::{Refusal, WRONG, say};
use crate::setup;

pub async fn run(command: &Rules, json: bool) -> Result<u8, Refusal> {
    let Rules::Try(wish) = command;
    match tried(wish).await {
        Ok(answer) => Ok(show(&answer, &wish.rule, json)),
        Err(refused) => user::not_tried(refused, json),
    }
}

/// The time, in ticks of 100 ns since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos() / 100).unwrap_or(0)
}

async fn tried(wish: &TryRule) -> Result<Result<Trial, TrialError>, Refusal> {
    let asks_about_the_profile = wish.rule.to_ascii_lowercase().contains("profile.");
    let tenant = wish.tenant.as_deref().filter(|_| asks_about_the_profile);
    let object = user::load(&wish.user, wish.tenant.as_ref())?;
    let (language, profile) = match tenant {
        Some(tenant) => mapped(tenant, &object, &wish.user).await?,
        None => (Language::default(), Vec::new()),
    };
    // The rule is refused whoever the user is.
    let rule = match language.parse(&wish.rule) {
        Ok(rule) => rule,
        Err(error) => return Ok(Err(TrialError::Rule(error))),
    };
    Ok(GraphUser::parse(&object)
        .map_err(TrialError::User)
        .and_then(|user| Trial::of(&rule, &user.with_profile(profile), now())))
}

/// The language over a tenant's profile, and what the user's profile is.
async fn mapped(tenant: &Path, object: &str, named: &str) -> Result<(Language, Vec<(String, Json)>), Refusal> {
    let config = setup::config(tenant, &[])?;
    let ready = setup::ready(&config).await?;
    let attributes = &ready.steps.shape().attributes;
    let language = Language::with_profile(attributes.iter().enumerate().map(profile_attribute));
    let failed = |error: StepError| Refusal::failed(error.to_string());
    let mut mapping = ready.steps.mapping().await.map_err(failed)?;
    let person = mapping::person(object.to_owned(), named);
    let outcome = mapping.map_people(vec![person]).await.map_err(failed)?.outcomes.pop();
    let reason = match outcome {
        Some(Outcome::Profile(values)) => {
            let values = attributes.iter().zip(&values);
            return Ok((
                language,
                values.map(|(attribute, value)| (attribute.name.clone(), readable(value))).collect(),
            ));
        }
        Some(Outcome::Skip(reason) | Outcome::Reject(reason)) => reason,
        None => "the mapping gave no answer".to_owned(),
    };
    Err(Refusal::failed(format!("the rule asks about the profile, and this user has none: {reason}")))
}

fn profile_attribute((position, attribute): (usize, &Attribute)) -> ProfileAttribute {
    let kind = match attribute.kind {
        AttributeType::Text => Kind::Text,
        AttributeType::Boolean => Kind::Boolean,
        AttributeType::Integer | AttributeType::Number => Kind::Number,
        AttributeType::DateTime => Kind::Moment,
        AttributeType::Texts => Kind::Texts,
    };
    ProfileAttribute { name: attribute.name.clone(), kind, position, sensitive: attribute.sensitive }
}

fn show(answer: &Result<Trial, TrialError>, rule: &str, json: bool) -> u8 {
    match answer {
        Ok(trial) if json => say(&trial.to_json().to_string()),
        Ok(trial) => say(trial.to_text().trim_end()),
        Err(error) if json => say(&error.to_json().to_string()),
        Err(TrialError::Rule(error)) => eprintln!("{}", error.render(rule)),
        Err(error) => eprintln!("{error}"),
    }
    if answer.is_ok() { 0 } else { WRONG }
}
