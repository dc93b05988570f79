//! Fuzzing of both languages: rules and expressions are mutated, tried on mutated people, and held to laws that hold for all.
//!
//! ```text
//! tables of cases --> corpus --pick, mutate--> text + person --judge--> broken law: stop and show
//!                       ^                                     |
//!                       +-------- says something new ---------+
//! ```
//!
//! It knows the structure of both languages (words, texts, brackets), so most mutations are still nearly right, and it is guided:
//! what shows a trait that no text showed before, such as two words side by side in an accepted rule, a new kind of refusal or a new
//! kind of answer, joins the corpus. That needs no instrumented compiler, so it runs with the stable one in every test run; a long
//! run is `cargo run --release -p rollcall-fuzz -- rules --seconds 600`. The same seed does the same as long as time does not end
//! it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`campaign`] | the loop, the corpus, the report |
//! | [`language`] | what a language must answer to be fuzzed |
//! | [`rules`], [`mapping`] | the laws of the two languages |
//! | [`mutation`], [`words`] | texts |
//! | [`person`] | people |
//! | [`random`] | lots |

pub mod campaign;
pub mod language;
pub mod mapping;
pub mod mutation;
pub mod person;
pub mod random;
pub mod rules;
pub mod words;
