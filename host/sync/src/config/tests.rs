//! Files that are wrong, each beside the message that it must get; and what right ones mean.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{ByteSize, ComponentRef, ConfigErrors, Login, Starter, Surroundings, TenantConfig, reference, starter};

mod laws;

/// A machine on which every variable is set that does not say otherwise, and with one secret file.
struct Fixed;

impl Surroundings for Fixed {
    fn variable(&self, name: &str) -> Option<String> {
        (!name.starts_with("UNSET")).then(|| format!("value of {name}"))
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        match path.file_name().and_then(|name| name.to_str()) {
            Some("secret.txt") => Ok("from a file\n".into()),
            Some("empty.txt") => Ok("\n".into()),
            _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
        }
    }

    fn readable_by_all(&self, path: &Path) -> bool {
        path.ends_with("open.toml")
    }
}

fn parse(text: &str, name: &str) -> Result<TenantConfig, ConfigErrors> {
    TenantConfig::parse(text, Path::new(name), &Fixed)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config")
}

/// The files of a folder that end in `.toml`, by name.
fn wrong_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// With the environment variable `BLESS` the messages are written instead; they are reviewed like code.
#[test]
fn every_wrong_file_gets_the_message_beside_it() {
    let mut different = Vec::new();
    let files = wrong_files();
    assert!(files.len() > 20, "the folder of wrong files is not where it should be");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let errors = match parse(&text, name) {
            Ok(tenant) => ConfigErrors(tenant.warnings),
            Err(errors) => errors,
        };
        assert!(!errors.0.is_empty(), "{name} is not wrong");
        let message = format!("{errors}\n");
        let beside = file.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&beside, &message).unwrap();
        } else if fs::read_to_string(&beside).unwrap_or_default() != message {
            different.push(format!("{name} gets:\n{message}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n----\n"));
}

#[test]
fn every_message_has_its_file() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.with_extension("toml").exists(), "{} has no file", path.display());
    }
}

#[test]
fn no_message_shows_a_secret() {
    for file in wrong_files() {
        let message = fs::read_to_string(file.with_extension("txt")).unwrap();
        assert!(!message.contains("hush"), "{} shows a secret", file.display());
    }
    let hidden: BTreeSet<_> =
        wrong_files().into_iter().filter(|file| fs::read_to_string(file).unwrap().contains("hush")).collect();
    assert!(hidden.len() >= 5, "too few of the wrong files hold a secret");
}

/// The reference with its settings uncommented: a `#` directly before a name.
fn uncommented() -> String {
    let setting = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_alphabetic()) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    reference().lines().map(setting).collect()
}

#[test]
fn the_reference_is_a_file_and_says_the_defaults() {
    let plain = parse(reference(), "reference.toml").unwrap();
    let text = uncommented().replace("concurrency = 2\n", "").replace("rule = 'user.userType -eq \"Member\"'\n", "");
    let written = parse(&text.replace("out_of_scope = \"remove\"\n", ""), "reference.toml").unwrap();
    assert!(text.len() < reference().len());
    assert_eq!(plain.name, written.name);
    assert_eq!(plain.state, written.state);
    assert_eq!(plain.schedule, written.schedule);
    assert_eq!(plain.source, written.source);
    assert_eq!(plain.mappings, written.mappings);
    assert_eq!(plain.grouping, written.grouping);
    assert_eq!(plain.target, written.target);
    assert_eq!(plain.scope, written.scope);
    assert_eq!(plain.deprovisioning, written.deprovisioning);
    assert_eq!(plain.safety, written.safety);
    assert_eq!(plain.failure, written.failure);
    assert_eq!(plain.history, written.history);
}

#[test]
fn the_reference_can_be_uncommented_as_a_whole() {
    let tenant = parse(&uncommented(), "reference.toml").unwrap();
    assert_eq!(tenant.source.limits.concurrency.map(|count| count.get()), Some(2));
    assert!(tenant.scope.rule.is_some());
}

#[test]
fn the_starting_files_are_right_as_they_are() {
    for kind in [Starter::Kaizala, Starter::Scim, Starter::Csv] {
        let tenant = parse(starter(kind), "contoso.toml").unwrap_or_else(|errors| panic!("{kind:?}: {errors}"));
        assert!(tenant.warnings.is_empty(), "{kind:?}: {:?}", tenant.warnings);
    }
}

const GRAPH_LOGIN: &str = "
[source.login]
tenant_id = \"t\"
client_id = \"c\"
client_secret = { file = \"secret.txt\" }
";

/// A file with a source, a target that needs nothing, and `more`.
fn tenant(more: &str) -> TenantConfig {
    let text = format!("target.component = \"csv-push\"\n{more}\n{GRAPH_LOGIN}");
    parse(&text, "conf/contoso.toml").unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn paths_start_from_the_folder_of_the_file() {
    let tenant = tenant("tenant.state = \"kept\"\n[[mapping]]\ncomponent = \"./mine.wasm\"");
    assert_eq!(tenant.state, Path::new("conf/kept"));
    assert_eq!(tenant.mappings[0].component, ComponentRef::Path("conf/./mine.wasm".into()));
}

#[test]
fn the_address_of_graph_goes_to_the_component_and_its_grant() {
    let text = format!("target.component = \"csv-push\"{GRAPH_LOGIN}cloud = \"us-government-dod\"\n");
    let source = parse(&text, "contoso.toml").unwrap().source;
    assert_eq!(source.settings["base_url"], "https://dod-graph.microsoft.us");
    let granted: Vec<String> = source.grants.http.iter().map(ToString::to_string).collect();
    assert_eq!(granted, ["https://dod-graph.microsoft.us"]);
    let [Login::Microsoft(login)] = source.logins.as_slice() else { panic!("{:?}", source.logins) };
    assert_eq!(login.token_url(), "https://login.microsoftonline.us/t/oauth2/v2.0/token");
    assert_eq!(login.scope(), "https://dod-graph.microsoft.us/.default");
    assert_eq!(login.client_secret.reveal(), "from a file");
}

#[test]
fn an_emulator_is_reached_by_addresses_of_this_machine() {
    let text = format!(
        "target.component = \"csv-push\"{GRAPH_LOGIN}login_url = \"http://127.0.0.1:1\"\ngraph_url = \"http://127.0.0.1:2/\"\n"
    );
    let source = parse(&text, "contoso.toml").unwrap().source;
    assert_eq!(source.settings["base_url"], "http://127.0.0.1:2");
}

#[test]
fn kaizala_may_be_called_where_its_login_says_and_nowhere_else() {
    let target = parse(starter(Starter::Kaizala), "contoso.toml").unwrap().target;
    let granted: Vec<String> = target.grants.http.iter().map(ToString::to_string).collect();
    assert_eq!(granted, ["https://api.kaiza.la", "https://*.kaiza.la", "https://*.osi.office.net"]);
    assert!(target.grants.storage && target.grants.outbox && !target.grants.lookup);
    assert_eq!(target.settings["base_url"], "https://api.kaiza.la");
}

#[test]
fn a_bearer_token_is_sent_to_the_scim_service_alone() {
    let target = parse(starter(Starter::Scim), "contoso.toml").unwrap().target;
    let origins: Vec<String> = target.logins[0].origins().iter().map(ToString::to_string).collect();
    assert_eq!(origins, ["https://directory.example.org"]);
}

#[test]
fn a_component_of_ones_own_has_no_grants_until_they_are_written() {
    let mapping = &tenant("[[mapping]]\ncomponent = \"./mine.wasm\"").mappings[0];
    assert_eq!(mapping.grants, Default::default());
    let mapping =
        &tenant("[[mapping]]\ncomponent = \"./mine.wasm\"\ngrants.http = [\"https://hr.example\"]").mappings[0];
    assert_eq!(mapping.grants.http.len(), 1);
    assert!(!mapping.grants.lookup);
}

#[test]
fn a_built_in_component_loses_a_grant_that_is_taken_from_it() {
    assert!(tenant("").mappings[0].grants.lookup);
    assert!(!tenant("[[mapping]]\ngrants.lookup = false").mappings[0].grants.lookup);
}

#[test]
fn short_forms_become_settings_of_their_steps() {
    let tenant = tenant(
        "mapping_options.default_region = \"IN\"\n[[attribute]]\nname = \"city\"\nexpression = \"[city]\"\n\
         [table.regions]\nPune = \"West\"\n[[group]]\nname = \"Sales\"\n[[group_by]]\nattribute = \"city\"",
    );
    assert_eq!(
        tenant.mappings[0].settings,
        serde_json::json!({
            "attribute": [{"name": "city", "expression": "[city]"}],
            "default_region": "IN",
            "table": {"regions": {"Pune": "West"}},
        })
    );
    assert_eq!(
        tenant.grouping.settings,
        serde_json::json!({"group": [{"name": "Sales"}], "group_by": [{"attribute": "city"}]})
    );
}

#[test]
fn short_forms_find_the_built_in_mapping_of_a_chain() {
    let tenant = tenant("[[mapping]]\ncomponent = \"./first.wasm\"\n[[mapping]]\n[[attribute]]\nname = \"city\"");
    assert_eq!(tenant.mappings[0].settings, serde_json::json!({}));
    assert_eq!(tenant.mappings[1].settings["attribute"][0]["name"], "city");
    assert_eq!(tenant.mappings[1].name, "mapping[1]");
    assert_eq!(tenant.origins.locate("mapping[1]", "attribute[0].name", None).line, 6);
}

#[test]
fn the_digest_changes_with_the_settings_and_not_with_their_secrets() {
    let digest = |more: &str| tenant(more).mappings[0].digest();
    assert_eq!(digest("[mapping_options]\na = 1\nb = 2"), digest("[[mapping]]\nsettings = { b = 2, a = 1 }"));
    assert_ne!(digest("mapping_options.a = 1"), digest("mapping_options.a = 2"));
    let with = |secret: &str| {
        let text =
            format!("target.component = \"csv-push\"\n{GRAPH_LOGIN}").replace("{ file = \"secret.txt\" }", secret);
        parse(&text, "contoso.toml").unwrap().source.digest()
    };
    assert_eq!(with("\"one\""), with("\"two\""));
}

#[test]
fn limits_are_read_in_their_units() {
    let limits = &tenant("[grouping.limits]\nmemory = \"64 MiB\"\ncpu = \"2 min\"").grouping.limits;
    assert_eq!(limits.memory, ByteSize::mebibytes(64));
    assert_eq!(limits.wall.as_secs(), 120);
}

#[test]
fn nothing_that_is_printed_for_debugging_shows_a_secret() {
    let text = format!("target.component = \"csv-push\"{GRAPH_LOGIN}").replace("{ file = \"secret.txt\" }", "\"hush\"");
    let tenant = parse(&text, "open.toml").unwrap();
    assert_eq!(tenant.warnings.len(), 1);
    assert!(!format!("{tenant:?} {tenant:#?}").contains("hush"));
    let place = tenant.origins.locate_key("source.login.client_secret", None);
    assert!(place.snippet.contains("client_secret = \"****\""), "{}", place.snippet);
}

/// What `locate` answers for a setting, as the rest of the line from its column on.
fn located(tenant: &TenantConfig, step: &str, setting: &str, position: Option<u32>) -> String {
    let place = tenant.origins.locate(step, setting, position);
    let mut lines = place.snippet.lines();
    let (line, carets) = (lines.next().unwrap(), lines.next().unwrap());
    let column = carets.find('^').unwrap();
    let mut columns = 0;
    let is_before = |letter: &char| {
        let before = columns < column;
        columns += crate::config::text::columns_of(*letter);
        before
    };
    let rest: String = line.chars().skip_while(is_before).collect();
    format!("{}: {rest}", place.line)
}

#[test]
fn a_problem_of_a_component_is_shown_at_its_place_in_the_file() {
    let tenant = tenant(
        "scope.rule = 'user.city -eq \"X\"'\nmapping_options.\"odd.key\" = 1\n[[attribute]]\nname = \"city\"\n\
         expression = \"Join(\\\"é\\\", [city])\"\n[[group]]\nname = \"A\"\nrule = '''\nuser.city -eq \"Ü\"\n-and bad'''\n\
         [target.settings]\nfolder = \"x\"\nlist = [{ a = 1 }, { a = 2 }]",
    );
    let at = |step, setting, position| located(&tenant, step, setting, position);
    assert_eq!(at("mapping[0]", "attribute[0].expression", None), "6: \"Join(\\\"é\\\", [city])\"");
    assert_eq!(at("mapping[0]", "attribute[0].expression", Some(8)), "6: , [city])\"");
    assert_eq!(at("mapping[0]", "attribute[0].missing", None), "4: [[attribute]]");
    assert_eq!(at("mapping[0]", "odd.key", None), "3: 1");
    assert_eq!(at("grouping", "group[0].rule", Some(19)), "11: and bad'''");
    assert_eq!(at("target", "list[1].a", None), "14: 2 }]");
    assert_eq!(at("target", "folder.deeper", None), "13: folder = \"x\"");
    assert_eq!(at("source", "base_url", None), "16: login]");
    assert_eq!(tenant.origins.key_of("source", "base_url"), "source.login.graph_url");
    assert_eq!(tenant.origins.locate_key("scope.rule", Some(10)).column, 25);
    assert_eq!(tenant.origins.locate("nobody", "x", None).line, 0);
    let problem = tenant.origins.problem("grouping", "group[0].rule", Some(19), "what is `and`?", None);
    assert_eq!((problem.key.as_str(), problem.line), ("group[0].rule", 11));
}

#[test]
fn as_many_groups_as_entra_allows_are_read_and_located() {
    let group = |number: u32| format!("[[group]]\nname = \"g{number}\"\nrule = 'user.department -eq \"d{number}\"'\n");
    let text: String = (0..15_000).map(group).collect();
    let tenant = tenant(&text);
    assert_eq!(tenant.grouping.settings["group"].as_array().map(Vec::len), Some(15_000));
    assert_eq!(tenant.origins.locate("grouping", "group[14999].rule", Some(5)).line, 45_001);
}

#[test]
fn the_file_that_csv_pull_reads_is_granted_and_others_only_by_name() {
    let granted = |text: &str| -> Vec<(String, String)> {
        let grants = parse(text, "conf/contoso.toml").unwrap().source.grants;
        grants.files.into_iter().map(|file| (file.name, file.path.display().to_string())).collect()
    };
    let target = "[target]\ncomponent = \"csv-push\"\n";
    let file = |name: &str, path: &str| (name.to_owned(), path.to_owned());
    let source = "[source]\ncomponent = \"csv-pull\"\nsettings.file = \"people.csv\"\n";
    assert_eq!(granted(&format!("{target}{source}")), [file("people.csv", "conf/people.csv")]);
    let own = "[source]\ncomponent = \"./hr.wasm\"\nsettings.file = \"people.csv\"\n";
    assert_eq!(granted(&format!("{target}{own}")), []);
    let named = format!("{target}{own}grants.files = [\"in/a.csv\", \"/srv/b.csv\"]\n");
    assert_eq!(granted(&named), [file("in/a.csv", "conf/in/a.csv"), file("/srv/b.csv", "/srv/b.csv")]);
}
