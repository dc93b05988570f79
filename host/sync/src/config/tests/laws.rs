//! What holds for every text, whoever wrote it. `PROPTEST_CASES` makes the search longer.

use proptest::prelude::*;

use super::{located, parse, tenant};

#[test]
fn deep_nesting_is_refused_and_overflows_nothing() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}", "{ a = ".repeat(100_000)),
        format!("a{} = 1", ".a".repeat(100_000)),
        format!("[a{}]\nb = 1", ".a".repeat(100_000)),
        format!("[mapping_options]\na{} = 1", ".a".repeat(100_000)),
        format!("[[a{}]]", ".a".repeat(100_000)),
        format!("a = {{ a{} = 1 }}", ".a".repeat(100_000)),
    ] {
        assert!(parse(&text, "deep.toml").is_err());
    }
}

/// Pieces that make a text look enough like a tenant's file to get past the first line.
fn fragment() -> impl Strategy<Value = String> {
    let words = [
        "[source]\n",
        "[source.login]\n",
        "[[mapping]]\n",
        "[target.login]\n",
        "[[attribute]]\n",
        "[table.x]\n",
        "[scope]\n",
        "kind = ",
        "component = ",
        "\"header\"\n",
        "\"oauth2\"\n",
        "\"https://*.a.b\"\n",
        "\"http://x\"\n",
        "settings = ",
        "{ a = 1 }\n",
        "[1, 2]\n",
        "login = [[]]\n",
        "cpu = ",
        "at = ",
        "\"25:61\"\n",
        "02:00\n",
        "1e400\n",
        "-0x1\n",
        "nan\n",
        "client_secret = ",
        "{ env = \"UNSET\" }\n",
        "'''",
        "\"\"\"",
        "\\",
        "\u{feff}",
        "\0",
        "é",
        "=",
        "\r\n",
        "[",
        "]",
        ".",
        "[safety]\n",
        "max_deletion_share = ",
        "99999999999999999999\n",
        "time_zone = ",
        "[schedule]\n",
        "http = ",
    ];
    prop_oneof![8 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => ".{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(2_000)))]

    #[test]
    fn no_text_makes_the_reading_panic(fragments in proptest::collection::vec(fragment(), 0..24), any in ".*") {
        for text in [fragments.concat(), any] {
            match parse(&text, "any.toml") {
                Ok(tenant) => drop(tenant.origins.locate("source", "a[3].b", Some(7))),
                Err(errors) => {
                    prop_assert!(!errors.0.is_empty());
                    prop_assert!(!errors.to_string().contains('\0'));
                }
            }
        }
    }

    #[test]
    fn a_secret_under_any_name_is_in_no_message(key in "[a-z_]{1,16}", tail in "\n|", quote in "\"|") {
        let public = ["kind", "cloud", "url", "name", "origins", "scope", "env", "file"];
        prop_assume!(!public.contains(&key.as_str()) && !key.ends_with("_id") && !key.ends_with("_url"));
        let text = format!("[source.login]\n{key} = \"hush-hush{quote}{tail}");
        let errors = parse(&text, "any.toml").unwrap_err();
        prop_assert!(!errors.to_string().contains("hush-hush"), "{}", errors);
    }

    #[test]
    fn every_letter_of_a_text_is_found_where_it_is_written(text in "[a-zé😀\"'\\\\\t\n]{1,20}") {
        let written = toml::Value::String(text.clone()).to_string();
        let tenant = tenant(&format!("[mapping_options]\nx = {written}"));
        prop_assert_eq!(tenant.mappings[0].settings["x"].as_str(), Some(text.as_str()));
        for (number, letter) in (0_u32..).zip(text.chars()).filter(|(_, letter)| letter.is_ascii_lowercase()) {
            let found = located(&tenant, "mapping[0]", "x", Some(number));
            let (_, found) = found.split_once(": ").unwrap();
            prop_assert_eq!(found.chars().next(), Some(letter));
        }
    }
}
