//! From the bytes of a component to an instance that is ready.

use rollcall_sandbox::{Capabilities, Grants, Limits, MappingStep, Sandbox, SandboxOptions};
use tokio::runtime::Runtime;

use crate::{Report, built_in, fastest, loaded};

pub fn run(runtime: &Runtime, report: &mut Report) {
    let bytes = built_in("attribute-mapping");
    let cold = fastest(3, || {
        Sandbox::new(SandboxOptions::default()).unwrap().load(bytes).unwrap();
    });
    report.add("loading: attribute-mapping, compiled", cold.as_secs_f64() * 1e3, "ms");
    let folder = tempfile::tempdir().unwrap();
    let cached = || {
        let mut options = SandboxOptions::default();
        options.cache = Some(folder.path().to_owned());
        Sandbox::new(options).unwrap().load(bytes).unwrap();
    };
    cached();
    report.add("loading: attribute-mapping, from the cache", fastest(20, cached).as_secs_f64() * 1e3, "ms");

    let (sandbox, component) = loaded("attribute-mapping");
    let grants = Grants { lookup: true, ..Grants::default() };
    let link = || MappingStep::link(&sandbox, &component, "mapping[0]", &grants, Limits::default()).unwrap();
    report.add("loading: linking", fastest(20, || drop(link())).as_secs_f64() * 1e6, "us");
    let step = link();
    let start = fastest(200, || drop(runtime.block_on(step.instance(Capabilities::default())).unwrap()));
    report.add("loading: an instance", start.as_secs_f64() * 1e6, "us");
    let configured = fastest(100, || {
        runtime.block_on(async {
            let mut mapping = step.instance(Capabilities::default()).await.unwrap();
            mapping.configure("{}", &[]).await.unwrap().unwrap();
        });
    });
    report.add("loading: an instance with the usual settings", configured.as_secs_f64() * 1e6, "us");
}
