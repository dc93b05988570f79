//! The user that something is tried on: from a file, from standard input, or from a tenant's state.

use std::io::Read;
use std::path::{Path, PathBuf};

use rollcall_sync::tenant::Tenant;
use serde_json::{Value as Json, json};

use crate::refusal::{Refusal, say};
use crate::setup;

/// The largest text that is taken for one user.
const LARGEST: u64 = 16 << 20;

/// One user as JSON text. `-` is standard input, what names a file is read as one, and anything else is the id of a user of the
/// tenant.
pub fn load(user: &str, tenant: Option<&PathBuf>) -> Result<String, Refusal> {
    let path = Path::new(user);
    let wrong = |message: String| Refusal::wrong(format!("--user {user}: {message}"));
    let unreadable = |error: std::io::Error| wrong(format!("the file cannot be read: {error}"));
    if user == "-" {
        return one_user(std::io::stdin().lock()).map_err(wrong);
    }
    // A pipe is a file too: a shell makes one of `<(command)`.
    if path.exists() && !path.is_dir() {
        return one_user(std::fs::File::open(path).map_err(unreadable)?).map_err(wrong);
    }
    let Some(tenant) = tenant else {
        let message = if path.is_dir() {
            "this is a folder; a file with one user as JSON is expected"
        } else {
            "there is no such file (an id can be given together with a tenant's file)"
        };
        return Err(wrong(message.to_owned()));
    };
    let config = setup::config(tenant, &[])?;
    let store = Tenant::open(&config)?.store();
    let failed = |error: rollcall_sync::store::StoreError| Refusal::failed(error.to_string());
    let Some(object) = store.object(user).map_err(failed)? else {
        let message = format!("there is neither a file nor a user of {} with this name or id", config.name);
        return Err(wrong(message));
    };
    // The groups of a user are kept beside the user.
    let groups = store.member_of(user).map_err(failed)?;
    match serde_json::from_str(&object) {
        Ok(Json::Object(mut found)) if !groups.is_empty() => {
            found.insert("memberOf".to_owned(), groups.into());
            Ok(Json::Object(found).to_string())
        }
        _ => Ok(object),
    }
}

/// Says that something could not be tried, in the shape that trials answer with. What is wrong with a tenant's file has places
/// of its own and keeps them.
pub fn not_tried(refused: Refusal, json: bool) -> Result<u8, Refusal> {
    if !json || refused.is_about_configuration() {
        return Err(refused);
    }
    say(&json!({ "error": { "message": refused.to_string(), "position": null } }).to_string());
    Ok(refused.code())
}

/// Reads one user. The error is what is wrong with it.
fn one_user(source: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| format!("the file cannot be read: {error}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("a file with one user is smaller than this ({LARGEST} bytes)"));
    }
    let text = decoded(&bytes).ok_or("this is no text in UTF-8")?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("the file is empty; one user as a JSON object is expected".to_owned());
    }
    let kind = match serde_json::from_str(text).map_err(|error| format!("this is not valid JSON: {error}"))? {
        Json::Object(_) => return Ok(text.to_owned()),
        Json::Array(_) => "a list",
        Json::String(_) => "a text",
        Json::Number(_) => "a number",
        Json::Bool(_) => "true or false",
        Json::Null => "null",
    };
    Err(format!("this is {kind}; one user is a JSON object such as {{\"id\": \"...\", \"displayName\": \"...\"}}"))
}

/// The text of a file: in UTF-8, or in UTF-16 with its mark, as Windows PowerShell's `>` writes it.
fn decoded(bytes: &[u8]) -> Option<String> {
    let utf16 = |from: fn([u8; 2]) -> u16| {
        let units = bytes.get(2..)?.chunks(2).map(|pair| Some(from(*pair.first_chunk()?)));
        String::from_utf16(&units.collect::<Option<Vec<u16>>>()?).ok()
    };
    match bytes {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_with_its_mark_and_as_windows_powershell_writes_it() {
        let user = r#"{"displayName":"Zoë 😀"}"#;
        let utf16 = |mark: u16, bytes: fn(u16) -> [u8; 2]| {
            std::iter::once(mark).chain(user.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
        };
        for bytes in [
            user.as_bytes().to_vec(),
            format!("\u{feff}\r\n{user}\r\n").into_bytes(),
            utf16(0xfeff, u16::to_le_bytes),
            utf16(0xfeff, u16::to_be_bytes),
        ] {
            assert_eq!(one_user(bytes.as_slice()).unwrap(), user);
        }
    }

    #[test]
    fn what_is_no_user_is_called_by_its_name() {
        for (bytes, expected) in [
            (b"[{}]".as_slice(), "this is a list; one user is a JSON object"),
            (b"\"x\"", "this is a text"),
            (b"null", "this is null"),
            (b"7", "this is a number"),
            (b"", "the file is empty"),
            (b"\xef\xbb\xbf \n", "the file is empty"),
            (b"{\"a\":}", "this is not valid JSON: expected value at line 1 column 6"),
            (b"{\"a\":1} x", "this is not valid JSON: trailing characters"),
            (b"{\"a\":tru}", "this is not valid JSON"),
            (b"{\"a\":\"\xff\"}", "no text in UTF-8"),
            (b"\xff\xfe{", "no text in UTF-8"),
        ] {
            let found = one_user(bytes).unwrap_err();
            assert!(found.starts_with(expected) || found.contains(expected), "{found}");
        }
    }
}
