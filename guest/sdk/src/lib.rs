//! What the author of a Rollcall step in Rust depends on.
//!
//! A *step* is one part of a directory sync: it says where people come from, what they become, which groups they belong to, or
//! how a directory is told. A step is a WebAssembly component, and this crate makes one out of a type that implements a trait
//! and one line that exports it.
//!
//! | to write | implement | export with |
//! | --- | --- | --- |
//! | a source: where people come from | [`source::Source`] | [`export_source!`] |
//! | a mapping: from a user to a profile | [`mapping::Mapping`] | [`export_mapping!`] |
//! | a grouping: from a person to groups | [`grouping::Grouping`] | [`export_grouping!`] |
//! | a target: the directory to keep in step | [`target::Target`] | [`export_target!`] |
//!
//! | for | there is | granted with |
//! | --- | --- | --- |
//! | values and attributes | [`Value`], [`Attribute`], and [`Layout`], which counts positions | |
//! | settings | [`settings`]: a serde type, and errors that name the setting and suggest the right one | |
//! | saying what went wrong | [`Problem`], [`Fault`], [`Failure`]; [`terminal`], for carets below the place | |
//! | the names of Microsoft Graph's properties | [`graph`] | |
//! | the run's log | [`info!`], [`warn!`] and the others | always |
//! | HTTP | [`http`] | the origins in `http` |
//! | keeping something from run to run | [`storage`] | `storage = true` |
//! | looking at other people | [`lookup`] | `lookup = true` |
//! | being called again at a time | [`scheduling`] | `scheduling = true` |
//! | files for somebody else to take | [`outbox`] | `outbox = true` |
//! | files that an administrator laid ready | [`inbox`] | `files = ["people.csv"]` |
//! | large batches, faster | [`packed`] | |
//! | unit tests, natively | [`testing`]: a double for each of these | |
//!
//! What the host offers is reached through [`Host`], which implements a small trait for each capability. Code that is written
//! against the trait runs in a unit test with a double. A component imports what it uses and nothing else.
//!
//! # A complete step
//!
//! A mapping that greets. With `crate-type = ["cdylib"]`, `cargo build --target wasm32-wasip2 --release` makes the component.
//!
//! ```
//! use rollcall_sdk::mapping::{Mapping, Outcome, Person, Schema};
//! use rollcall_sdk::{Attribute, Layout, Problem, Slot};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     greeting: String,
//! }
//!
//! /// What is read of a user.
//! #[derive(Deserialize)]
//! #[serde(rename_all = "camelCase")]
//! struct User {
//!     given_name: Option<String>,
//! }
//!
//! struct Greeting {
//!     greeting: String,
//!     layout: Layout,
//!     welcome: Slot,
//! }
//!
//! impl Mapping for Greeting {
//!     type Settings = Settings;
//!
//!     fn configure(settings: Settings, inherited: &[Attribute]) -> Result<(Self, Schema), Problem> {
//!         if settings.greeting.is_empty() {
//!             return Err(Problem::new("greeting", "a greeting has at least one letter").suggest("Hello"));
//!         }
//!         let mut layout = Layout::of(inherited);
//!         let welcome = layout.add(Attribute::text("welcome"));
//!         let schema = Schema {
//!             attributes: layout.attributes().to_vec(),
//!             properties: vec!["givenName".to_owned()],
//!             looked_up_properties: vec![],
//!         };
//!         Ok((Greeting { greeting: settings.greeting, layout, welcome }, schema))
//!     }
//!
//!     fn map(&self, person: &Person) -> Outcome {
//!         match person.read::<User>() {
//!             Ok(User { given_name: Some(name) }) => {
//!                 let mut row = self.layout.row(&person.inherited);
//!                 row.set(self.welcome, format!("{}, {name}!", self.greeting));
//!                 row.into()
//!             }
//!             Ok(User { given_name: None }) => Outcome::Skip("has no given name".to_owned()),
//!             Err(error) => Outcome::Reject(error.to_string()),
//!         }
//!     }
//! }
//!
//! rollcall_sdk::export_mapping!(Greeting);
//!
//! // A unit test needs no component:
//! let (mapping, schema) = rollcall_sdk::mapping::configure::<Greeting>(r#"{"greeting": "Welcome"}"#, &[]).unwrap();
//! assert_eq!(schema.attributes[0].name, "welcome");
//! let adele = Person { id: "1".into(), object: r#"{"givenName":"Adele"}"#.into(), inherited: vec![], exists: false };
//! assert_eq!(mapping.map(&adele), Outcome::Profile(vec!["Welcome, Adele!".into()]));
//! ```

pub mod bindings;
mod fault;
pub mod graph;
pub mod grouping;
pub mod http;
pub mod inbox;
#[doc(hidden)]
pub mod instance;
mod layout;
pub mod log;
pub mod lookup;
pub mod mapping;
pub mod outbox;
pub mod packed;
pub mod scheduling;
pub mod settings;
pub mod source;
pub mod storage;
pub mod target;
pub mod terminal;
pub mod testing;
mod value;

pub use bindings::capabilities::rollcall::sync::types::{
    Attribute, AttributeType, Failure, Fault, Problem, Retry, TraceNode, Value,
};
pub use layout::{Layout, Row, Slot};
pub use settings::NoSettings;

/// What the host offers: it implements [`http::Client`], [`storage::Storage`], [`lookup::Lookup`],
/// [`scheduling::Scheduling`], [`outbox::Outbox`] and [`inbox::Inbox`], each over its import. Works in a component only; tests use the doubles
/// of [`testing`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Host;

/// The examples of the contract's README are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../wit/README.md")]
struct Readme;
