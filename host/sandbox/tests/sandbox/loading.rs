//! Loading components, and keeping their compiled form.

use std::path::Path;

use rollcall_sandbox::{Component, LoadError, Loading, Sandbox, SandboxOptions, StepKind};

use crate::handmade::{Module, Start, mapping};

fn sandbox(cache: &Path) -> Sandbox {
    let mut options = SandboxOptions::default();
    options.cache = Some(cache.to_owned());
    Sandbox::new(options).unwrap()
}

fn small() -> Vec<u8> {
    mapping(&[Module { memories: vec![1], tables: Vec::new(), start: Start::Nothing }])
}

fn load(sandbox: &Sandbox, bytes: &[u8]) -> (Component, Vec<Loading>) {
    let mut seen = Vec::new();
    let component = sandbox.load_reporting(bytes, &mut |loading| seen.push(loading)).unwrap();
    (component, seen)
}

#[test]
fn a_second_start_does_not_compile_again() {
    let folder = tempfile::tempdir().unwrap();
    let (first, told) = load(&sandbox(folder.path()), &small());
    assert!(first.compiled_in.is_some());
    assert!(
        matches!(told.as_slice(), [Loading::Compiling { .. }, Loading::Ready { compiled_in: Some(_) }]),
        "{told:?}"
    );
    let (second, told) = load(&sandbox(folder.path()), &small());
    assert_eq!((second.compiled_in, second.digest), (None, first.digest));
    assert_eq!(told, [Loading::Ready { compiled_in: None }]);
}

#[test]
fn a_compiled_form_that_was_changed_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    load(&sandbox(folder.path()), &small());
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!(load(&sandbox(folder.path()), &small()).0.compiled_in.is_some(), "it was compiled again");
}

#[test]
fn two_threads_that_load_the_same_component_compile_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(folder.path());
    let compiled = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| load(&sandbox, &small()).0.compiled_in)).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).count()
    });
    assert_eq!(compiled, 1);
}

#[test]
fn a_component_tells_what_it_is() {
    let (_, component) = crate::host::sandbox();
    assert_eq!(component.steps, [(StepKind::Mapping, "0.1.0".to_owned())]);
    assert_eq!(component.digest.len(), 64);
    assert_eq!(component.size, crate::guests::hostile().len());
    assert!(component.imports.iter().any(|import| import.starts_with("wasi:http/outgoing-handler@")));
    assert!(component.does(StepKind::Mapping) && !component.does(StepKind::Target));
}

#[test]
fn what_is_no_component_is_refused_with_the_reason() {
    let sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
    let engine = wasmtime::Engine::default();
    let native = engine.precompile_component(&small()).unwrap();
    let error = |bytes: &[u8]| sandbox.load(bytes).unwrap_err();
    assert!(matches!(error(&native), LoadError::Precompiled));
    assert!(matches!(error(b"\0asm\x01\0\0\0"), LoadError::Module));
    assert!(matches!(error(b"<html>"), LoadError::NoComponent(_)));
    assert!(matches!(error(b""), LoadError::NoComponent(_)));
    assert!(matches!(error(b"\0asm\x0d\0\x01\0"), LoadError::NoStep { .. }));
    for cut in [9, 20, small().len() / 2, small().len() - 1] {
        assert!(matches!(error(&small()[..cut]), LoadError::NoComponent(_) | LoadError::NoStep { .. }), "{cut}");
    }
    assert!(matches!(error(&vec![0; (128 << 20) + 1]), LoadError::TooLarge { .. }));
}
