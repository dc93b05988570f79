//! What `rollcall component new` copies: templates, the contract, and for Rust the SDK. All of it is part of this program, so that a
//! project is made for exactly the contract that this host speaks, wherever the program was put.
//!
//! The SDK goes into the project as a copy (`rollcall/guest/sdk`, with the contract in `rollcall/wit`). A path to a checkout of ours would tie
//! a project to one machine, and a package from a registry could speak another contract than the host at hand.

use super::args::{Language, Step};

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The name that the templates have in place of the project's.
const NAME: &str = "my-step";

/// A file of a new project: its path in the project, and its text.
pub type File = (String, String);

/// The files of a new project; none when there is no such template.
pub fn files(name: &str, step: Step, language: Language) -> Option<Vec<File>> {
    let folder = format!("{}/{}/", language.as_str(), step.as_str());
    let shared = format!("{}/shared/", language.as_str());
    let own = TEMPLATES.iter().filter_map(|(path, text)| Some((path.strip_prefix(&folder)?, *text)));
    let own: Vec<File> = own.map(|(path, text)| (path.to_owned(), named(text, name))).collect();
    if own.is_empty() {
        return None;
    }
    let common = TEMPLATES.iter().filter_map(|(path, text)| Some((path.strip_prefix(&shared)?, *text)));
    let common = common.map(|(path, text)| (path.to_owned(), named(text, name)));
    Some(own.into_iter().chain(common).chain(contract(language)).collect())
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
    fn every_language_has_a_mapping_and_a_grouping_and_rust_has_all_four() {
        assert_eq!(steps(Language::Rust), ["source", "mapping", "grouping", "target"]);
        for language in [Language::Python, Language::JavaScript] {
            assert!(steps(language).contains(&"mapping") && steps(language).contains(&"grouping"), "{language:?}");
        }
    }

    #[test]
    fn a_project_is_called_by_its_own_name_everywhere() {
        for language in [Language::Rust, Language::Python, Language::JavaScript] {
            for (path, text) in files("pay-roll", Step::Mapping, language).unwrap() {
                assert!(!text.contains("my-step") && !text.contains("my_step"), "{path}");
            }
        }
    }
}
