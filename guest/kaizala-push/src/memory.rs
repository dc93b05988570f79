//! What this step remembers in its storage, so that nothing is created twice.
//!
//! Creating a group is not repeatable at Kaizala: sent twice, it makes two groups of the same name. So an *intent* is written
//! before the call and the id after it. A run that finds an intent without an id looks for the group before it creates one; a run
//! that finds an id goes on with that group, because the host never learned of it.
//!
//! | key | value |
//! | --- | --- |
//! | `group/<key>` | `{"name": "..."}` before the call, `{"id": "..."}` after it |
//! | `known/<id>` | the key of the group that we created or took over |
//! | `parent/<id>` | the id of the group that this one was made a part of |
//! | `members/<id>` | the ids of members by the digits of their numbers, as they were last read |
//! | `left/<id>` | the ids of members that were removed by an operation that is not finished |

use std::collections::BTreeMap;

use rollcall_sdk::Fault;
use rollcall_sdk::storage::{Error, Storage};
use rollcall_sdk::target::Outcome;
use serde::{Deserialize, Serialize};

/// The memory.
#[derive(Debug)]
pub(crate) struct Memory<S>(S);

/// What is remembered of a group that was to be created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// The id, once Kaizala has told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The name with which it was to be created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

impl<S: Storage> Memory<S> {
    pub(crate) fn new(storage: S) -> Self {
        Memory(storage)
    }

    /// What is remembered of a group.
    pub(crate) fn intent(&self, key: &str) -> Result<Option<Intent>, Error> {
        let bytes = self.0.get(&format!("group/{key}"))?;
        // A value that cannot be read is an intent without an id: the group is looked for.
        Ok(bytes.map(|bytes| serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    /// Remembers that a group is about to be created.
    pub(crate) fn intend(&self, key: &str, name: &str) -> Result<(), Error> {
        let intent = serde_json::json!({ "name": name }).to_string();
        self.0.set(&format!("group/{key}"), intent.as_bytes())
    }

    /// Whether another group of this name is about to be created.
    pub(crate) fn is_intended(&self, name: &str, except: &str) -> Result<bool, Error> {
        // Keys are listed in their order, after the cursor.
        let mut after = Some("group/".to_owned());
        while let Some(cursor) = after {
            let (keys, next) = self.0.keys(Some(&cursor))?;
            for key in keys {
                let Some(key) = key.strip_prefix("group/") else { return Ok(false) };
                let intent = self.intent(key)?.unwrap_or_default();
                if key != except && intent.id.is_none() && intent.name.as_deref() == Some(name) {
                    return Ok(true);
                }
            }
            after = next;
        }
        Ok(false)
    }

    /// The group that a group was made a part of.
    pub(crate) fn parent_of(&self, id: &str) -> Result<Option<String>, Error> {
        let bytes = self.0.get(&format!("parent/{id}"))?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Remembers it; none for a group that is a part of no other.
    pub(crate) fn set_parent(&self, id: &str, parent: Option<&str>) -> Result<(), Error> {
        let key = format!("parent/{id}");
        match parent {
            Some(parent) => self.0.set(&key, parent.as_bytes()),
            None => self.0.delete(&key),
        }
    }

    /// The ids of members by the digits of their numbers, as far as they were ever told.
    pub(crate) fn members(&self, group: &str) -> Result<BTreeMap<String, String>, Error> {
        let bytes = self.0.get(&format!("members/{group}"))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Remembers them.
    pub(crate) fn set_members(&self, group: &str, ids: &BTreeMap<String, String>) -> Result<(), Error> {
        self.0.set(&format!("members/{group}"), serde_json::json!(ids).to_string().as_bytes())
    }

    /// Remembers that a group is ours.
    pub(crate) fn created(&self, key: &str, id: &str) -> Result<(), Error> {
        let intent = serde_json::json!({ "id": id }).to_string();
        self.0.set(&format!("known/{id}"), key.as_bytes())?;
        self.0.set(&format!("group/{key}"), intent.as_bytes())
    }

    /// Forgets that a group was to be created, or that it has been.
    pub(crate) fn forget(&self, key: &str) -> Result<(), Error> {
        if let Some(Intent { id: Some(id), .. }) = self.intent(key)? {
            for kind in ["known", "parent", "members"] {
                self.0.delete(&format!("{kind}/{id}"))?;
            }
        }
        self.0.delete(&format!("group/{key}"))
    }

    /// The key of the group with this id, if it is one that we created or took over.
    pub(crate) fn key_of(&self, id: &str) -> Result<Option<String>, Error> {
        let bytes = self.0.get(&format!("known/{id}"))?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The ids of members that an unfinished operation has removed already.
    pub(crate) fn left(&self, group: &str) -> Result<Vec<String>, Error> {
        let bytes = self.0.get(&format!("left/{group}"))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Remembers them; none when the operation is finished.
    pub(crate) fn set_left(&self, group: &str, ids: &[String]) -> Result<(), Error> {
        let key = format!("left/{group}");
        if ids.is_empty() {
            self.0.delete(&key)
        } else {
            self.0.set(&key, serde_json::json!(ids).to_string().as_bytes())
        }
    }
}

/// Without its memory this step does nothing that it could not undo.
pub(crate) fn lost(error: Error) -> Outcome {
    let message = format!("Kaizala was not asked, because {error}. A group could be created twice.");
    Outcome::Retry(Fault::new(message).retry(None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::testing::MemoryStorage;

    #[test]
    fn an_intent_has_an_id_only_after_the_group_was_created() {
        let memory = Memory::new(MemoryStorage::new());
        assert_eq!(memory.intent("k").unwrap(), None);
        memory.intend("k", "K").unwrap();
        assert_eq!(memory.intent("k").unwrap(), Some(Intent { id: None, name: Some("K".into()) }));
        assert!(memory.is_intended("K", "other").unwrap());
        assert!(!memory.is_intended("K", "k").unwrap() && !memory.is_intended("L", "other").unwrap());
        memory.created("k", "g@1").unwrap();
        assert_eq!(memory.intent("k").unwrap(), Some(Intent { id: Some("g@1".into()), name: None }));
        assert!(!memory.is_intended("K", "other").unwrap());
        assert_eq!(memory.key_of("g@1").unwrap().as_deref(), Some("k"));
    }

    #[test]
    fn what_is_forgotten_leaves_nothing() {
        let storage = MemoryStorage::new();
        let memory = Memory::new(storage.clone());
        memory.created("k", "g").unwrap();
        memory.set_parent("g", Some("p")).unwrap();
        memory.set_members("g", &BTreeMap::from([("1425".into(), "m".into())])).unwrap();
        assert_eq!(memory.members("g").unwrap()["1425"], "m");
        memory.forget("k").unwrap();
        memory.set_left("g", &["m".into()]).unwrap();
        assert_eq!(memory.left("g").unwrap(), ["m"]);
        memory.set_left("g", &[]).unwrap();
        assert!(storage.contents().is_empty());
    }
}
