//! The host's side of the interfaces that a component imports.

use wasmtime::component::{HasSelf, Linker, Resource};

use crate::capabilities::{InboxReader, OutboxWriter};
use crate::contract::imports::rollcall::sync::{inbox, lookup, outbox, scheduling};
use crate::contract::imports::wasi::keyvalue::store;
use crate::contract::imports::wasi::logging::logging;
use crate::contract::types::Value;
use crate::grants::Grants;
use crate::state::State;

/// The one bucket of a step.
#[derive(Debug)]
pub struct Bucket;

/// A file of the outbox that is being written.
pub struct OutboxFile(Box<dyn OutboxWriter>);

/// A file that is being read.
pub struct InboxFile(Box<dyn InboxReader>);

/// Files of the inbox and outbox that an instance may have open at once.
const OPEN_FILES: usize = 16;
/// Keys in a page.
const KEYS: u32 = 1_000;
/// Bytes of a key.
const KEY_BYTES: usize = 1_024;
/// Bytes of one piece of a file; who asks for more gets this much.
const PIECE: u32 = 4 << 20;
/// Bytes of a value.
const VALUE_BYTES: usize = 8 << 20;

/// Links what is granted, and nothing else.
pub(crate) fn link(linker: &mut Linker<State>, grants: &Grants) -> wasmtime::Result<()> {
    // All of WASI 0.2, with nothing in it: no variable, argument or file, no network, output that goes to the log. Components in Python or
    // JavaScript import all of it whether they use it or not; what they find is nothing.
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    logging::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    crate::contract::types::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    if grants.reads() {
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
        inbox::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    }
    if grants.storage {
        store::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    }
    if grants.lookup {
        lookup::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    }
    if grants.scheduling {
        scheduling::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    }
    if grants.outbox {
        outbox::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    }
    grants.extensions.iter().try_for_each(|extension| extension.link(linker))
}

fn too_many_files() -> String {
    format!("{OPEN_FILES} files are open already")
}

impl crate::contract::types::Host for State {}

impl logging::Host for State {
    async fn log(&mut self, level: logging::Level, context: String, message: String) -> wasmtime::Result<()> {
        let level = match level {
            logging::Level::Trace => "trace",
            logging::Level::Debug => "debug",
            logging::Level::Info => "info",
            logging::Level::Warn => "warn",
            logging::Level::Error => "error",
            logging::Level::Critical => "critical",
        };
        let line = if context.is_empty() { message } else { format!("{context}: {message}") };
        self.lines.write(level, &line);
        Ok(())
    }
}

impl lookup::Host for State {
    async fn properties(
        &mut self,
        dependent: String,
        id: String,
        properties: Vec<String>,
    ) -> wasmtime::Result<Option<Vec<Value>>> {
        let names: usize = properties.iter().map(|name| name.len() + size_of::<String>()).sum();
        self.budget.leave(dependent.len() + id.len() + names)?;
        Ok(self.lent.lookup.as_ref().and_then(|lookup| lookup.properties(&dependent, &id, &properties)))
    }

    async fn in_use(&mut self, attribute: String, text: String, except: String) -> wasmtime::Result<bool> {
        Ok(self.lent.lookup.as_ref().is_some_and(|lookup| lookup.in_use(&attribute, &text, &except)))
    }
}

impl scheduling::Host for State {
    async fn wake(&mut self, at: String, subject: String) -> wasmtime::Result<Result<(), String>> {
        self.budget.leave(at.len() + subject.len())?;
        Ok(match &self.lent.scheduling {
            Some(scheduling) => scheduling.wake(&at, &subject),
            None => Err("nobody would be woken here".to_owned()),
        })
    }

    async fn due(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.lent.scheduling.as_ref().map(|scheduling| scheduling.due()).unwrap_or_default())
    }
}

impl outbox::Host for State {
    async fn create(&mut self, name: String) -> wasmtime::Result<Result<Resource<OutboxFile>, String>> {
        let Some(outbox) = &self.lent.outbox else { return Ok(Err("there is no outbox here".to_owned())) };
        if self.open_files >= OPEN_FILES {
            return Ok(Err(too_many_files()));
        }
        match outbox.create(&name) {
            Ok(writer) => {
                let file = self.table.push(OutboxFile(writer))?;
                self.open_files += 1;
                Ok(Ok(file))
            }
            Err(reason) => Ok(Err(reason)),
        }
    }
}

impl outbox::HostFile for State {
    async fn write(&mut self, file: Resource<OutboxFile>, text: String) -> wasmtime::Result<Result<(), String>> {
        Ok(self.table.get_mut(&file)?.0.write(&text))
    }

    async fn finish(&mut self, file: Resource<OutboxFile>) -> wasmtime::Result<Result<(), String>> {
        Ok(self.table.get_mut(&file)?.0.finish())
    }

    async fn drop(&mut self, file: Resource<OutboxFile>) -> wasmtime::Result<()> {
        self.table.delete(file)?;
        self.open_files = self.open_files.saturating_sub(1);
        Ok(())
    }
}

impl inbox::Host for State {
    async fn open(&mut self, name: String) -> wasmtime::Result<Result<Resource<InboxFile>, String>> {
        let Some(inbox) = &self.lent.inbox else { return Ok(Err("no file is granted to this step".to_owned())) };
        if self.open_files >= OPEN_FILES {
            return Ok(Err(too_many_files()));
        }
        match inbox.open(&name) {
            Ok(reader) => {
                let file = self.table.push(InboxFile(reader))?;
                self.open_files += 1;
                Ok(Ok(file))
            }
            Err(reason) => Ok(Err(reason)),
        }
    }
}

impl inbox::HostFile for State {
    async fn read(
        &mut self,
        file: Resource<InboxFile>,
        offset: u64,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        Ok(self.table.get_mut(&file)?.0.read(offset, limit.min(PIECE)))
    }

    async fn size(&mut self, file: Resource<InboxFile>) -> wasmtime::Result<u64> {
        Ok(self.table.get(&file)?.0.size())
    }

    async fn drop(&mut self, file: Resource<InboxFile>) -> wasmtime::Result<()> {
        self.table.delete(file)?;
        self.open_files = self.open_files.saturating_sub(1);
        Ok(())
    }
}

impl store::Host for State {
    async fn open(&mut self, identifier: String) -> wasmtime::Result<Result<Resource<Bucket>, store::Error>> {
        if self.lent.key_value.is_none() {
            return Ok(Err(store::Error::AccessDenied));
        }
        // A step has one store; the empty name is what some libraries open.
        if !matches!(identifier.as_str(), "default" | "") {
            return Ok(Err(store::Error::NoSuchStore));
        }
        Ok(Ok(self.table.push(Bucket)?))
    }
}

impl State {
    fn key_value<T>(
        &mut self,
        bucket: &Resource<Bucket>,
        key: &str,
        work: impl FnOnce(&dyn crate::KeyValue) -> Result<T, String>,
    ) -> wasmtime::Result<Result<T, store::Error>> {
        self.table.get(bucket)?;
        if key.len() > KEY_BYTES {
            return Ok(Err(store::Error::Other(format!("a key has at most {KEY_BYTES} bytes"))));
        }
        Ok(match &self.lent.key_value {
            Some(key_value) => work(key_value.as_ref()).map_err(store::Error::Other),
            None => Err(store::Error::AccessDenied),
        })
    }
}

impl store::HostBucket for State {
    async fn get(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, store::Error>> {
        self.key_value(&bucket, &key, |values| values.get(&key))
    }

    async fn set(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        if value.len() > VALUE_BYTES {
            return Ok(Err(store::Error::Other(format!("a value has at most {VALUE_BYTES} bytes"))));
        }
        self.budget.leave(key.len() + value.len())?;
        self.key_value(&bucket, &key, |values| values.set(&key, Some(value)))
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> wasmtime::Result<Result<(), store::Error>> {
        self.budget.leave(key.len())?;
        self.key_value(&bucket, &key, |values| values.set(&key, None))
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> wasmtime::Result<Result<bool, store::Error>> {
        self.key_value(&bucket, &key, |values| values.get(&key).map(|value| value.is_some()))
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<String>,
    ) -> wasmtime::Result<Result<store::KeyResponse, store::Error>> {
        let after = cursor.unwrap_or_default();
        self.key_value(&bucket, "", |values| {
            let keys = values.keys(&after, KEYS)?;
            let cursor = keys.last().filter(|_| keys.len() == KEYS as usize).cloned();
            Ok(store::KeyResponse { keys, cursor })
        })
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}
