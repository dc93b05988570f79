//! The laws of the rule language.
//!
//! * A refused rule is pointed at where it is wrong, in words.
//! * An accepted rule has a normal form, and that is a rule with the same normal form.
//! * Whoever it is asked about, the evaluator that explains and the index come to the same, alone and among other rules.

use group_rules::index::Index;
use group_rules::language::property::{Kind, ProfileAttribute};
use group_rules::language::{Language as Rules, MAX_CHARACTERS, Rule, RuleError};
use group_rules::person::{GraphUser, Subject};
use group_rules::trace::{Outcome, trace};
use group_rules::trial::Trial;
use serde_json::Value as Json;

use crate::language::{Language, Shown, pairs};
use crate::person::People;
use crate::random::Random;
use crate::words::skeleton;

/// 2026-11-23T06:30:00Z
const NOW: i64 = 17_954_154_000_000_000;

/// So many rules are put into one index.
const TOGETHER: usize = 48;

/// Tables of cases to begin with.
const TABLES: [&str; 4] = [
    include_str!("../../../guest/group-rules/tests/rules/operators.txt"),
    include_str!("../../../guest/group-rules/tests/rules/collections.txt"),
    include_str!("../../../guest/group-rules/tests/rules/values.txt"),
    include_str!("../../../guest/group-rules/tests/rules/refused.txt"),
];

const WORDS: &[&str] = &[
    "user.department",
    "user.city",
    "user.state",
    "user.mobile",
    "user.accountEnabled",
    "user.dirSyncEnabled",
    "user.employeeHireDate",
    "user.otherMails",
    "user.proxyAddresses",
    "user.assignedPlans",
    "user.memberOf",
    "user.objectId",
    "user.telephoneNumber",
    "user.extensionAttribute3",
    "user.extension_c272a57b722d4eb29bfe327874ae79cb_Room",
    "profile.title",
    "profile.level",
    "profile.skills",
    "profile.since",
    "device.isRooted",
    "_",
    "assignedPlan.service",
    "assignedPlan.servicePlanId",
    "group.objectId",
    "system.now",
    " -plus ",
    " -minus ",
    "P1D",
    "PT90M",
    " -eq ",
    " -ne ",
    " -startsWith ",
    " -notEndsWith ",
    " -contains ",
    " -notContains ",
    " -match ",
    " -notMatch ",
    " -in ",
    " -notIn ",
    " -le ",
    " -ge ",
    " -any ",
    " -all ",
    "-not ",
    " -and ",
    " -or ",
    " and ",
    " or ",
    "not ",
    "(",
    ")",
    "[",
    "]",
    ",",
    "\"Sales\"",
    "'a'",
    "\"\"",
    "null",
    "$null",
    "true",
    "false",
    "2026-11-24T00:00:00Z",
    "\"2026-11-22\"",
    "7",
    "-0.5",
    "\"^(a|ab)+$\"",
    "\"(?=a)*\"",
    "\"(.)\\1\"",
    "\"[a-z-[aeiou]]{2,}\"",
    "\"\\p{Lu}\"",
    "\"(?i)x|\"",
    "Direct Reports for ",
    "\"f1a2b3c4-0001-4a00-9b00-000000000001\"",
    "('",
    "'']",
    " ",
    "\n",
];

/// The rule language, and the rules that wait to be put into one index.
pub struct RuleLanguage {
    language: Rules,
    waiting: Vec<Rule>,
}

impl Default for RuleLanguage {
    fn default() -> Self {
        let attribute = |position, name: &str, kind| ProfileAttribute {
            name: name.into(),
            kind,
            position,
            sensitive: position == 0,
        };
        let language = Rules::with_profile([
            attribute(0, "title", Kind::Text),
            attribute(1, "level", Kind::Number),
            attribute(2, "skills", Kind::Texts),
            attribute(3, "since", Kind::Moment),
        ]);
        Self { language, waiting: Vec::new() }
    }
}

impl Language for RuleLanguage {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn seeds(&self) -> Vec<String> {
        let lines = TABLES.iter().flat_map(|table| table.lines());
        let cases = lines.filter(|line| !line.starts_with('#') && !line.starts_with("given "));
        cases.filter_map(|line| Some(line.rsplit_once(" =")?.0.to_owned())).collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        WORDS
    }

    fn longest(&self) -> usize {
        // A little longer than a rule may be.
        MAX_CHARACTERS + 100
    }

    fn judge(&mut self, text: &str, random: &mut Random) -> Result<Shown, String> {
        let rule = match self.language.parse(text) {
            Ok(rule) => rule,
            Err(error) => return refused(text, &error),
        };
        let normal = rule.root.to_string();
        self.keeps_its_normal_form(&normal)?;
        let mut traits = pairs(&skeleton(&normal));
        let mut index = Index::compile([rule.root.clone()]);
        let mut people = people(text, random);
        let mut asked = 0;
        for _ in 0..3 {
            let user = user(people.person())?;
            let outcome = agree(&mut index, std::slice::from_ref(&rule), &user)?;
            traits.push(match outcome {
                Ok(truth) => format!("answer: {truth}"),
                Err(reason) => format!("undecided: {}", skeleton(&reason)),
            });
            asked += 1;
        }
        self.waiting.push(rule);
        if self.waiting.len() == TOGETHER {
            let rules = std::mem::take(&mut self.waiting);
            let mut index = Index::compile(rules.iter().map(|rule| rule.root.clone()));
            for _ in 0..4 {
                agree(&mut index, &rules, &user(people.person())?).map(drop)?;
                asked += TOGETHER as u64;
            }
        }
        Ok(Shown { accepted: true, traits, people: asked })
    }
}

impl RuleLanguage {
    fn keeps_its_normal_form(&self, normal: &str) -> Result<(), String> {
        // It may be longer than the rule: that is no rule to read again.
        if normal.chars().count() > MAX_CHARACTERS {
            return Ok(());
        }
        match self.language.parse(normal) {
            Ok(again) if again.root.to_string() == normal => Ok(()),
            Ok(again) => Err(format!("the normal form has another normal form: {normal} and {}", again.root)),
            Err(error) => Err(format!("the normal form is refused: {}", error.render(normal))),
        }
    }
}

fn refused(text: &str, error: &RuleError) -> Result<Shown, String> {
    let length = text.chars().count();
    if error.position > length || error.length == 0 {
        return Err(format!("the fault lies outside of the rule of {length} characters: {error:?}"));
    }
    if error.message.is_empty() || !error.render(text).ends_with('^') {
        return Err(format!("the fault is not shown: {error:?}"));
    }
    Ok(Shown { accepted: false, traits: vec![format!("refused: {}", skeleton(&error.message))], people: 0 })
}

/// People with what the rule asks about.
fn people<'a>(text: &str, random: &'a mut Random) -> People<'a> {
    let mut people = People::of(text, random, |word| {
        let (object, name) = word.split_once('.')?;
        match object.to_ascii_lowercase().as_str() {
            "profile" => Some(format!("profile.{}", name.to_ascii_lowercase())),
            "user" => Some(path(name)),
            _ => None,
        }
    });
    people.properties.extend(["id".to_owned(), "manager".to_owned()]);
    people
}

/// Where Graph has a property.
fn path(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let graph = match lower.as_str() {
        "mobile" => "mobilePhone",
        "telephonenumber" => "businessPhones",
        "dirsyncenabled" => "onPremisesSyncEnabled",
        "physicaldeliveryofficename" => "officeLocation",
        "objectid" => "id",
        _ if lower.starts_with("extensionattribute") => return format!("onPremisesExtensionAttributes.{name}"),
        _ => name,
    };
    graph.to_owned()
}

fn user(mut person: Json) -> Result<GraphUser, String> {
    let profile = person.as_object_mut().and_then(|person| person.remove("profile"));
    let profile = profile.as_ref().and_then(Json::as_object).cloned().unwrap_or_default();
    Ok(GraphUser::parse(&person.to_string())?.with_profile(profile))
}

/// Asks both evaluators; answers what the first rule came to.
fn agree(index: &mut Index, rules: &[Rule], user: &GraphUser) -> Result<Outcome, String> {
    let decision = index.decide(|_, property| user.value(property), NOW);
    let mut first = None;
    for (number, rule) in rules.iter().enumerate() {
        let number = number as u32;
        let outcome = trace(rule, user, NOW).outcome;
        let undecided = decision.undecided.iter().any(|(rule, _)| *rule == number);
        let holds = decision.rules.contains(&number);
        if undecided != outcome.is_err() || (!undecided && outcome != Ok(holds)) {
            return Err(format!(
                "index and explanation differ ({holds}, undecided {undecided}; {outcome:?}): {} for {user:?}",
                rule.text
            ));
        }
        if first.is_none() {
            // What is shown to people has the same answer in it.
            let shown = Trial::of(rule, user, NOW).map(|trial| (trial.to_json(), trial.to_text()));
            if let Ok((json, text)) = &shown
                && (json.get("membershipRuleEvaluationResult") != Some(&Json::Bool(holds)) || text.is_empty())
            {
                return Err(format!("what is shown differs: {json} for {}", rule.text));
            }
            first = Some(outcome);
        }
    }
    first.ok_or_else(|| "no rule was asked".to_owned())
}
