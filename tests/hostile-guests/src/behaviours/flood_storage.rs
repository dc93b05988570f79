//! Stores as much as it may.

use crate::component::wasi::keyvalue::store;

pub(super) fn run(_: &str) -> String {
    let Ok(bucket) = store::open("default") else { return "no store".to_owned() };
    let value = vec![7; 1 << 20];
    for number in 0..1_000 {
        if let Err(error) = bucket.set(&format!("key {number}"), &value) {
            return format!("{number}: {error:?}");
        }
    }
    "done".to_owned()
}
