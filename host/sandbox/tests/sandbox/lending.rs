//! What a component is lent, and what it is not.

use rollcall_sandbox::{Grants, LinkError, MappingStep, OriginGrant, SourceStep};

use crate::handmade::mapping_that_imports;
use crate::host::{Bench, STEP, all_grants, behave, limits, sandbox};
use crate::hostile::tests;

fn refused(grants: &Grants) -> LinkError {
    let (sandbox, component) = sandbox();
    MappingStep::link(sandbox, component, STEP, grants, limits()).err().expect("it is refused")
}

tests! {
    fn keep_values() {
        let (said, _) = Bench::new().behave("keep_values", "").await;
        assert_eq!(
            said.unwrap(),
            "2499 keys in 3 pages, Some(\"7\"), false, Some(Error::NoSuchStore), Some(Error::Other(\"a key has at most 1024 bytes\"))"
        );
    }

    fn what_is_granted_but_not_lent_is_an_error_value() {
        let mut bench = Bench::new();
        bench.lent().key_value = None;
        assert_eq!(bench.behave("keep_values", "").await.0.unwrap(), "Error::AccessDenied");
        bench.lent().outbox = None;
        assert_eq!(bench.behave("open_files", "").await.0.unwrap(), "0: there is no outbox here");
        assert!(bench.behave("ask_once", "https://nobody.invalid/").await.0.unwrap().contains("HttpRequestDenied"));
    }

    fn the_values_of_one_instance_s_store_are_there_for_the_next() {
        let bench = Bench::new();
        bench.behave("keep_values", "").await.0.unwrap();
        let mut instance = bench.instance().await;
        let said = behave(&mut instance, "dump", "https://nobody.invalid/").await.unwrap();
        assert!(said.contains("key 0007 = 7"), "{said}");
    }

    fn each_import_that_is_not_granted_is_refused_with_the_setting_to_add() {
        let all = all_grants(&[]);
        for (grants, import, setting) in [
            (Grants { storage: false, ..all.clone() }, "wasi:keyvalue/store@0.2.0-draft2", "storage = true"),
            (Grants { lookup: false, ..all.clone() }, "rollcall:sync/lookup@0.1.0", "lookup = true"),
            (Grants { scheduling: false, ..all.clone() }, "rollcall:sync/scheduling@0.1.0", "scheduling = true"),
            (Grants { outbox: false, ..all.clone() }, "rollcall:sync/outbox@0.1.0", "outbox = true"),
        ] {
            assert_eq!(
                refused(&grants).to_string(),
                format!("mapping[0]: the component asks for {import}, which it is not granted; to grant it, write `{setting}` under [mapping.grants]")
            );
        }
        assert!(matches!(refused(&Grants::default()), LinkError::NotGranted { .. }));
    }

    fn an_import_that_nobody_offers_is_refused_by_name() {
        let (sandbox, _) = sandbox();
        let component = sandbox.load(&mapping_that_imports("evil:host/shell@1.0.0")).unwrap();
        let error = MappingStep::link(sandbox, &component, STEP, &all_grants(&[]), limits()).err().unwrap();
        assert_eq!(
            error,
            LinkError::NeverGranted { step: STEP.to_owned(), import: "evil:host/shell@1.0.0".to_owned() }
        );
    }

    fn a_component_of_another_step_is_refused() {
        let (sandbox, component) = sandbox();
        let error = SourceStep::link(sandbox, component, "source", &all_grants(&[]), limits()).err().unwrap();
        assert_eq!(error.to_string(), "source: this component does no source step; it does mapping");
    }

    fn an_origin_that_is_no_origin_is_refused_when_it_is_read() {
        assert!(OriginGrant::parse("http://169.254.169.254").is_err());
    }
}
