//! Packed batches as the host makes them, and answers as it reads them: for tests that compare the two forms.

use crate::grouping::{Assignment, Belonging, Candidate, Undecided};
use crate::mapping::{Outcome, Person};
use crate::packed::{Assignments, Candidates, Outcomes, PackedGrouping, PackedMapping, People, read_outcomes};

/// The outcomes of a batch by way of its packed form.
///
/// # Panics
/// When the answer is not what the contract says.
pub fn map_packed<M: PackedMapping>(mapping: &M, people: &[Person]) -> Vec<Outcome> {
    through_outcomes(people, |people, outcomes| mapping.map_packed(people, outcomes))
}

/// The same for a function: what stands behind a mapping, say.
///
/// # Panics
/// When the answer is not what the contract says.
pub fn through_outcomes(people: &[Person], map: impl FnOnce(&mut People<'_>, &mut Outcomes)) -> Vec<Outcome> {
    let mut written = Outcomes::for_people(0);
    for person in people {
        written.person(person);
    }
    let pack = written.into_pack();
    let mut outcomes = Outcomes::for_people(people.len() as u32);
    map(&mut People::new(people.len() as u32, &pack), &mut outcomes);
    read_outcomes(&outcomes.into_pack())
}

/// The assignments of a batch by way of its packed form.
///
/// # Panics
/// When the answer is not what the contract says.
pub fn assign_packed<G: PackedGrouping>(grouping: &G, people: &[Candidate], rules: Option<&[u32]>) -> Vec<Assignment> {
    through_assignments(people, |people, assignments| grouping.assign_packed(people, rules, assignments))
}

/// The same for a function: what stands behind a grouping, say.
///
/// # Panics
/// When the answer is not what the contract says.
pub fn through_assignments(
    people: &[Candidate],
    assign: impl FnOnce(&mut Candidates<'_>, &mut Assignments),
) -> Vec<Assignment> {
    let mut written = Outcomes::for_people(0);
    for person in people {
        written.candidate(person);
    }
    let pack = written.into_pack();
    let mut assignments = Assignments::for_people(people.len() as u32);
    assign(&mut Candidates::new(people.len() as u32, &pack), &mut assignments);
    let packed = assignments.into_packed();
    let (mut numbers, mut texts) = (packed.numbers.iter().copied(), packed.texts.as_str());
    let mut assignments = Vec::new();
    while let Some(count) = numbers.next() {
        let rules = numbers.by_ref().take(count as usize).collect();
        let mut texts_by_rule = |numbers: &mut dyn Iterator<Item = u32>| -> Vec<(u32, String)> {
            let count = numbers.next().unwrap_or_default();
            (0..count)
                .map(|_| {
                    let rule = numbers.next().unwrap_or_default();
                    (rule, cut(&mut texts, numbers.next().unwrap_or_default()))
                })
                .collect()
        };
        let belongings = texts_by_rule(&mut numbers);
        let undecided = texts_by_rule(&mut numbers);
        let moment = cut(&mut texts, numbers.next().unwrap_or_default());
        assignments.push(Assignment {
            rules,
            belongings: belongings.into_iter().map(|(rule, key)| Belonging { key, rule }).collect(),
            undecided: undecided.into_iter().map(|(rule, reason)| Undecided { rule, reason }).collect(),
            changes_at: Some(moment).filter(|moment| !moment.is_empty()),
        });
    }
    assert!(texts.is_empty(), "texts that belong to nothing: {texts:?}");
    assignments
}

#[allow(clippy::expect_used, reason = "a test ends")]
fn cut(texts: &mut &str, bytes: u32) -> String {
    let (text, rest) = texts.split_at_checked(bytes as usize).expect("a text ends between two characters");
    *texts = rest;
    text.to_owned()
}
