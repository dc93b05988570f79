//! What `rollcall component new` copies: templates, the contract, for Rust the SDK, and types for JavaScript and TypeScript. All of it is part of this program, so that a
//! project is made for exactly the contract that this host speaks, wherever the program was put.
//!
//! The SDK goes into the project as a copy (`rollcall/guest/sdk`, with the contract in `rollcall/wit`). A path to a checkout of ours would tie
//! a project to one machine, and a package from a registry could speak another contract than the host at hand.

use super::args::{Language, Step};
use super::project::{FILE, Project};

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The contract as a page to read.
pub const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/reference.md"));

/// The contract as types for TypeScript, and for JavaScript that is checked.
pub const TYPES: &str = include_str!(concat!(env!("OUT_DIR"), "/types.d.ts"));

/// The name that the templates have in place of the project's.
const NAME: &str = "my-step";

/// A file of a new project: its path in the project, and its text.
pub type File = (String, String);

/// The files of a new project; none when there is no such template.
pub fn files(name: &str, step: Step, language: Language) -> Option<Vec<File>> {
    let word = language.as_str();
    let mut files = within(&format!("{word}/{}/", step.as_str()));
    if files.is_empty() {
        return None;
    }
    files.extend(within(&format!("{word}/shared/")));
    if language == Language::TypeScript {
        let javascript = Language::JavaScript.as_str();
        let mut more = within(&format!("{javascript}/{}/", step.as_str()));
        more.extend(within(&format!("{javascript}/shared/")));
        more.retain(|(path, _)| stays(path, &files));
        files.extend(more);
    }
    let own = files.into_iter().map(|(path, text)| (path.to_owned(), named(text, name)));
    Some(own.chain(contract(language)).collect())
}

/// The names of the examples.
pub fn examples() -> Vec<&'static str> {
    let mut names: Vec<&str> = EXAMPLES.iter().filter_map(|(path, _)| path.split('/').next()).collect();
    names.dedup();
    names
}

/// An example as a project of one's own, the step that it does and its language; none when there is no such example.
pub fn example(name: &str, example: &str) -> Option<(Vec<File>, Step, Language)> {
    let own = EXAMPLES.iter().filter_map(|(path, text)| Some((path.strip_prefix(example)?.strip_prefix('/')?, *text)));
    let mut files: Vec<_> = own.collect();
    let (_, text) = files.iter().find(|(path, _)| *path == FILE)?;
    let project: Project = toml::from_str(text).ok()?;
    let language = project.language?;
    files.extend(within(&format!("{}/shared/", language.as_str())));
    let own = files.into_iter().map(|(path, text)| (path.to_owned(), named(text, name)));
    Some((own.chain(contract(language)).collect(), project.step, language))
}

/// The files of a folder of the templates.
fn within(folder: &str) -> Vec<(&'static str, &'static str)> {
    TEMPLATES.iter().filter_map(|(path, text)| Some((path.strip_prefix(folder)?, *text))).collect()
}

/// Whether a file of a project in JavaScript is one of a project in TypeScript too, which has these files of its own.
fn stays(path: &str, own: &[(&str, &str)]) -> bool {
    let typed = path.strip_suffix(".js").map(|stem| format!("{stem}.ts"));
    path != "jsconfig.json" && !own.iter().any(|(known, _)| *known == path || Some(*known) == typed.as_deref())
}

/// Which steps there is a template for.
pub fn steps(language: Language) -> Vec<&'static str> {
    let all = [Step::Source, Step::Mapping, Step::Grouping, Step::Target];
    all.into_iter().filter(|step| files(NAME, *step, language).is_some()).map(Step::as_str).collect()
}

/// The contract, where the tools of the language look for it; for Rust with the SDK.
fn contract(language: Language) -> Vec<File> {
    let place = |path: &str| match (language, path.strip_prefix("deps/")) {
        (Language::Rust, _) => format!("rollcall/wit/{path}"),
        (_, Some(package)) => format!("wit/deps/{package}"),
        (_, None) => format!("wit/deps/rollcall-sync/{path}"),
    };
    let wit = WIT.iter().filter(|(path, _)| language == Language::Rust || path.ends_with(".wit"));
    let mut files: Vec<File> = wit.map(|(path, text)| (place(path), (*text).to_owned())).collect();
    if matches!(language, Language::JavaScript | Language::TypeScript) {
        files.push(("types.d.ts".to_owned(), TYPES.to_owned()));
    }
    if language == Language::Rust {
        files.extend(SDK.iter().map(|(path, text)| (format!("rollcall/guest/sdk/{path}"), (*text).to_owned())));
    }
    files
}

/// Puts the project's name in place of the template's, in each of its forms.
fn named(text: &str, name: &str) -> String {
    text.replace(NAME, name).replace("my_step", &name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_mapping_most_a_grouping_and_rust_all_four() {
        assert_eq!(steps(Language::Rust), ["source", "mapping", "grouping", "target"]);
        assert_eq!(steps(Language::C), ["mapping"]);
        for language in [Language::Python, Language::JavaScript, Language::TypeScript] {
            assert!(steps(language).contains(&"mapping") && steps(language).contains(&"grouping"), "{language:?}");
        }
    }

    #[test]
    fn a_project_in_typescript_has_its_own_files_in_place_of_those_in_javascript() {
        let files = files("pay-roll", Step::Mapping, Language::TypeScript).unwrap();
        let mut paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        paths.retain(|path| !path.starts_with("wit/"));
        paths.sort_unstable();
        let wanted = [
            ".gitignore",
            "component.toml",
            "names.test.js",
            "names.ts",
            "package.json",
            "rollcall.js",
            "sample.jsonl",
            "step.ts",
            "tsconfig.json",
            "types.d.ts",
        ];
        assert_eq!(paths, wanted);
    }

    #[test]
    fn the_page_beside_the_contract_is_the_one_that_is_made_from_it() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/reference.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == PAGE,
            "wit/reference.md is not what `rollcall component reference > wit/reference.md` makes"
        );
    }

    #[test]
    fn every_item_of_the_contract_is_documented() {
        let lines: Vec<&str> = PAGE.lines().filter(|line| !line.is_empty()).collect();
        let is_item = |line: &str| line.starts_with("* `") || line.starts_with('#');
        let items = lines.iter().zip(lines.iter().skip(1)).filter(|(line, _)| is_item(line));
        // A part says it in its own line, everything else in the line below.
        let (with, without): (Vec<_>, Vec<_>) = items.partition(|(line, next)| match line.starts_with('*') {
            true => line.contains("`: "),
            false => !is_item(next),
        });
        assert!(with.len() > 150, "{}", with.len());
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn types_come_from_where_they_are_declared() {
        for line in [
            "mapPeople(people: Person[]): Outcome[];",
            "configure(settings: Json, inherited: Attribute[]): Schema;",
            "declare module \"wasi:keyvalue/store@0.2.0-draft2\" {",
            "get(key: string): Uint8Array | null;",
            "function open(identifier: string): Bucket;",
            "function wake(at: Moment, subject: string): void;",
            "body(): OutgoingBody;",
            "static fromList(entries: ([FieldName, FieldValue])[]): Fields;",
            "type IoError = import(\"wasi:io/error@0.2.12\").Error;",
            "nodes: TraceNode[];",
        ] {
            assert!(TYPES.lines().any(|found| found.trim() == line), "{line}");
        }
        // What the generator does not know would be of this type.
        assert!(!TYPES.contains(": unknown") && !PAGE.contains("<unknown"));
    }

    #[test]
    fn every_example_is_a_project_and_the_help_names_it() {
        use clap::CommandFactory;
        let all = examples();
        assert_eq!(all.len(), 5, "{all:?}");
        for name in &all {
            let (files, ..) = example("pay-roll", name).unwrap_or_else(|| panic!("{name} is no project"));
            assert!(files.iter().all(|(_, text)| !text.contains("my-step")), "{name}");
        }
        let mut command = crate::args::Args::command();
        let new =
            command.find_subcommand_mut("component").and_then(|command| command.find_subcommand_mut("new")).unwrap();
        let help = new.render_help().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(all.iter().all(|name| help.contains(name)), "{help}");
    }

    #[test]
    fn a_project_is_called_by_its_own_name_everywhere() {
        for language in [Language::Rust, Language::Python, Language::JavaScript, Language::TypeScript, Language::C] {
            for (path, text) in files("pay-roll", Step::Mapping, language).unwrap() {
                assert!(!text.contains("my-step") && !text.contains("my_step"), "{path}");
            }
        }
    }
}
