//! `rollcall sync --record`: the calls of a step, each as a folder that `rollcall component run` and `test` make again without a network.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `component.toml` | what the step was told and granted, what it read in its storage and of other users, what it was answered over HTTP |
//! | `sample.jsonl` | the batch, with what came of it as what is expected |

mod sample;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use rollcall_sync::config::{StepConfig, TenantConfig};
use rollcall_sync::steps::sandboxed::{Asked, Recorded, Recording, Taken};
use serde_json::{Map, Value, json};

use super::project::{FILE, SERVER};
use super::values;
use crate::refusal::Refusal;

/// Folders for the calls of steps, by the step's name.
pub struct Records {
    folders: BTreeMap<String, Folder>,
    /// The first thing that could not be written.
    failed: Mutex<Option<String>>,
}

struct Folder {
    path: PathBuf,
    step: StepConfig,
    count: AtomicU32,
}

impl Records {
    /// The records that are wished for, each as STEP=FOLDER.
    pub fn of(config: &TenantConfig, wishes: &[String]) -> Result<Self, Refusal> {
        let mut folders = BTreeMap::new();
        for wish in wishes {
            let wrong = |reason: String| Refusal::wrong(format!("--record {wish}: {reason}"));
            let named = wish.split_once('=').filter(|(step, folder)| !step.is_empty() && !folder.is_empty());
            let (name, path) =
                named.ok_or_else(|| wrong("write STEP=FOLDER, such as mapping[1]=./recorded".to_owned()))?;
            let Some(step) = config.steps().find(|step| step.name == name) else {
                let names: Vec<&str> = config.steps().map(|step| step.name.as_str()).collect();
                return Err(wrong(format!("there is no step \"{name}\"; there are: {}", names.join(", "))));
            };
            let path = PathBuf::from(path);
            if path.exists() {
                return Err(wrong(format!("{} is there already: nothing was changed", path.display())));
            }
            make(&path).map_err(|error| wrong(format!("{} cannot be made: {error}", path.display())))?;
            folders.insert(name.to_owned(), Folder { path, step: step.clone(), count: AtomicU32::new(0) });
        }
        Ok(Self { folders, failed: Mutex::default() })
    }

    /// What was recorded, for people; or why it could not be.
    pub fn told(&self) -> Result<Vec<String>, Refusal> {
        if let Some(failed) = &*self.failed.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(Refusal::failed(format!("the record is not whole: {failed}")));
        }
        let line = |(step, folder): (&String, &Folder)| {
            format!("{step}: {} calls recorded in {}", folder.count.load(Ordering::Relaxed), folder.path.display())
        };
        Ok(self.folders.iter().map(line).collect())
    }
}

impl Recording for Records {
    fn wants(&self, step: &str) -> bool {
        self.folders.contains_key(step)
    }

    fn called(&self, call: Recorded) {
        let Some(folder) = self.folders.get(&*call.step) else { return };
        let number = folder.count.fetch_add(1, Ordering::Relaxed) + 1;
        let path = folder.path.join(format!("{number:04}"));
        let project = project(&folder.step, &call);
        let written = toml::to_string(&project).map_err(|error| error.to_string()).and_then(|text| {
            make(&path)
                .and_then(|()| std::fs::write(path.join(FILE), text))
                .and_then(|()| std::fs::write(path.join("sample.jsonl"), sample::lines(&call)))
                .map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert(format!("{} cannot be written: {error}", path.display()));
        }
    }
}

/// A folder for the data of people: nobody else on the machine reads it.
fn make(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The project file of a call.
fn project(step: &StepConfig, call: &Recorded) -> Value {
    let origins: Vec<String> = step.grants.http.iter().map(ToString::to_string).collect();
    let grants = &step.grants;
    let http = if call.taken.exchanges.is_empty() { origins.clone() } else { vec![SERVER.to_owned()] };
    let settings: Value = serde_json::from_str(&call.settings).unwrap_or_default();
    let attribute = |attribute: &rollcall_sandbox::contract::types::Attribute| {
        json!({
            "name": attribute.name, "kind": values::kind(attribute.kind), "sensitive": attribute.sensitive,
            "creation_only": attribute.creation_only, "matching": attribute.matching,
        })
    };
    let mut project = json!({
        "name": "recorded",
        "step": step.kind.as_str(),
        "settings": elsewhere(settings, &origins),
        "grants": {
            "http": http, "storage": grants.storage, "lookup": grants.lookup, "scheduling": grants.scheduling,
            "outbox": grants.outbox, "files": grants.files.iter().map(|file| &file.name).collect::<Vec<_>>(),
        },
        "attribute": call.attributes.iter().map(attribute).collect::<Vec<_>>(),
    });
    if let (Asked::Pull { properties, cursor }, Some(project)) = (&call.asked, project.as_object_mut()) {
        project.insert("properties".to_owned(), properties.clone().into());
        project.insert("cursor".to_owned(), cursor.clone().into());
    }
    if let Some(project) = project.as_object_mut() {
        project.extend(taken(&call.taken, &origins));
    }
    without_null(project)
}

fn taken(taken: &Taken, origins: &[String]) -> Map<String, Value> {
    let stored = taken
        .storage
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), String::from_utf8_lossy(value.as_ref()?).into_owned().into())));
    let known = taken.people.iter().filter_map(|(id, object)| {
        let mut object = object.clone()?;
        object.insert("id".to_owned(), id.clone().into());
        Some(Value::Object(object))
    });
    let answer = |exchange: &rollcall_sandbox::egress::Exchange| {
        let path = url::Url::parse(&exchange.address).map(|url| url[url::Position::BeforePath..].to_owned());
        // The test's server writes its own, and what it sends is not packed.
        let own = ["content-length", "content-encoding", "date", "set-cookie"];
        let headers = exchange.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
        let headers: Map<String, Value> = headers.map(|(name, value)| (name.clone(), value.clone().into())).collect();
        elsewhere(
            json!({
                "request": format!("{} {}", exchange.method, path.unwrap_or_default()), "status": exchange.status,
                "headers": headers, "body": String::from_utf8_lossy(&exchange.body),
            }),
            origins,
        )
    };
    let in_use = taken.in_use.iter().map(|(attribute, text)| json!({ "attribute": attribute, "text": text }));
    Map::from_iter([
        ("storage".to_owned(), Value::Object(stored.collect())),
        ("due".to_owned(), taken.due.clone().into()),
        ("known".to_owned(), known.collect()),
        ("in_use".to_owned(), in_use.collect()),
        ("answer".to_owned(), taken.exchanges.iter().map(answer).collect()),
    ])
}

/// The same with the test's own server in place of the origins that the step was granted.
fn elsewhere(value: Value, origins: &[String]) -> Value {
    match value {
        Value::String(text) => {
            let moved = origins.iter().fold(text, |text, origin| text.replace(origin.as_str(), SERVER));
            Value::String(moved)
        }
        Value::Array(values) => values.into_iter().map(|value| elsewhere(value, origins)).collect(),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (key, elsewhere(value, origins))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

/// TOML has no null: what is not there is left out.
fn without_null(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().filter(|value| !value.is_null()).map(without_null).collect(),
        Value::Object(map) => {
            let rest = map.into_iter().filter(|(_, value)| !value.is_null());
            rest.map(|(key, value)| (key, without_null(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_toml_cannot_hold_is_left_out_and_the_origin_is_the_servers() {
        let settings = json!({ "url": "https://hr.example/a", "none": null, "list": [1, null, "https://hr.example"] });
        let moved = without_null(elsewhere(settings, &["https://hr.example".to_owned()]));
        assert_eq!(moved, json!({ "url": "{server}/a", "list": [1, "{server}"] }));
    }
}
