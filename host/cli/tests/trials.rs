//! `rollcall rules try`, `rollcall mapping try` and `rollcall why`: what they answer, and with which exit code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use fixture::Fixture;
use serde_json::{Value, json};

/// A folder with a user in a file.
fn folder(user: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("user.json"), user).unwrap();
    folder
}

fn rollcall(folder: &tempfile::TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rollcall")).current_dir(folder.path()).args(arguments).output().unwrap()
}

/// The exit code and the JSON that was answered.
fn answer(output: &Output) -> (i32, Value) {
    let text = String::from_utf8_lossy(&output.stdout);
    let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (output.status.code().unwrap(), json)
}

const ADELE: &[u8] =
    r#"{"id":"5e3a","displayName":"Adele","department":"SALES","city":null,"userType":"Member"}"#.as_bytes();

#[test]
fn a_rule_is_answered_in_the_shape_of_evaluate_dynamic_membership() {
    let folder = folder(ADELE);
    let rule = "(user.objectId -ne null) -and (user.department -eq \"Sales\") -and -not (user.city -eq \"Oslo\")";
    let output = rollcall(&folder, &["rules", "try", rule, "--user", "user.json", "--json"]);
    let expected = json!({
        "membershipRule": rule,
        "membershipRuleEvaluationResult": true,
        "membershipRuleEvaluationDetails": {
            "expressionResult": true,
            "expression": "-and",
            "expressionEvaluationDetails": [
                { "expressionResult": true, "expression": "user.objectId -ne null" },
                { "expressionResult": true, "expression": "user.department -eq \"Sales\"",
                  "propertyToEvaluate": { "propertyName": "department", "propertyValue": "SALES" } },
                { "expressionResult": true, "expression": "-not", "expressionEvaluationDetails": [
                    { "expressionResult": false, "expression": "user.city -eq \"Oslo\"",
                      "propertyToEvaluate": { "propertyName": "city", "propertyValue": "" } },
                ] },
            ],
        },
    });
    assert_eq!(answer(&output), (0, expected));
    // A rule may begin with a hyphen, and the option may stand before it.
    let output = rollcall(&folder, &["rules", "try", "--json", "--user", "user.json", "-not user.city -eq \"Oslo\""]);
    let (code, json) = answer(&output);
    assert_eq!((code, &json["membershipRuleEvaluationResult"]), (0, &json!(true)));
    let output = rollcall(&folder, &["rules", "try", "user.city -eq \"Oslo\"", "--user", "user.json"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("The user does not belong to the group.\n"), "{said}");
    assert!(said.contains("`user.city -eq \"Oslo\"` is false: user.city has no value."), "{said}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_must_be_refused_is_answered_with_its_message_and_position() {
    let folder = folder(ADELE);
    let try_rule = |rule: &str| answer(&rollcall(&folder, &["rules", "try", rule, "--user", "user.json", "--json"]));
    let (code, json) = try_rule("user.departmnet -eq \"営\"");
    assert_eq!((code, &json["error"]["position"]), (2, &json!(0)));
    assert!(json["error"]["message"].as_str().unwrap().contains("Did you mean `user.department`?"), "{json}");
    let (code, json) = try_rule("user.city -eq \"営業😀\" -nad");
    assert_eq!((code, &json["error"]["position"]), (2, &json!(20)));
    assert_eq!(try_rule("").0, 2);
    let mapping = |expression: &str| {
        let arguments = ["mapping", "try", "--expression", expression, "--user", "user.json", "--json"];
        answer(&rollcall(&folder, &arguments))
    };
    assert_eq!(mapping("Join(\", \", [displayName], [city], \"x\")"), (0, json!({ "value": "Adele, x" })));
    assert_eq!(mapping("[city]"), (0, json!({ "value": null })));
    assert_eq!(mapping("-1.5"), (0, json!({ "value": -1.5 })));
    let (code, json) = mapping("Append(\"営😀\", Lenn([x]))");
    assert_eq!((code, &json["error"]["position"]), (2, &json!(13)));
    assert!(json["error"]["message"].as_str().unwrap().contains("did you mean Len?"), "{json}");
    let (code, json) = mapping("Left([displayName], \"x\")");
    assert_eq!((code, &json["error"]["position"]), (2, &json!(20)));
}

#[test]
fn a_file_that_holds_no_user_is_answered_with_the_reason() {
    for (content, part) in [
        (b"[{\"id\":\"1\"}]".as_slice(), "this is a list; one user is a JSON object"),
        (b"{\"id\":", "this is not valid JSON"),
        (b"{\"other\":tru}", "this is not valid JSON"),
        (b"", "the file is empty"),
        (b"{\"id\":\"\xff\"}", "no text in UTF-8"),
    ] {
        let folder = folder(content);
        for arguments in [
            ["rules", "try", "user.city -eq null", "--user", "user.json", "--json"].as_slice(),
            &["mapping", "try", "--expression", "[city]", "--user", "user.json", "--json"],
        ] {
            let (code, json) = answer(&rollcall(&folder, arguments));
            let message = json["error"]["message"].as_str().unwrap_or_else(|| panic!("{json}"));
            assert!(message.contains(part) && message.contains("user.json"), "{message}");
            assert_eq!((code, &json["error"]["position"]), (2, &Value::Null));
            let output = rollcall(&folder, arguments.split_last().unwrap().1);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains(part) && output.status.code() == Some(2), "{said}");
        }
    }
    let folder = folder(ADELE);
    let (code, json) =
        answer(&rollcall(&folder, &["rules", "try", "user.city -eq null", "--user", "none.json", "--json"]));
    assert_eq!(code, 2);
    assert!(json["error"]["message"].as_str().unwrap().contains("there is no such file"), "{json}");
    let (code, json) = answer(&rollcall(&folder, &["rules", "try", "user.city -eq null", "--user", ".", "--json"]));
    assert_eq!(code, 2);
    assert!(json["error"]["message"].as_str().unwrap().contains("this is a folder"), "{json}");
}

#[test]
fn a_user_may_come_with_a_mark_or_by_standard_input() {
    let marked = [b"\xef\xbb\xbf".as_slice(), ADELE].concat();
    let folder = folder(&marked);
    let arguments = ["mapping", "try", "--expression", "[displayName]", "--json", "--user"];
    let output = rollcall(&folder, &[arguments.as_slice(), &["user.json"]].concat());
    assert_eq!(answer(&output), (0, json!({ "value": "Adele" })));
    let mut child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ADELE).unwrap();
    assert_eq!(answer(&child.wait_with_output().unwrap()), (0, json!({ "value": "Adele" })));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_tenant_a_rule_may_ask_about_the_profile_and_a_user_may_be_named_by_its_id() {
    let users = [
        json!({"id": "m", "displayName": "Mona", "mobilePhone": "+919800000009", "accountEnabled": true}),
        json!({"id": "a", "displayName": "Adele", "mobilePhone": "+919800000001", "department": "Sales", "city": "Pune",
            "jobTitle": "Manager", "accountEnabled": true, "manager": "m"}),
    ];
    let fixture = Fixture::new(users.map(|user| user.as_object().cloned().unwrap()).to_vec()).await;
    fixture.write("[[group]]\nkey = \"pune\"\nname = \"Pune\"\nrule = 'profile.city -eq \"Pune\" -and user.accountEnabled -eq true'\n");
    fixture.sync().await;
    let trial = async |rule: &str, user: &str| {
        answer(&fixture.run(&["rules", "try", rule, "--user", user, "--tenant", "contoso.toml", "--json"]).await)
    };
    let (code, json) = trial("profile.city -eq \"pune\" -and user.department -eq \"Sales\"", "a").await;
    assert_eq!((code, &json["membershipRuleEvaluationResult"]), (0, &json!(true)), "{json}");
    let leaf = &json["membershipRuleEvaluationDetails"]["expressionEvaluationDetails"][0];
    assert_eq!(leaf["propertyToEvaluate"], json!({ "propertyName": "city", "propertyValue": "Pune" }));
    let (code, json) = trial("profile.ctiy -eq \"x\"", "a").await;
    assert_eq!(code, 2);
    assert!(json["error"]["message"].as_str().unwrap().contains("Did you mean `profile.city`?"), "{json}");
    let (code, json) = trial("user.city -eq \"x\"", "nobody").await;
    assert_eq!(code, 2);
    assert!(json["error"]["message"].as_str().unwrap().contains("neither a file nor a user"), "{json}");

    let (code, json) = answer(&fixture.run(&["why", "contoso.toml", "a", "Pune", "--json"]).await);
    assert_eq!((code, &json["membershipRuleEvaluationResult"]), (0, &json!(true)), "{json}");
    let details = &json["membershipRuleEvaluationDetails"];
    assert_eq!((&details["expression"], &details["expressionResult"]), (&json!("-and"), &json!(true)));
    assert_eq!(
        details["expressionEvaluationDetails"],
        json!([
            { "expressionResult": true, "expression": "profile.city -eq \"Pune\"",
              "propertyToEvaluate": { "propertyName": "city", "propertyValue": "Pune" } },
            { "expressionResult": true, "expression": "user.accountEnabled -eq true",
              "propertyToEvaluate": { "propertyName": "accountEnabled", "propertyValue": "true" } },
        ])
    );
    let said = String::from_utf8(fixture.run(&["why", "contoso.toml", "m", "Pune"]).await.stdout).unwrap();
    assert!(said.starts_with("The person does not belong to the group."), "{said}");
    assert!(said.contains("profile.city has no value"), "{said}");

    let mapped = fixture.run(&["mapping", "try", "contoso.toml", "--user", "a", "--explain"]).await;
    let said = String::from_utf8(mapped.stdout).unwrap();
    for part in [
        "name = \"Adele\"",
        "[city] is \"Pune\"",
        "PhoneE164([mobilePhone]) = \"+919800000001\"",
        "manager_name = \"Mona\"",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, json) = answer(&fixture.run(&["mapping", "try", "contoso.toml", "--user", "a", "--json"]).await);
    assert_eq!((code, &json["outcome"]["profile"]["city"]), (0, &json!("Pune")), "{json}");
    assert_eq!(json["attributes"][0]["inputs"], json!([{ "property": "displayName", "value": "Adele" }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_expression_or_rule_is_refused_by_check_at_its_place_with_what_was_meant() {
    let fixture = Fixture::new(Vec::new()).await;
    let check = async |more: &str| {
        fixture.write(more);
        let output = fixture.run(&["check", "contoso.toml"]).await;
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let expression = "[[attribute]]\nname = \"name\"\nexpression = 'Append(\"東京\", Lenn([surname]))'\n";
    let said = check(expression).await;
    assert!(said.contains("attribute[0].expression: there is no function Lenn\n"), "{said}");
    assert!(said.contains("did you mean `Len`?"), "{said}");
    let mut lines = said.lines().skip_while(|line| !line.contains("Lenn(["));
    let (line, carets) = (lines.next().unwrap(), lines.next().unwrap());
    // The two letters before it take two columns each.
    let place = line.chars().take_while(|c| *c != 'L').count() + 2;
    assert_eq!(carets.find('^'), Some(place), "{said}");
    let said = check("[[attribute]]\nname = \"name\"\nexpression = '[skills]'\n").await;
    assert!(said.contains("Microsoft Graph cannot track `skills`"), "{said}");
    let said = check("[[group]]\nname = \"A\"\nrule = 'user.accountEnabled -eq \"yes\"'\n").await;
    assert!(said.contains("is true or false; it can't be compared with text"), "{said}");
    let said = check("[scope]\nrule = 'user.departmnet -eq \"x\"'\n").await;
    assert!(
        said.contains("scope.rule: Attribute not supported") && said.contains("did you mean `user.department`?"),
        "{said}"
    );
}
