//! Loading, linking and checking a tenant's components: everything that can be wrong is found here, before any network call.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use cap_std::fs::Dir;
use rollcall_sandbox::contract::grouping::Plan;
use rollcall_sandbox::contract::mapping::Schema;
use rollcall_sandbox::contract::types::{Attribute, Problem};
use rollcall_sandbox::egress::{Allowances, Egress, Gate};
use rollcall_sandbox::{
    CallError, Capabilities, Component, Extension, Grants, GroupingStep, Limits, LinkError, MappingStep, Sandbox,
    SourceStep, TargetStep,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::inbox::GrantedFiles;
use super::lent::{Lender, RunSink, StepSink};
use super::recording::Recording;
use super::{Linked, SandboxedSteps, logins};
use crate::clock::Clock;
use crate::config::{BuiltIn, ComponentRef, ConfigError, OutOfScope, StepConfig, StepKind, TenantConfig};
use crate::steps::Shape;
use crate::store::Store;

/// The bytes of a component, on their way.
pub type Bytes<'a> = Pin<Box<dyn Future<Output = Result<Cow<'static, [u8]>, String>> + Send + 'a>>;

/// Where the bytes of components come from. Whoever gives them decides which are trusted.
pub trait Components: Send + Sync {
    /// The bytes of a component.
    ///
    /// # Errors
    /// A sentence that says why it cannot be had.
    fn bytes<'a>(&'a self, component: &'a ComponentRef) -> Bytes<'a>;
}

/// What a tenant's steps work with.
#[derive(Clone)]
pub struct Services {
    /// Runs components.
    pub sandbox: Sandbox,
    /// Gives their bytes.
    pub components: Arc<dyn Components>,
    /// The tenant's state.
    pub store: Arc<dyn Store>,
    /// The tenant's folder of files for somebody else.
    pub outbox: Option<Arc<Dir>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What pauses and allowances of requests go by, which a clock that is set must not disturb.
    pub pace: Arc<dyn rollcall_sandbox::clock::Clock>,
    /// The requests a minute of logins, which other tenants may have too.
    pub allowances: Allowances,
    /// What the embedding application offers to steps besides the contract, by the name of the step, such as `mapping[1]`.
    pub extensions: BTreeMap<String, Vec<Extension>>,
    /// Who keeps the calls of some steps, if anybody does.
    pub recording: Option<Arc<dyn Recording>>,
}

/// What is wrong with a tenant's configuration, each with its place in the file.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
pub struct Problems(pub Vec<ConfigError>);

/// The rule that stands for the scope.
const SCOPE: &str = "scope";

impl SandboxedSteps {
    /// Loads, links and configures every step of a tenant, without any network call.
    ///
    /// # Errors
    /// What is wrong, with its place in the tenant's file.
    pub async fn load(config: &TenantConfig, services: &Services) -> Result<Self, Problems> {
        let loader = Loader {
            config,
            services,
            sink: Arc::default(),
            gate: Arc::new(Gate::new(Arc::clone(&services.pace))),
            attributes: Arc::new(RwLock::new(Vec::new())),
        };
        loader.load().await
    }
}

struct Loader<'a> {
    config: &'a TenantConfig,
    services: &'a Services,
    sink: Arc<RunSink>,
    gate: Arc<Gate>,
    attributes: Arc<RwLock<Vec<String>>>,
}

/// A step's parts before it is linked.
struct Parts {
    component: Component,
    grants: Grants,
    limits: Limits,
    lender: Lender,
}

impl Parts {
    fn linked<S>(self, step: S, settings: String, attributes: Arc<[Attribute]>) -> Linked<S> {
        Linked { step, settings, attributes, lender: self.lender, digest: self.component.digest }
    }

    /// What a step is lent while its settings are checked: everything but files and the ways out.
    fn checking(&self) -> Capabilities {
        Capabilities { egress: None, outbox: None, inbox: None, ..self.lender.lend().0 }
    }
}

macro_rules! link {
    ($self:ident, $kind:ident, $step:expr, $configure:expr) => {{
        let step: &StepConfig = $step;
        let parts = $self.parts(step).await?;
        let sandbox = &$self.services.sandbox;
        let linked = $kind::link(sandbox, &parts.component, &step.name, &parts.grants, parts.limits.clone())
            .map_err(|error: LinkError| $self.refuse(&step.name, error.to_string()))?;
        let settings = step.settings.to_string();
        let failed = |error: CallError| $self.refuse(&step.name, error.to_string());
        let mut instance = linked.instance(parts.checking()).await.map_err(failed)?;
        let configured = instance.configure(&settings, $configure).await.map_err(failed)?;
        (parts, linked, settings, configured)
    }};
}

impl Loader<'_> {
    async fn load(&self) -> Result<SandboxedSteps, Problems> {
        let mut attributes: Arc<[Attribute]> = Arc::from([]);
        let mut mappings: Vec<Linked<MappingStep>> = Vec::new();
        let (mut mapping_properties, mut looked_up_properties) = (Vec::new(), Vec::new());
        for step in &self.config.mappings {
            let (linked, schema) = self.mapping(step, Arc::clone(&attributes)).await?;
            mapping_properties.extend(schema.properties);
            looked_up_properties.extend(schema.looked_up_properties);
            attributes = schema.attributes.into();
            mappings.push(linked);
        }
        let names: Vec<String> = attributes.iter().map(|attribute| attribute.name.clone()).collect();
        self.attributes.write().unwrap_or_else(PoisonError::into_inner).clone_from(&names);
        let (grouping, plan) = self.grouping(&self.config.grouping, Arc::clone(&attributes)).await?;
        let scope = match &self.config.scope.rule {
            Some(rule) => Some(self.scope(rule).await?),
            None => None,
        };
        let target = self.target(Arc::clone(&attributes)).await?;
        let mut mapping_digest = Digester::default();
        for linked in &mappings {
            mapping_digest.add(&linked.digest).add(&linked.settings);
        }
        let kept = if self.config.scope.out_of_scope == OutOfScope::Keep { "keep" } else { "remove" };
        mapping_digest.add(self.config.scope.rule.as_deref().unwrap_or_default()).add(kept);
        mapping_digest.add(self.config.deprovisioning.disabled_accounts.as_str());
        let mut grouping_digest = Digester::default();
        grouping_digest.add(&grouping.digest).add(&grouping.settings).add(&names.join(" "));
        let shape = Shape {
            mapping_properties,
            looked_up_properties,
            grouping_properties: plan.properties,
            grouping_attributes: plan.attributes,
            rules: plan.rules,
            scope_properties: scope.as_ref().map(|(_, properties)| properties.clone()),
            mapping_digest: mapping_digest.finish(),
            grouping_digest: grouping_digest.finish(),
            attributes,
        };
        let source = self.source(&shape.source_properties()).await?;
        let (scope, sink) = (scope.map(|(linked, _)| linked), Arc::clone(&self.sink));
        Ok(SandboxedSteps { shape, sink, source, mappings, grouping, scope, target })
    }

    /// An error about a step as a whole.
    fn refuse(&self, step: &str, message: String) -> Problems {
        Problems(vec![self.config.origins.problem(step, "", None, message, None)])
    }

    /// What a component found wrong with its settings.
    fn problem(&self, step: &str, problem: Problem) -> Problems {
        let Problem { setting, message, position, suggestion } = problem;
        Problems(vec![self.config.origins.problem(step, &setting, position, message, meant(suggestion))])
    }

    async fn parts(&self, step: &StepConfig) -> Result<Parts, Problems> {
        let refuse = |message: String| self.refuse(&step.name, message);
        let bytes = self.services.components.bytes(&step.component).await.map_err(refuse)?;
        let sandbox = self.services.sandbox.clone();
        let loaded = tokio::task::spawn_blocking(move || sandbox.load(&bytes)).await;
        let component = loaded
            .map_err(|error| refuse(error.to_string()))?
            .map_err(|error| refuse(format!("the component {} cannot be used: {error}", named(&step.component))))?;
        let http = step.grants.http.iter().map(logins::grant).collect::<Result<Vec<_>, _>>().map_err(refuse)?;
        let credentials = logins::credentials(step, &self.services.store, &self.services.allowances).map_err(refuse)?;
        let name: Arc<str> = step.name.as_str().into();
        let egress = if http.is_empty() {
            None
        } else {
            let sink = Arc::new(StepSink { step: Arc::clone(&name), sink: Arc::clone(&self.sink) });
            let (gate, observer) = (Arc::clone(&self.gate), Some(Arc::clone(&sink) as _));
            Some(Egress::new(&name, http.clone(), credentials.clone(), gate, observer, sink as _).map_err(refuse)?)
        };
        let lender = Lender {
            step: name,
            store: Arc::clone(&self.services.store),
            clock: Arc::clone(&self.services.clock),
            outbox: self.services.outbox.clone().filter(|_| step.grants.outbox),
            inbox: (!step.grants.files.is_empty()).then(|| Arc::new(GrantedFiles(step.grants.files.clone()))),
            egress,
            credentials,
            sink: Arc::clone(&self.sink),
            recording: self.services.recording.clone().filter(|recording| recording.wants(&step.name)),
            attributes: Arc::clone(&self.attributes),
            at_once: step.kind == StepKind::Target,
            still: matches!(step.kind, StepKind::Mapping | StepKind::Grouping),
            seen: Arc::default(),
        };
        let grants = Grants {
            http,
            storage: step.grants.storage,
            lookup: step.grants.lookup,
            scheduling: step.grants.scheduling,
            outbox: step.grants.outbox,
            files: !step.grants.files.is_empty(),
            extensions: self.services.extensions.get(&step.name).cloned().unwrap_or_default(),
        };
        let limits = Limits {
            memory: step.limits.memory.0,
            cpu: step.limits.cpu,
            wall: step.limits.wall,
            http_calls: step.limits.http_calls.get(),
            http_bytes: step.limits.http_bytes.0,
            log_bytes: step.limits.log_bytes.0,
        };
        Ok(Parts { component, grants, limits, lender })
    }

    async fn mapping(
        &self,
        step: &StepConfig,
        inherited: Arc<[Attribute]>,
    ) -> Result<(Linked<MappingStep>, Schema), Problems> {
        let (parts, linked, settings, configured) = link!(self, MappingStep, step, &inherited);
        let schema = configured.map_err(|problem| self.problem(&step.name, problem))?;
        self.check_schema(step, &schema.attributes)?;
        Ok((parts.linked(linked, settings, inherited), schema))
    }

    fn check_schema(&self, step: &StepConfig, attributes: &[Attribute]) -> Result<(), Problems> {
        let mut seen = BTreeSet::new();
        for Attribute { name, .. } in attributes {
            let plain = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if !plain || !seen.insert(name) {
                let why = if plain { "there already" } else { "no plain name (lower-case letters, digits and _)" };
                return Err(
                    self.refuse(&step.name, format!("the mapping names the attribute \"{name}\", which is {why}"))
                );
            }
        }
        Ok(())
    }

    async fn grouping(
        &self,
        step: &StepConfig,
        attributes: Arc<[Attribute]>,
    ) -> Result<(Linked<GroupingStep>, Plan), Problems> {
        let (parts, linked, settings, configured) = link!(self, GroupingStep, step, &attributes);
        let plan = configured.map_err(|problem| self.problem(&step.name, problem))?;
        Ok((parts.linked(linked, settings, attributes), plan))
    }

    /// The scope is a rule of the rule language, so the built-in rules decide it, whatever component groups people.
    async fn scope(&self, rule: &str) -> Result<(Linked<GroupingStep>, Vec<String>), Problems> {
        let mut step = self.config.grouping.clone();
        step.name = SCOPE.to_owned();
        step.component = ComponentRef::BuiltIn(BuiltIn::GroupRules);
        step.settings = json!({ "group": [{ "key": SCOPE, "name": SCOPE, "rule": rule }] });
        step.grants.scheduling = true;
        step.logins = Vec::new();
        let (parts, linked, settings, configured) = link!(self, GroupingStep, &step, &[]);
        let plan = configured.map_err(|problem| {
            let place = self.config.origins.locate_key("scope.rule", problem.position);
            Problems(vec![ConfigError::at(place, "scope.rule", problem.message, meant(problem.suggestion))])
        })?;
        Ok((parts.linked(linked, settings, Arc::from([])), plan.properties))
    }

    async fn target(&self, attributes: Arc<[Attribute]>) -> Result<Linked<TargetStep>, Problems> {
        let step = &self.config.target;
        let (parts, linked, settings, configured) = link!(self, TargetStep, step, &attributes);
        configured.map_err(|problem| self.problem(&step.name, problem))?;
        Ok(parts.linked(linked, settings, attributes))
    }

    async fn source(&self, properties: &[String]) -> Result<Linked<SourceStep>, Problems> {
        let step = &self.config.source;
        let (parts, linked, settings, configured) = link!(self, SourceStep, step, properties);
        configured.map_err(|problem| self.problem(&step.name, problem))?;
        Ok(parts.linked(linked, settings, Arc::from([])))
    }
}

/// What a component takes for right, as a sentence.
fn meant(suggestion: Option<String>) -> Option<String> {
    suggestion.map(|right| format!("did you mean `{right}`?"))
}

fn named(component: &ComponentRef) -> String {
    match component {
        ComponentRef::BuiltIn(built_in) => built_in.name().to_owned(),
        ComponentRef::Path(path) => path.display().to_string(),
        ComponentRef::Url(url) => url.to_string(),
    }
}

/// A digest of several texts, with no way to shift a letter from one into the next.
#[derive(Default)]
struct Digester(Sha256);

impl Digester {
    fn add(&mut self, text: &str) -> &mut Self {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
        self
    }

    fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
