//! The index, the evaluator that explains, and a deliberately simple evaluator agree on random rules and people.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test that breaks fails")]

mod oracle;

use group_rules::index::Index;
use group_rules::language::property::{Kind, ProfileAttribute};
use group_rules::person::{GraphUser, Subject};
use group_rules::trace::trace;
use group_rules::{Language, Rule};
use oracle::{DAY, Meaning, NOW, Random, holds, meaning, person, written};
use proptest::prelude::*;
use serde_json::Value as Json;

fn language() -> Language {
    let attribute =
        |position, name: &str, kind| ProfileAttribute { name: name.into(), kind, position, sensitive: false };
    Language::with_profile([
        attribute(0, "title", Kind::Text),
        attribute(1, "level", Kind::Number),
        attribute(2, "skills", Kind::Texts),
    ])
}

fn user(person: &Json) -> GraphUser {
    let profile = person["profile"].as_object().unwrap().clone();
    let mut user = person.clone();
    user.as_object_mut().unwrap().remove("profile");
    GraphUser::parse(&user.to_string()).unwrap().with_profile(profile)
}

fn rules(random: &mut Random, count: usize) -> Vec<(Meaning, Rule)> {
    let language = language();
    (0..count)
        .map(|_| {
            let meaning = meaning(random);
            let text = written(&meaning, random);
            let rule = language.parse(&text).unwrap_or_else(|error| panic!("{}\n{meaning:?}", error.render(&text)));
            (meaning, rule)
        })
        .collect()
}

fn decide(index: &mut Index, user: &GraphUser, now: i64) -> (Vec<u32>, Option<i64>) {
    let decision = index.decide(|_, property| user.value(property), now);
    assert!(decision.undecided.is_empty());
    (decision.rules.to_vec(), decision.changes_at)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    /// 120 sets of 50 rules, 30 people each: 180,000 pairs.
    #[test]
    fn three_evaluators_agree(seed: u64) {
        let mut random = Random(seed);
        let rules = rules(&mut random, 50);
        let mut index = Index::compile(rules.iter().map(|(_, rule)| rule.root.clone()));
        let mut true_pairs = 0;
        for _ in 0..30 {
            let person = person(&mut random);
            let user = user(&person);
            let (found, _) = decide(&mut index, &user, NOW);
            true_pairs += found.len();
            for (number, (meaning, rule)) in rules.iter().enumerate() {
                let expected = holds(meaning, &person, NOW);
                prop_assert_eq!(found.contains(&(number as u32)), expected, "index: {}\n{:?}\n{}", rule.text, meaning, person);
                let explained = trace(rule, &user, NOW).outcome;
                prop_assert_eq!(explained, Ok(expected), "trace: {}\n{:?}\n{}", rule.text, meaning, person);
            }
        }
        // The generator asks questions with both answers.
        prop_assert!((200..1_300).contains(&true_pairs), "{} of 1,500 are true", true_pairs);
    }

    /// The moment that is named is the first at which anything changes.
    #[test]
    fn nothing_changes_before_the_moment_that_is_named_and_something_then(seed: u64) {
        let mut random = Random(seed);
        let rules = rules(&mut random, 12);
        let mut index = Index::compile(rules.iter().map(|(_, rule)| rule.root.clone()));
        for _ in 0..10 {
            let person = person(&mut random);
            let user = user(&person);
            let (found, changes_at) = decide(&mut index, &user, NOW);
            let expected = |now| (0..rules.len() as u32).filter(|number| holds(&rules[*number as usize].0, &person, now)).collect::<Vec<_>>();
            if let Some(moment) = changes_at {
                prop_assert!(moment > NOW);
                prop_assert_eq!(&found, &expected(moment - 1));
                prop_assert_ne!(&found, &expected(moment));
            }
            // All that can change does within ten days.
            let last = changes_at.map_or(NOW + 20 * DAY, |moment| moment - 1);
            for step in 0..=8 {
                prop_assert_eq!(&found, &expected(NOW + (last - NOW) / 8 * step));
            }
        }
    }

    #[test]
    fn a_normal_form_means_the_same_as_the_rule(seed: u64) {
        let mut random = Random(seed);
        let language = language();
        for (_, rule) in rules(&mut random, 50) {
            let normal = rule.root.to_string();
            let again = language.parse(&normal).unwrap_or_else(|error| panic!("{}\nfrom {}", error.render(&normal), rule.text));
            prop_assert_eq!(again.root.to_string(), normal);
        }
    }
}

#[test]
fn choosing_the_access_again_after_a_sample_changes_no_answer() {
    let mut random = Random(7);
    let rules = rules(&mut random, 400);
    let people: Vec<GraphUser> = (0..600).map(|_| user(&person(&mut random))).collect();
    let mut index = Index::compile(rules.iter().map(|(_, rule)| rule.root.clone()));
    let first: Vec<_> = people.iter().map(|user| decide(&mut index, user, NOW)).collect();
    for round in 0..20 {
        for (user, expected) in people.iter().zip(&first) {
            assert_eq!(decide(&mut index, user, NOW), *expected, "round {round}");
        }
    }
}
