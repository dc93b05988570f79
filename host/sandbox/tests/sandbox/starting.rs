//! What can go wrong while a component starts, before any of its functions is called.

use std::time::Duration;

use rollcall_sandbox::{CallError, Capabilities, Grants, MappingStep};

use crate::handmade::{Module, Start, mapping};
use crate::host::{limits, sandbox};
use crate::hostile::tests;

async fn start(modules: &[Module], cpu: Duration) -> Result<(), CallError> {
    let (sandbox, _) = sandbox();
    let component = sandbox.load(&mapping(modules)).unwrap();
    let limits = rollcall_sandbox::Limits { cpu, ..limits() };
    let step = MappingStep::link(sandbox, &component, "mapping", &Grants::default(), limits).unwrap();
    // Starting ends with the types of the functions, which are wrong in every one of these.
    step.instance(Capabilities::default()).await.map(|_| ())
}

fn module(memories: &[u32], tables: &[u32], start: Start) -> Module {
    Module { memories: memories.to_vec(), tables: tables.to_vec(), start }
}

const LONG: Duration = Duration::from_secs(20);

tests! {
    fn a_component_that_starts_quietly_gets_as_far_as_its_types() {
        let error = start(&[module(&[1], &[1], Start::Nothing)], LONG).await.unwrap_err();
        assert!(matches!(&error, CallError::Trap { what, .. } if what.contains("type") || what.contains("expected")), "{error}");
    }

    fn a_component_that_spins_while_it_starts_is_stopped() {
        let error = start(&[module(&[], &[], Start::Spin)], Duration::from_millis(100)).await.unwrap_err();
        assert!(matches!(error, CallError::OutOfCpu { .. }), "{error:?}");
    }

    fn a_component_that_traps_while_it_starts_is_told_of() {
        let error = start(&[module(&[], &[], Start::Trap)], LONG).await.unwrap_err();
        assert!(matches!(&error, CallError::Trap { what, .. } if what.contains("unreachable")), "{error:?}");
    }

    fn memories_count_together_even_if_each_is_small() {
        // Ten memories of 10 MiB each, where 64 MiB are allowed.
        let error = start(&[module(&[160; 10], &[], Start::Nothing)], LONG).await.unwrap_err();
        assert!(matches!(error, CallError::OutOfMemory { .. }), "{error:?}");
        // Spread over several modules they count together too.
        let modules: Vec<Module> = (0..4).map(|_| module(&[160; 2], &[], Start::Nothing)).collect();
        let error = start(&modules, LONG).await.unwrap_err();
        assert!(matches!(error, CallError::OutOfMemory { .. }), "{error:?}");
    }

    fn more_memories_tables_or_instances_than_anybody_needs_are_refused() {
        for modules in [
            vec![module(&[1; 20], &[], Start::Nothing)],
            vec![module(&[], &[1; 80], Start::Nothing)],
            (0..80).map(|_| module(&[], &[], Start::Nothing)).collect(),
        ] {
            let error = start(&modules, LONG).await.unwrap_err();
            assert!(matches!(&error, CallError::Trap { what, .. } if what.contains("limit")), "{error:?}");
        }
    }

    fn a_huge_table_is_refused() {
        let error = start(&[module(&[], &[2 << 20], Start::Nothing)], LONG).await.unwrap_err();
        assert!(matches!(error, CallError::OutOfMemory { .. }), "{error:?}");
    }
}
