//! The steps of a tenant: for each, its component, and what that is told and granted.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::component::{BuiltIn, ComponentRef, StepKind};
use super::grants::{GrantedFile, Grants};
use super::limits::Limits;
use super::login::{Login, LoginKind};
use super::origin::{BaseUrl, Origin, checked};
use super::origins::StepOrigin;
use super::section::{Entry, Section};
use super::settings;

/// One step of a tenant.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StepConfig {
    /// Its name in messages and in the tenant's state: `source`, `mapping[0]`, `grouping`, `target`.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// What does it.
    pub component: ComponentRef,
    /// What the component is told. It holds no secrets.
    pub settings: Value,
    /// What the component may use.
    pub grants: Grants,
    /// Credentials that the host attaches to its requests.
    pub logins: Vec<Login>,
    /// How much it may use.
    pub limits: Limits,
}

impl StepConfig {
    /// The SHA-256 of the settings in a canonical form, in hexadecimal. It changes when, and only when, the settings do.
    pub fn digest(&self) -> String {
        settings::digest(&self.settings)
    }
}

/// Reads a step. `shorthand` are settings of it that stand at the top of the file.
pub(super) fn read(
    section: Section<'_>,
    kind: StepKind,
    name: String,
    shorthand: Vec<(&str, Entry<'_>)>,
) -> (StepConfig, StepOrigin) {
    let mut origin = StepOrigin { section: section.path.clone(), elsewhere: BTreeMap::new() };
    let component = ComponentRef::read(&section, kind);
    let built_in = if let ComponentRef::BuiltIn(known) = &component { Some(*known) } else { None };
    let own = section.section("settings");
    let mut settings: Map<String, Value> =
        own.all().map(|(key, entry)| (key.to_owned(), settings::to_json(&own, &entry))).collect();
    for (key, entry) in shorthand {
        if settings.contains_key(key) {
            let message = format!("{} stands in `{}.settings` too", entry.path, section.path);
            section.reader.error(&entry.key_span, &entry.path, message, Some("write it in one place".into()));
        }
        origin.elsewhere.insert(key.to_owned(), entry.path.clone());
        settings.insert(key.to_owned(), settings::to_json(&section, &entry));
    }

    let address = built_in.and_then(|known| address(&own, known, &settings));
    let mut grants = built_in.map(BuiltIn::usual_grants).unwrap_or_default();
    grants.allow(address.clone());
    grants.files.extend(
        built_in.and_then(|known| file(known, &settings)).map(|name| GrantedFile::of(name, section.reader.folder)),
    );
    let mut grants = Grants::read(section.section("grants"), grants);
    let talks_to = match &address {
        Some(address) => vec![address.clone()],
        None => grants.http.clone(),
    };
    let logins = read_logins(&section, built_in, &talks_to);
    grants.allow(logins.iter().flat_map(Login::origins));
    if let Some(known) = built_in {
        take_address_from_login(&section, &own, known, &logins, &mut settings, &mut origin);
    }
    let limits = Limits::read(section.section("limits"));
    section.finish();
    (StepConfig { name, kind, component, settings: Value::Object(settings), grants, logins, limits }, origin)
}

/// The origin that a built-in component talks to, when its settings say so.
fn address(own: &Section<'_>, known: BuiltIn, settings: &Map<String, Value>) -> Option<Origin> {
    let key = known.address_setting()?;
    match settings.get(key) {
        Some(Value::String(written)) if known == BuiltIn::CsvPull && !written.contains("://") => None,
        Some(Value::String(written)) => {
            let read = match known {
                BuiltIn::CsvPull => checked(written).map(|url| Origin::of(&url)),
                _ => BaseUrl::parse(written).map(|url| url.origin()),
            };
            read.unwrap_or_else(|error| {
                own.error(key, error.message, error.suggestion);
                None
            })
        }
        // A value of another type is the component's to complain about; so is a missing one, where a login does not give it.
        Some(_) => None,
        None => {
            if known == BuiltIn::ScimPush {
                let suggestion = "write base_url = \"https://...\" under [target.settings]".to_owned();
                own.missing(key, "the address of the SCIM service is missing", Some(suggestion));
            }
            None
        }
    }
}

/// The file that a built-in component reads, when its settings say so.
fn file(known: BuiltIn, settings: &Map<String, Value>) -> Option<&str> {
    let name = settings.get(known.file_setting()?)?.as_str()?;
    (!name.is_empty()).then_some(name)
}

fn read_logins(section: &Section<'_>, built_in: Option<BuiltIn>, talks_to: &[Origin]) -> Vec<Login> {
    let needed = built_in.and_then(BuiltIn::needed_login);
    let sections = section.sections("login");
    if let (None, Some(kind), Some(known)) = (&sections, needed, built_in) {
        let keys = match kind {
            LoginKind::Microsoft => "tenant_id, client_id and client_secret",
            _ => "application_id, application_secret and refresh_token",
        };
        let message = format!("{} cannot work without a login", known.name());
        let suggestion = format!("write a section [{}.login] with {keys}", section.path);
        section.missing("login", message, Some(suggestion));
    }
    let mut logins: Vec<Login> = Vec::new();
    for login in sections.into_iter().flatten() {
        let (path, span, reader) = (login.path.clone(), login.span.clone(), login.reader);
        let Some(read) = Login::read(login, needed, talks_to) else { continue };
        if let Some(twice) =
            read.origins().iter().find(|origin| logins.iter().any(|other| other.origins().contains(origin)))
        {
            reader.error(&span, &path, format!("two logins of this step are for {twice}"), Some("remove one".into()));
        }
        logins.push(read);
    }
    logins
}

/// Graph's and Kaizala's addresses stand in the login, which needs them too; the component is told the same.
fn take_address_from_login(
    section: &Section<'_>,
    own: &Section<'_>,
    known: BuiltIn,
    logins: &[Login],
    settings: &mut Map<String, Value>,
    origin: &mut StepOrigin,
) {
    let Some(kind) = known.needed_login() else { return };
    let (key, given) = match known.address_setting() {
        Some(key) => (key, settings.contains_key(key)),
        None => return,
    };
    let from_login = logins.iter().find_map(|login| match login {
        Login::Microsoft(login) if kind == LoginKind::Microsoft => Some((&login.graph_url, "graph_url")),
        Login::Kaizala(login) if kind == LoginKind::Kaizala => Some((&login.url, "url")),
        _ => None,
    });
    let login_path = format!("{}.login", origin.section);
    match from_login {
        Some((_, login_key)) if given => {
            let message = format!("the address of {} is a setting of its login", known.name());
            own.error(key, message, Some(format!("write it as {login_path}.{login_key}")));
        }
        Some((url, login_key)) => {
            settings.insert(key.to_owned(), Value::String(url.as_str().to_owned()));
            origin.elsewhere.insert(key.to_owned(), format!("{login_path}.{login_key}"));
        }
        None if !given && !logins.is_empty() => {
            let message = format!("{} needs a login of the kind \"{}\"", known.name(), kind.as_str());
            let suggestion = format!("with another kind of login, write its address as {key} under [{}]", own.path);
            section.error("login", message, Some(suggestion));
        }
        None => {}
    }
}
