//! One tenant's configuration: a TOML file, read once into types that cannot be wrong.
//!
//! The file is short in the common case, because nearly everything has a default; [`reference()`] is the file with all of them.
//!
//! | section | what it says | type |
//! | --- | --- | --- |
//! | `[tenant]` | name, and where the state is | [`TenantConfig`] |
//! | `[schedule]` | when `rollcall run` starts a run | [`Schedule`] |
//! | `[source]`, `[[mapping]]`, `[grouping]`, `[target]` | component, settings, grants, login, limits | [`StepConfig`] |
//! | `[[attribute]]`, `[mapping_options]`, `[table.NAME]` | short for settings of the mapping | [`StepConfig::settings`] |
//! | `[[group]]`, `[[group_by]]` | short for settings of the grouping | [`StepConfig::settings`] |
//! | `[scope]`, `[deprovisioning]` | who is synced, and what happens to the others | [`Scope`], [`Deprovisioning`] |
//! | `[safety]`, `[failure]`, `[history]` | thresholds, retries, retention | [`Safety`], [`FailurePolicy`], [`History`] |
//!
//! What a component is told is checked by the component itself; [`Origins`] turns what it says about a setting into a place in
//! the file, so that an administrator cannot tell who checked what. All mistakes are reported at once, each with its line; a
//! setting that nobody reads is one of them. No message, and nothing with a `Debug`, shows a secret.

mod component;
mod credential;
mod error;
mod grants;
mod limits;
mod login;
mod nearest;
mod origin;
mod origins;
mod policy;
mod quantity;
mod redaction;
mod secret;
mod section;
mod settings;
mod step;
mod template;
mod tenant;
#[cfg(test)]
mod tests;
mod text;
mod values;

pub use component::{BuiltIn, ComponentRef, StepKind};
pub use error::{ConfigError, ConfigErrors, Severity};
pub use grants::{GrantedFile, Grants};
pub use limits::Limits;
pub use login::{BearerLogin, Cloud, HeaderLogin, KaizalaLogin, Login, LoginKind, MicrosoftLogin, OAuth2Login};
pub use origin::{AddressError, BaseUrl, HostPattern, Origin, Scheme};
pub use origins::Origins;
pub use policy::{
    Deprovisioning, DisabledAccounts, FailurePolicy, History, OnExpiredCursor, OutOfScope, Repetition, Safety,
    Schedule, Scope, WhenBusy,
};
pub use quantity::{ByteSize, Growth, Share};
pub use secret::{Machine, Secret, Surroundings};
pub use step::StepConfig;
pub use template::{Starter, reference, starter};
pub use tenant::TenantConfig;
pub use text::Place;
