//! `rollcall log`.

use std::io::Write;

use rollcall_sync::tenant::Tenant;

use crate::args::Log;
use crate::refusal::{Refusal, say};
use crate::setup;

pub fn run(wish: &Log, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(&wish.tenant, &[])?;
    let tenant = Tenant::open(&config)?;
    let number = match wish.run {
        Some(number) => number,
        None => {
            let newest = tenant.runs(1)?.first().map(|run| run.number);
            newest.ok_or_else(|| Refusal::failed("there is no run yet"))?
        }
    };
    let mut file = wish.output.as_ref().map(std::fs::File::create).transpose()?.map(std::io::BufWriter::new);
    for entry in tenant.log(number)? {
        if wish.failed && !entry.failed() || wish.person.as_ref().is_some_and(|id| !entry.concerns(id)) {
            continue;
        }
        let line = if json { serde_json::to_string(&entry).unwrap_or_default() } else { entry.text() };
        match &mut file {
            Some(file) => writeln!(file, "{line}")?,
            None => say(&line),
        }
    }
    if let Some(mut file) = file {
        file.flush()?;
    }
    Ok(0)
}
