//! `rollcall init`: a tenant's file to start with.

use rollcall_sync::config::{Starter, reference, starter};

use crate::args::Init;
use crate::refusal::{Refusal, say};

pub fn run(wish: &Init) -> Result<u8, Refusal> {
    if wish.reference {
        say(reference().trim_end());
        return Ok(0);
    }
    let kind = match wish.target.as_str() {
        "kaizala" => Starter::Kaizala,
        "scim" => Starter::Scim,
        "csv" => Starter::Csv,
        other => return Err(Refusal::wrong(format!("--target {other}: choose kaizala, scim or csv"))),
    };
    say(starter(kind).trim_end());
    Ok(0)
}
