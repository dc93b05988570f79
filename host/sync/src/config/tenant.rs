//! The file as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, Error as TomlError};

use super::component::{BuiltIn, StepKind};
use super::error::{ConfigError, ConfigErrors};
use super::origins::{Origins, StepOrigin};
use super::policy::{Deprovisioning, FailurePolicy, History, Safety, Schedule, Scope};
use super::redaction::redact;
use super::secret::{Machine, Surroundings, read_bounded};
use super::section::{Entry, Reader, Section};
use super::step::{self, StepConfig};
use super::text::{SourceText, quoted};

/// The largest file that is read: 15,000 groups, each with a rule of the full 3,072 characters, need 46 MB.
const LARGEST_FILE: u64 = 64 << 20;

/// The most letters of a tenant's name: it becomes a part of file names.
const LONGEST_NAME: usize = 100;

/// One tenant's sync, as its file says.
///
/// ```
/// use rollcall_sync::config::{ComponentRef, Machine, TenantConfig};
///
/// let text = r#"
///     [source]
///     component = "csv-pull"
///     settings.file = "people.csv"
///
///     [target]
///     component = "csv-push"
/// "#;
/// let tenant = TenantConfig::parse(text, "contoso.toml".as_ref(), &Machine)?;
/// assert_eq!(tenant.name, "contoso");
/// assert_eq!(tenant.mappings[0].name, "mapping[0]");
/// assert!(tenant.target.grants.outbox);
/// # Ok::<(), rollcall_sync::config::ConfigErrors>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TenantConfig {
    /// The file.
    pub file: PathBuf,
    /// The tenant's name: letters, digits, `-`, `_` and `.`. Default: the file's name without its ending.
    pub name: String,
    /// The folder of its state. Default: beside the file, its name with `.state`.
    pub state: PathBuf,
    /// When runs happen.
    pub schedule: Schedule,
    /// Where people come from.
    pub source: StepConfig,
    /// From a user to a profile, one after the other; at least one.
    pub mappings: Vec<StepConfig>,
    /// From a person to groups.
    pub grouping: StepConfig,
    /// The directory that is kept in step.
    pub target: StepConfig,
    /// Who is synced at all.
    pub scope: Scope,
    /// What happens to people who are not quite gone.
    pub deprovisioning: Deprovisioning,
    /// How much a run may remove.
    pub safety: Safety,
    /// What happens when something fails.
    pub failure: FailurePolicy,
    /// How long history is kept.
    pub history: History,
    /// What somebody should look at.
    pub warnings: Vec<ConfigError>,
    /// From settings back to the file.
    pub origins: Origins,
}

impl TenantConfig {
    /// Reads a tenant's file. Everything that is wrong with it is reported at once.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        let path = path.as_ref();
        let text = read_bounded(path, LARGEST_FILE).map_err(|error| {
            let (message, suggestion) = match error.kind() {
                std::io::ErrorKind::NotFound => {
                    ("there is no such file".into(), Some("`rollcall init` prints one to start with".into()))
                }
                std::io::ErrorKind::InvalidData => ("the file is no UTF-8 text".into(), None),
                _ => (format!("the file cannot be read: {error}"), None),
            };
            ConfigError::whole_file(path.display().to_string(), message, suggestion)
        })?;
        Self::parse(&text, path, &Machine)
    }

    /// Reads a tenant's file whose text is at hand. `path` names it and is where relative paths start from.
    pub fn parse(text: &str, path: &Path, surroundings: &dyn Surroundings) -> Result<Self, ConfigErrors> {
        // Some editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (document, faults) = DeTable::parse_recoverable(text);
        let broken: Vec<usize> = faults.iter().filter_map(|fault| Some(fault.span()?.start)).collect();
        let shown = SourceText::new(path.display().to_string(), redact(text, document.get_ref(), &broken));
        if !faults.is_empty() {
            // What such a file means is a guess: messages about the guess would be more of a riddle than a help.
            return Err(ConfigErrors(faults.iter().take(20).map(|fault| syntax_error(&shown, fault)).collect()));
        }
        let reader = Reader::new(&shown, path, surroundings);
        let (tenant, steps) = read(&reader, document.get_ref());
        let (errors, warnings) = reader.into_findings();
        if !errors.is_empty() {
            return Err(ConfigErrors(errors));
        }
        Ok(Self { warnings, origins: Origins::new(shown, steps), ..tenant })
    }

    /// Every step, in the order of a run.
    pub fn steps(&self) -> impl Iterator<Item = &StepConfig> {
        std::iter::once(&self.source).chain(&self.mappings).chain([&self.grouping, &self.target])
    }
}

fn syntax_error(text: &SourceText, fault: &TomlError) -> ConfigError {
    let span = fault.span().unwrap_or(0..0);
    let place = text.place(&span);
    // The most frequent slip: rules and expressions are full of quotation marks.
    let quotes = place.snippet.lines().next().unwrap_or_default().matches('"').count() > 2;
    let suggestion = (quotes && fault.message().starts_with("unexpected key or value"))
        .then(|| "a text with quotation marks in it stands in single ones: 'city -eq \"Pune\"'".to_owned());
    ConfigError::at(place, "", format!("this is no TOML: {}", fault.message()), suggestion)
}

fn read<'d>(reader: &'d Reader<'d>, document: &'d DeTable<'d>) -> (TenantConfig, BTreeMap<String, StepOrigin>) {
    let root = Section::new(reader, String::new(), Some(document), 0..0);
    let (name, state) = read_tenant(root.section("tenant"));
    let schedule = Schedule::read(root.section("schedule"));

    let mut origins = BTreeMap::new();
    let mut keep = |(step, origin): (StepConfig, StepOrigin)| {
        origins.insert(step.name.clone(), origin);
        step
    };
    let source = keep(step::read(root.section("source"), StepKind::Source, "source".into(), Vec::new()));
    let mappings = read_mappings(&root).into_iter().map(&mut keep).collect();
    let rules = ["group", "group_by"].into_iter().filter_map(|key| Some((key, list_of_tables(&root, key)?))).collect();
    let grouping = keep(step::read(root.section("grouping"), StepKind::Grouping, "grouping".into(), rules));
    let target = keep(step::read(root.section("target"), StepKind::Target, "target".into(), Vec::new()));

    let tenant = TenantConfig {
        file: reader.file.to_owned(),
        name,
        state,
        schedule,
        source,
        mappings,
        grouping,
        target,
        scope: Scope::read(root.section("scope")),
        deprovisioning: Deprovisioning::read(root.section("deprovisioning")),
        safety: Safety::read(root.section("safety")),
        failure: FailurePolicy::read(root.section("failure")),
        history: History::read(root.section("history")),
        warnings: Vec::new(),
        origins: Origins::new(SourceText::new(String::new(), String::new()), BTreeMap::new()),
    };
    root.finish();
    (tenant, origins)
}

fn read_tenant(section: Section<'_>) -> (String, PathBuf) {
    let file = section.reader.file;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = section.get("name").unwrap_or_else(|| stem.clone());
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if name.is_empty() || name.len() > LONGEST_NAME || name.starts_with('.') || !name.chars().all(plain) {
        let message = format!("{} cannot name a tenant", quoted(&name));
        let suggestion = format!(
            "a name has letters, digits, `-`, `_` and `.`, at most {LONGEST_NAME} of them, the first no `.`; write it as \
             name = \"...\" under [tenant]"
        );
        section.error("name", message, Some(suggestion));
    }
    let state = section.get::<String>("state").map_or_else(|| PathBuf::from(format!("{stem}.state")), PathBuf::from);
    let state = section.reader.folder.join(state);
    section.finish();
    (name, state)
}

/// The chain of mappings. The short forms of a mapping's settings go to the built-in mapping of the chain or, where that was
/// replaced, to the only one there is.
fn read_mappings(root: &Section<'_>) -> Vec<(StepConfig, StepOrigin)> {
    let chain =
        root.sections("mapping").unwrap_or_else(|| vec![Section::new(root.reader, "mapping[0]".into(), None, 0..0)]);
    if chain.is_empty() {
        root.error("mapping", "a chain has at least one mapping", Some("remove it for the built-in one".into()));
    }
    let mut shorthand = read_shorthand(root);
    let is_built_in = |section: &Section<'_>| match section.entry("component") {
        Some(entry) => entry.value.get_ref().as_str() == Some(BuiltIn::AttributeMapping.name()),
        None => StepKind::Mapping.usual() == BuiltIn::AttributeMapping,
    };
    let candidates: Vec<usize> = match chain.len() {
        1 => vec![0],
        _ => chain.iter().enumerate().filter(|(_, section)| is_built_in(section)).map(|(index, _)| index).collect(),
    };
    if let (Some((_, entry)), false) = (shorthand.first(), candidates.len() == 1) {
        let found = if candidates.is_empty() { "none" } else { "several" };
        let message = format!("this belongs to attribute-mapping, and the chain of mappings has {found}");
        let suggestion = "write it under the `settings` of the mapping that is meant";
        root.reader.error(&entry.key_span, &entry.path, message, Some(suggestion.into()));
    }
    let mut steps = Vec::new();
    for (index, section) in chain.into_iter().enumerate() {
        let own = if candidates == [index] { std::mem::take(&mut shorthand) } else { Vec::new() };
        steps.push(step::read(section, StepKind::Mapping, format!("mapping[{index}]"), own));
    }
    steps
}

/// The settings of the mapping that stand at the top of the file.
fn read_shorthand<'d>(root: &Section<'d>) -> Vec<(&'d str, Entry<'d>)> {
    let mut entries: Vec<(&str, Entry<'_>)> = Vec::new();
    entries.extend(list_of_tables(root, "attribute").map(|entry| ("attribute", entry)));
    if let Some(entry) = root.entry("table") {
        if entry.value.get_ref().is_table() {
            entries.push(("table", entry));
        } else {
            root.wrong_type(&entry.path, entry.value, "look-up tables, such as [table.regions]");
        }
    }
    for (key, entry) in root.section("mapping_options").all() {
        if matches!(key, "attribute" | "table") {
            let message = format!("`{key}` stands at the top of the file, not among the options");
            root.reader.error(&entry.key_span, &entry.path, message, None);
        } else {
            entries.push((key, entry));
        }
    }
    entries
}

fn list_of_tables<'d>(root: &Section<'d>, key: &'static str) -> Option<Entry<'d>> {
    let entry = root.entry(key)?;
    let list = entry.value.get_ref().as_array();
    if list.is_some_and(|list| list.iter().all(|item| item.get_ref().is_table())) {
        return Some(entry);
    }
    root.wrong_type(&entry.path, entry.value, &format!("a list of tables, each written as [[{key}]]"));
    None
}

#[cfg(test)]
mod tests {
    use super::super::template::reference;
    use super::*;

    struct Nothing;

    impl Surroundings for Nothing {
        fn variable(&self, _: &str) -> Option<String> {
            Some("set".into())
        }
        fn read(&self, _: &Path) -> std::io::Result<String> {
            Ok("text".into())
        }
        fn readable_by_all(&self, _: &Path) -> bool {
            false
        }
    }

    /// The settings that reading a file asks for are the settings that there are.
    #[test]
    fn the_reference_names_every_setting() {
        let kinds = ["microsoft", "kaizala", "header", "bearer", "oauth2"];
        let logins: String = kinds.iter().map(|kind| format!("[[target.login]]\nkind = \"{kind}\"\n")).collect();
        let text = format!("{logins}token = {{ a = 1 }}\n[source.login]\nclient_secret = {{ a = 1 }}\n[[mapping]]");
        let shown = SourceText::new("a.toml".into(), text.clone());
        let reader = Reader::new(&shown, Path::new("a.toml"), &Nothing);
        let document = DeTable::parse(&text).unwrap();
        let _ = read(&reader, document.get_ref());
        let words: std::collections::BTreeSet<&str> =
            reference().split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
        let asked = reader.asked();
        assert!(asked.len() > 80, "{asked:?}");
        for path in asked {
            let key = path.rsplit('.').next().unwrap();
            assert!(words.contains(key), "the reference does not name {path}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_said_to_be_missing() {
        let errors = TenantConfig::load("no/such/file.toml").unwrap_err();
        let expected = "no/such/file.toml: there is no such file\n   `rollcall init` prints one to start with";
        assert_eq!(errors.to_string(), expected);
    }
}
