//! Which component does a step: a built-in one by its name, a file, or an https address.

use std::path::{Path, PathBuf};

use url::Url;

use super::grants::Grants;
use super::login::LoginKind;
use super::nearest::nearest;
use super::origin::{AddressError, checked};
use super::section::Section;
use super::text::quoted;

/// The four kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// Where people come from.
    Source,
    /// From a user to a profile.
    Mapping,
    /// From a person to groups.
    Grouping,
    /// The directory that is kept in step.
    Target,
}

impl StepKind {
    /// The word for it, as in `[source]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Mapping => "mapping",
            Self::Grouping => "grouping",
            Self::Target => "target",
        }
    }

    /// The component of a step that names none.
    pub fn usual(self) -> BuiltIn {
        match self {
            Self::Source => BuiltIn::GraphPull,
            Self::Mapping => BuiltIn::AttributeMapping,
            Self::Grouping => BuiltIn::GroupRules,
            Self::Target => BuiltIn::KaizalaPush,
        }
    }
}

/// The components that come with Rollcall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BuiltIn {
    /// Users of Microsoft Graph, by delta query.
    GraphPull,
    /// Users of a CSV file.
    CsvPull,
    /// Attributes by expressions.
    AttributeMapping,
    /// Groups by rules.
    GroupRules,
    /// Kaizala.
    KaizalaPush,
    /// A SCIM 2.0 service.
    ScimPush,
    /// CSV files.
    CsvPush,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::GraphPull,
        Self::CsvPull,
        Self::AttributeMapping,
        Self::GroupRules,
        Self::KaizalaPush,
        Self::ScimPush,
        Self::CsvPush,
    ];

    /// The name, as a tenant's file says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::GraphPull => "graph-pull",
            Self::CsvPull => "csv-pull",
            Self::AttributeMapping => "attribute-mapping",
            Self::GroupRules => "group-rules",
            Self::KaizalaPush => "kaizala-push",
            Self::ScimPush => "scim-push",
            Self::CsvPush => "csv-push",
        }
    }

    /// The step that it does.
    pub fn step(self) -> StepKind {
        match self {
            Self::GraphPull | Self::CsvPull => StepKind::Source,
            Self::AttributeMapping => StepKind::Mapping,
            Self::GroupRules => StepKind::Grouping,
            Self::KaizalaPush | Self::ScimPush | Self::CsvPush => StepKind::Target,
        }
    }

    /// The kind of login that it needs; none when it can do without.
    pub(super) fn needed_login(self) -> Option<LoginKind> {
        match self {
            Self::GraphPull => Some(LoginKind::Microsoft),
            Self::KaizalaPush => Some(LoginKind::Kaizala),
            _ => None,
        }
    }

    /// The setting that holds the address it talks to, when it has one.
    pub(super) fn address_setting(self) -> Option<&'static str> {
        match self {
            Self::GraphPull | Self::KaizalaPush | Self::ScimPush => Some("base_url"),
            Self::CsvPull => Some("url"),
            _ => None,
        }
    }

    /// The setting that holds the file it reads, when it has one.
    pub(super) fn file_setting(self) -> Option<&'static str> {
        match self {
            Self::CsvPull => Some("file"),
            _ => None,
        }
    }

    /// What it is granted without being told, besides the origin of its address and its file.
    pub(super) fn usual_grants(self) -> Grants {
        let none = Grants::default();
        match self {
            Self::GraphPull | Self::CsvPull => none,
            Self::AttributeMapping => Grants { lookup: true, ..none },
            Self::GroupRules => Grants { scheduling: true, ..none },
            Self::KaizalaPush => Grants { storage: true, outbox: true, ..none },
            Self::ScimPush => Grants { storage: true, ..none },
            Self::CsvPush => Grants { outbox: true, ..none },
        }
    }
}

/// Where a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentRef {
    /// It comes with Rollcall.
    BuiltIn(BuiltIn),
    /// A file; a relative path starts from the folder of the tenant's file.
    Path(PathBuf),
    /// An https address (http on this machine).
    Url(Url),
}

impl ComponentRef {
    /// Reads the setting `component` of a step.
    pub(super) fn read(section: &Section<'_>, step: StepKind) -> Self {
        let usual = Self::BuiltIn(step.usual());
        let Some(written) = section.get::<String>("component") else { return usual };
        Self::parse(&written, step, section.reader.folder).unwrap_or_else(|error| {
            section.error("component", error.message, error.suggestion);
            usual
        })
    }

    /// Reads what names a component for a step. A relative path starts from `folder`.
    pub fn parse(written: &str, step: StepKind, folder: &Path) -> Result<Self, AddressError> {
        if written.contains("://") {
            return checked(written).map(Self::Url);
        }
        // A name has no slash and no dot, so that a file is never mistaken for a component of ours or the reverse.
        if written.contains(['/', '\\', '.']) {
            return Ok(Self::Path(folder.join(written)));
        }
        match BuiltIn::ALL.into_iter().find(|known| known.name() == written) {
            Some(known) if known.step() == step => Ok(Self::BuiltIn(known)),
            Some(other) => {
                let message = format!("{written} is a {}, not a {}", other.step().as_str(), step.as_str());
                Err(AddressError { message, suggestion: Some(built_in_names(step)) })
            }
            None => {
                let names = BuiltIn::ALL.into_iter().filter(|known| known.step() == step).map(BuiltIn::name);
                let suggestion = match nearest(written, names) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!(
                        "{}; a file is written with its folder: \"./{}\"",
                        built_in_names(step),
                        harmless(written)
                    ),
                };
                let message = format!("no built-in {} is named {}", step.as_str(), quoted(written));
                Err(AddressError { message, suggestion: Some(suggestion) })
            }
        }
    }
}

fn built_in_names(step: StepKind) -> String {
    let names =
        BuiltIn::ALL.into_iter().filter(|known| known.step() == step).map(|known| format!("\"{}\"", known.name()));
    format!("built in: {}", names.collect::<Vec<_>>().join(", "))
}

/// A name that may stand in a suggestion.
fn harmless(written: &str) -> String {
    quoted(written).trim_matches('"').to_owned() + ".wasm"
}
