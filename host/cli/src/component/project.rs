//! `component.toml`: what a project is, and what its component is given where there is no tenant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rollcall_sandbox::contract::types::Attribute;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::args::{Language, Step};
use super::values;
use crate::refusal::Refusal;

/// The name of the file.
pub const FILE: &str = "component.toml";

/// What stands for the address of the test's own server.
pub const SERVER: &str = "{server}";

/// A project, as its file says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The folder.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The component's name.
    pub name: String,
    /// What it does.
    pub step: Step,
    /// What it is written in; the record of a call does not tell.
    pub language: Option<Language>,
    /// What it is told.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// What it is granted.
    #[serde(default)]
    pub grants: Grants,
    /// The attributes of the profile that the steps before it make.
    #[serde(default, rename = "attribute")]
    pub attributes: Vec<Given>,
    /// For a source: the user properties that the other steps read.
    #[serde(default)]
    pub properties: Vec<String>,
    /// What the test's own server answers.
    #[serde(default, rename = "answer")]
    pub answers: Vec<Answer>,
    /// What its storage holds at first.
    #[serde(default)]
    pub storage: Map<String, Value>,
    /// Subjects whose time has come.
    #[serde(default)]
    pub due: Vec<String>,
    /// For a source: where it goes on, unless the command says otherwise.
    pub cursor: Option<String>,
    /// Users that look-ups find besides those of the sample.
    #[serde(default)]
    pub known: Vec<Map<String, Value>>,
    /// Texts that somebody else has in an attribute.
    #[serde(default)]
    pub in_use: Vec<InUse>,
}

/// A text that is in use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InUse {
    /// The attribute.
    pub attribute: String,
    /// The text.
    pub text: String,
}

/// The same grants as in a tenant's file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    pub http: Vec<String>,
    pub storage: bool,
    pub lookup: bool,
    pub scheduling: bool,
    pub outbox: bool,
    pub files: Vec<String>,
}

/// An attribute that the component inherits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    name: String,
    #[serde(default = "text")]
    kind: String,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    creation_only: bool,
    matching: Option<u32>,
}

fn text() -> String {
    "text".to_owned()
}

/// One answer of the test's own server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Method and path, such as `GET /employees`; `*` at the end stands for anything. Several answers for one request are given in turn, the
    /// last one from then on.
    pub request: String,
    /// Default: 200.
    #[serde(default = "ok")]
    pub status: u16,
    /// The body, or a file of the project with it.
    #[serde(default)]
    pub body: String,
    pub file: Option<PathBuf>,
    /// Headers besides the usual ones, such as `retry-after`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

fn ok() -> u16 {
    200
}

impl Project {
    /// Reads the project of a folder.
    pub fn load(folder: &Path) -> Result<Self, Refusal> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Refusal::wrong(format!(
                "{} is no folder of a component: it has no {FILE} (`rollcall component new` makes one)",
                folder.display()
            )),
            _ => Refusal::wrong(format!("{} cannot be read: {error}", path.display())),
        })?;
        let mut project: Self =
            toml::from_str(&text).map_err(|error| Refusal::wrong(format!("{}: {error}", path.display())))?;
        project.folder = folder.to_owned();
        Ok(project)
    }

    /// The project of the folder in which a component lies, if that is one.
    pub fn beside(component: &Path) -> Result<Option<Self>, Refusal> {
        let folder = component.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        if folder.join(FILE).is_file() { Self::load(folder).map(Some) } else { Ok(None) }
    }

    /// Where its component is put when it is built.
    pub fn component(&self) -> PathBuf {
        self.folder.join(format!("{}.wasm", self.name))
    }

    /// The attributes that it inherits, in the contract's words.
    pub fn inherited(&self) -> Result<Vec<Attribute>, Refusal> {
        let attribute = |given: &Given| {
            let kind = values::kind_of(&given.kind).ok_or_else(|| {
                Refusal::wrong(format!(
                    "{}: \"{}\" is no type of an attribute: text, boolean, integer, number, date-time or texts",
                    self.folder.join(FILE).display(),
                    given.kind
                ))
            })?;
            let Given { name, sensitive, creation_only, matching, .. } = given.clone();
            Ok(Attribute { name, kind, sensitive, creation_only, matching })
        };
        self.attributes.iter().map(attribute).collect()
    }
}

/// Puts the address of the test's server where a text asks for it.
pub fn with_server(value: &Value, address: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(SERVER, address)),
        Value::Array(values) => values.iter().map(|value| with_server(value, address)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), with_server(value, address))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
