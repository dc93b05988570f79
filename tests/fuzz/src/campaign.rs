//! The loop: pick, mutate, judge, keep.

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::language::Language;
use crate::mutation::Mutator;
use crate::random::Random;

/// The corpus forgets at random beyond this many texts of each kind.
const CORPUS: usize = 20_000;

/// One text must be judged within this, also on a busy machine: a person that takes longer holds up a batch.
const SLOWEST: Duration = Duration::from_secs(5);

/// What to do.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Where the lots begin.
    pub seed: u64,
    /// When to end.
    pub time: Duration,
    /// When to end even before.
    pub executions: u64,
    /// Where each text is written before it is judged, so that it is known when the process dies.
    pub last: Option<PathBuf>,
    /// Whether to tell every minute how far it is.
    pub tells: bool,
    /// Texts to begin with beside the language's own: what an earlier campaign kept.
    pub more: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Texts judged.
    pub executions: u64,
    /// Those among them that the language took.
    pub accepted: u64,
    /// Pairs of a text and a person.
    pub people: u64,
    /// Texts in the corpus at the end, and how many it began with.
    pub corpus: (usize, usize),
    /// Different traits seen.
    pub traits: usize,
    /// The slowest text, and how long it took.
    pub slowest: (Duration, String),
    /// The corpus at the end.
    pub kept: Vec<String>,
    /// Laws that were broken: each with the first text that broke it.
    pub broken: BTreeMap<String, String>,
}

impl Campaign {
    /// Runs until time or executions are over, or ten laws are broken.
    pub fn run(&self, language: &mut dyn Language) -> Report {
        let begun = Instant::now();
        let mut random = Random(self.seed);
        let mut seeds = language.seeds();
        seeds.extend(self.more.iter().cloned());
        let mut report = Report { corpus: (0, seeds.len()), ..Report::default() };
        let mut seen = HashSet::new();
        let mut corpus = Corpus::default();
        let mut told = begun;
        let mut waiting = seeds.into_iter();
        while report.executions < self.executions && begun.elapsed() < self.time && report.broken.len() < 10 {
            let text = match waiting.next() {
                Some(seed) => seed,
                None => corpus.mutation(language, &mut random),
            };
            if let Some(path) = &self.last {
                // Best effort: it is read only after a crash.
                let _ = std::fs::write(path, &text);
            }
            let from = Instant::now();
            // Each text has lots of its own, so that it can be judged again without those before it.
            let mut own = Random(self.seed ^ report.executions);
            let judged = catch_unwind(AssertUnwindSafe(|| language.judge(&text, &mut own)));
            let took = from.elapsed();
            report.executions += 1;
            let judged = judged.unwrap_or_else(|panic| Err(format!("it panics: {}", said(panic.as_ref()))));
            match judged {
                Ok(_) if took > SLOWEST => {
                    drop(report.broken.insert(format!("it takes too long: {took:?}"), text.clone()))
                }
                Ok(shown) => {
                    report.accepted += u64::from(shown.accepted);
                    report.people += shown.people;
                    // All of them are noted, also after the first that is new.
                    let is_new = shown.traits.into_iter().filter(|shown| seen.insert(shown.clone())).count() > 0;
                    if is_new {
                        corpus.keep(text.clone(), shown.accepted, &mut random);
                    }
                }
                Err(law) => drop(report.broken.entry(law).or_insert_with(|| text.clone())),
            }
            if took > report.slowest.0 {
                report.slowest = (took, text);
            }
            if self.tells && told.elapsed() > Duration::from_secs(60) {
                told = Instant::now();
                eprintln!(
                    "{} s: {} texts, {} in the corpus, {} traits",
                    begun.elapsed().as_secs(),
                    report.executions,
                    corpus.len(),
                    seen.len()
                );
            }
        }
        report.corpus.0 = corpus.len();
        report.traits = seen.len();
        report.kept = corpus.accepted;
        report.kept.extend(corpus.refused);
        report
    }
}

/// What showed something new.
#[derive(Debug, Default)]
struct Corpus {
    accepted: Vec<String>,
    refused: Vec<String>,
}

impl Corpus {
    fn len(&self) -> usize {
        self.accepted.len() + self.refused.len()
    }

    fn keep(&mut self, text: String, accepted: bool, random: &mut Random) {
        let texts = if accepted { &mut self.accepted } else { &mut self.refused };
        if texts.len() >= CORPUS {
            let place = random.below(texts.len());
            texts.swap_remove(place);
        }
        texts.push(text);
    }

    /// A mutation of a text: mostly of an accepted one, and of a newer one more often.
    fn mutation(&self, language: &dyn Language, random: &mut Random) -> String {
        let texts = if random.chance(85) && !self.accepted.is_empty() { &self.accepted } else { &self.refused };
        let newest = texts.len().saturating_sub(200);
        let from = if random.chance(40) { newest } else { 0 };
        let text = texts.get(from + random.below(texts.len() - from)).map_or("", String::as_str);
        let other = random.pick(&self.accepted).map_or("", String::as_str);
        let mut mutator = Mutator { dictionary: language.dictionary(), longest: language.longest(), random };
        mutator.mutate(text, other)
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "texts judged: {} ({} accepted), with {} people", self.executions, self.accepted, self.people)?;
        writeln!(f, "corpus: {} texts from {}, {} traits", self.corpus.0, self.corpus.1, self.traits)?;
        writeln!(f, "the slowest took {:?}: {}", self.slowest.0, self.slowest.1.chars().take(200).collect::<String>())?;
        write!(f, "laws broken: {}", self.broken.len())?;
        for (law, text) in &self.broken {
            write!(f, "\n* {law}\n  {text:?}")?;
        }
        Ok(())
    }
}
