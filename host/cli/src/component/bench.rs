//! A work bench for one component: the real sandbox, with everything that it is granted lent out of memory.

mod memory;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rollcall_sandbox::contract::types::Attribute;
use rollcall_sandbox::egress::{Egress, Gate};
use rollcall_sandbox::{
    Capabilities, Component, Grants, GroupingInstance, GroupingStep, Limits, LinkError, MappingInstance, MappingStep,
    OriginGrant, Sandbox, SourceInstance, SourceStep, StepKind, TargetInstance, TargetStep,
};
use serde_json::{Map, Value};

pub use self::memory::Memory;
use super::args::Given;
use super::file;
use super::project::{FILE, Project, SERVER, with_server};
use super::server::Server;
use crate::refusal::Refusal;
use crate::setup;

/// A component with what it is given.
pub struct Bench {
    /// The component.
    pub component: Component,
    /// How it is called in messages.
    pub name: String,
    /// The step that is tried.
    pub kind: StepKind,
    /// What it is told.
    pub settings: Map<String, Value>,
    /// The attributes that it inherits.
    pub attributes: Vec<Attribute>,
    /// What it is granted.
    pub grants: Grants,
    /// How much it may use.
    pub limits: Limits,
    /// The project, where there is one.
    pub project: Option<Project>,
    /// The test's own server, where the project has answers: it stops when this is dropped.
    _server: Option<Server>,
    sandbox: Sandbox,
    files: Vec<String>,
    people: Arc<Vec<(String, String)>>,
    still: u64,
}

/// A component and the project that it belongs to.
fn find(component: &str) -> Result<(String, Option<Project>), Refusal> {
    let path = Path::new(component);
    if path.is_dir() {
        let project = Project::load(path)?;
        let built = project.component();
        if !built.is_file() {
            let message = format!("{} is not there yet: `rollcall component build` makes it", built.display());
            return Err(Refusal::wrong(message));
        }
        return Ok((built.display().to_string(), Some(project)));
    }
    let project = if path.is_file() { Project::beside(path)? } else { None };
    Ok((component.to_owned(), project))
}

impl Bench {
    /// Puts a component on the bench.
    pub async fn of(component: &str, given: &Given) -> Result<Self, Refusal> {
        let (name, own) = find(component)?;
        let project = match &given.recorded {
            Some(folder) => Some(Project::load(folder)?),
            None => own,
        };
        let sandbox = setup::sandbox()?;
        let component = file::load(&sandbox, &name).await?;
        let kind = match (given.step, &project, component.steps.as_slice()) {
            (Some(step), _, _) => step.kind(),
            (None, Some(project), _) => project.step.kind(),
            (None, None, [(kind, _)]) => *kind,
            (None, None, _) => {
                let steps: Vec<&str> = component.steps.iter().map(|(kind, _)| kind.as_str()).collect();
                return Err(Refusal::wrong(format!("{name} does {}: say which with --step", steps.join(" and "))));
            }
        };
        let server = match &project {
            Some(project) if !project.answers.is_empty() => Some(Server::start(project).await?),
            _ => None,
        };
        let address = server.as_ref().map_or("", |server| &server.address);
        let settings = settings(given.settings.as_deref(), project.as_ref())?;
        let settings = match with_server(&Value::Object(settings), address) {
            Value::Object(settings) => settings,
            _ => Map::new(),
        };
        let (grants, files) = grants(&given.grant, project.as_ref(), address)?;
        let attributes = project.as_ref().map_or(Ok(Vec::new()), Project::inherited)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let still = u64::try_from(now.as_nanos()).unwrap_or(0);
        let (limits, people) = (Limits::default(), Arc::default());
        Ok(Self {
            component,
            name,
            kind,
            settings,
            attributes,
            grants,
            limits,
            project,
            _server: server,
            sandbox,
            files,
            people,
            still,
        })
    }

    /// Who is found by look-ups: id and JSON object of each.
    pub fn know(&mut self, mut people: Vec<(String, String)>) {
        let known = self.project.iter().flat_map(|project| &project.known);
        let known = known.filter_map(|user| Some((user.get("id")?.as_str()?.to_owned(), user)));
        people.extend(known.map(|(id, user)| (id, Value::Object(user.clone()).to_string())));
        self.people = Arc::new(people);
    }

    /// The settings as the component gets them.
    pub fn settings(&self) -> String {
        Value::Object(self.settings.clone()).to_string()
    }

    /// The sample of the project.
    pub fn sample(&self) -> Option<PathBuf> {
        let path = self.project.as_ref()?.folder.join("sample.jsonl");
        path.is_file().then_some(path)
    }

    /// A memory as it is at the beginning: with the storage that the project gives.
    pub fn memory(&self) -> Arc<Memory> {
        let folder = self.project.as_ref().map_or_else(|| PathBuf::from("."), |project| project.folder.clone());
        let mut memory = Memory::new(folder, self.files.clone(), Arc::clone(&self.people));
        if let Some(project) = &self.project {
            memory = memory.with(&project.storage, project.due.clone(), project.in_use.clone());
        }
        Arc::new(memory)
    }

    fn lend(&self, memory: &Arc<Memory>) -> Result<Capabilities, Refusal> {
        let egress = if self.grants.http.is_empty() {
            None
        } else {
            let (gate, observer) = (Arc::<Gate>::default(), Some(Arc::clone(memory) as _));
            let egress = Egress::new(
                self.kind.as_str(),
                self.grants.http.clone(),
                Vec::new(),
                gate,
                observer,
                Arc::clone(memory) as _,
            );
            Some(egress.map_err(Refusal::failed)?)
        };
        let still = matches!(self.kind, StepKind::Mapping | StepKind::Grouping).then_some(self.still);
        Ok(Capabilities {
            key_value: Some(Arc::clone(memory) as _),
            lookup: Some(Arc::clone(memory) as _),
            scheduling: Some(Arc::clone(memory) as _),
            outbox: Some(Arc::clone(memory) as _),
            inbox: Some(Arc::clone(memory) as _),
            egress,
            log: Arc::clone(memory) as _,
            still_clock: still,
        })
    }
}

macro_rules! instance {
    ($function:ident, $step:ident, $instance:ident) => {
        impl Bench {
            /// A new instance of the component in this step, not configured yet.
            pub async fn $function(&self, memory: &Arc<Memory>) -> Result<$instance, Refusal> {
                let linked =
                    $step::link(&self.sandbox, &self.component, self.kind.as_str(), &self.grants, self.limits.clone())
                        .map_err(|error| self.refused(error))?;
                linked.instance(self.lend(memory)?).await.map_err(|error| Refusal::failed(error.to_string()))
            }
        }
    };
}

macro_rules! unpacked {
    ($function:ident, $step:ident, $instance:ident) => {
        impl Bench {
            /// An instance whose batches cross value by value, when the component also takes packed ones.
            pub async fn $function(&self, memory: &Arc<Memory>) -> Result<Option<$instance>, Refusal> {
                let linked =
                    $step::link(&self.sandbox, &self.component, self.kind.as_str(), &self.grants, self.limits.clone())
                        .map_err(|error| self.refused(error))?;
                if !linked.is_packed() {
                    return Ok(None);
                }
                let made = linked.unpacked().instance(self.lend(memory)?).await;
                made.map(Some).map_err(|error| Refusal::failed(error.to_string()))
            }
        }
    };
}

unpacked!(unpacked_mapping, MappingStep, MappingInstance);
unpacked!(unpacked_grouping, GroupingStep, GroupingInstance);

instance!(source, SourceStep, SourceInstance);
instance!(mapping, MappingStep, MappingInstance);
instance!(grouping, GroupingStep, GroupingInstance);
instance!(target, TargetStep, TargetInstance);

impl Bench {
    /// A missing grant is granted elsewhere here than in a tenant's file.
    pub fn refused(&self, error: LinkError) -> Refusal {
        Refusal::wrong(match error {
            LinkError::NotGranted { step, import, setting, section } => {
                let here = match &self.project {
                    Some(_) => format!("here, write `{setting}` under [grants] in {FILE}"),
                    None => format!("here, give --grant {}", setting.split(' ').next().unwrap_or_default()),
                };
                format!(
                    "{step}: the component asks for {import}, which it is not granted: {here}; in a tenant's file, under [{section}]"
                )
            }
            other => other.to_string(),
        })
    }
}

/// The settings: from a file, from the project, or none.
fn settings(file: Option<&Path>, project: Option<&Project>) -> Result<Map<String, Value>, Refusal> {
    let Some(path) = file else { return Ok(project.map(|project| project.settings.clone()).unwrap_or_default()) };
    let wrong = |reason: String| Refusal::wrong(format!("{}: {reason}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    if path.extension().is_some_and(|ending| ending == "toml") {
        return toml::from_str(&text).map_err(|error| wrong(error.to_string()));
    }
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

/// The grants of the project and of the command line together, and the files among them.
fn grants(given: &[String], project: Option<&Project>, server: &str) -> Result<(Grants, Vec<String>), Refusal> {
    let mut wanted = project.map(|project| project.grants.clone()).unwrap_or_default();
    for grant in given {
        match grant.split_once('=').unwrap_or((grant, "")) {
            ("http", origin) if !origin.is_empty() => wanted.http.push(origin.to_owned()),
            ("files", path) if !path.is_empty() => wanted.files.push(path.to_owned()),
            ("storage", "") => wanted.storage = true,
            ("lookup", "") => wanted.lookup = true,
            ("scheduling", "") => wanted.scheduling = true,
            ("outbox", "") => wanted.outbox = true,
            _ => {
                let message = format!(
                    "--grant {grant}: write storage, lookup, scheduling, outbox, http=https://hr.example.org or files=people.csv"
                );
                return Err(Refusal::wrong(message));
            }
        }
    }
    let http = wanted.http.iter().map(|origin| grant(origin, server)).collect::<Result<Vec<_>, _>>()?;
    let super::project::Grants { storage, lookup, scheduling, outbox, files, .. } = wanted;
    Ok((Grants { http, storage, lookup, scheduling, outbox, files: !files.is_empty(), ..Grants::default() }, files))
}

fn grant(origin: &str, server: &str) -> Result<OriginGrant, Refusal> {
    if origin == SERVER && server.is_empty() {
        let message = format!("{FILE}: \"{SERVER}\" is the test's own server, which needs at least one [[answer]]");
        return Err(Refusal::wrong(message));
    }
    OriginGrant::parse(&origin.replace(SERVER, server)).map_err(|error| Refusal::wrong(error.to_string()))
}
