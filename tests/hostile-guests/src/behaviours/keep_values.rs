//! Uses the store as it is meant to be used.

use crate::component::wasi::keyvalue::store;

pub(super) fn run(_: &str) -> String {
    tried().unwrap_or_else(|error| format!("{error:?}"))
}

fn tried() -> Result<String, store::Error> {
    let bucket = store::open("default")?;
    for number in 0..2_500 {
        bucket.set(&format!("key {number:04}"), number.to_string().as_bytes())?;
    }
    bucket.delete("key 0000")?;
    let (mut keys, mut cursor, mut pages) = (0, None, 0);
    loop {
        let page = bucket.list_keys(cursor.as_deref())?;
        (keys, pages) = (keys + page.keys.len(), pages + 1);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    let value = bucket.get("key 0007")?.map(|value| String::from_utf8_lossy(&value).into_owned());
    let gone = bucket.exists("key 0000")?;
    let other = store::open("other").err();
    let long = bucket.set(&"k".repeat(2_000), b"").err();
    Ok(format!("{keys} keys in {pages} pages, {value:?}, {gone}, {other:?}, {long:?}"))
}
