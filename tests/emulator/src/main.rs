//! The emulator as a command. It prints its addresses and credentials as one line of JSON, and runs until it is stopped.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use rollcall_emulator::{
    APPLICATION_ID, APPLICATION_SECRET, CLIENT_ID, CLIENT_SECRET, Emulator, Options, REFRESH_TOKEN, generator,
    population, scim,
};
use serde_json::{Map, Value, json};

/// Stands in for Microsoft Graph, its login, Kaizala and a SCIM service, on this machine.
#[derive(Debug, Parser)]
struct Args {
    /// The port of Graph; Kaizala and SCIM have the next two. Any free ones if it is left out
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A file with users: one JSON object a line
    #[arg(long, conflicts_with = "generate")]
    users: Option<PathBuf>,
    /// Make this many users
    #[arg(long)]
    generate: Option<usize>,
    /// Let the made users have thousands of departments, titles, offices and cities, as `--rules` asks for
    #[arg(long, requires = "generate")]
    varied: bool,
    /// Print this many rules as groups of a tenant's file, and end. See the module `population` for what they mix
    #[arg(long, conflicts_with_all = ["users", "generate"])]
    rules: Option<usize>,
    /// What the made users and rules depend on
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Users on a page
    #[arg(long, default_value_t = 100)]
    page_size: usize,
    /// Kaizala's calls a minute, or "off"
    #[arg(long, default_value = "100")]
    kaizala_limit: String,
    /// How the SCIM service differs from others, such as patch=false or names=lower; may be repeated. The documentation of
    /// `scim::Quirks` lists them
    #[arg(long = "scim-quirk", value_name = "NAME=VALUE")]
    scim_quirks: Vec<String>,
    /// Do not keep the calls
    #[arg(long)]
    no_record: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(count) = args.rules {
        print!("{}", population::groups_toml(count, args.seed));
        return Ok(());
    }
    let users = match (&args.users, args.generate) {
        (Some(path), _) => read(path)?,
        (None, Some(count)) if args.varied => population::users(count, args.seed),
        (None, Some(count)) => generator::users(count, args.seed),
        (None, None) => Vec::new(),
    };
    let kaizala_limit = match args.kaizala_limit.as_str() {
        "off" => None,
        number => Some(number.parse().context("--kaizala-limit takes a number or \"off\"")?),
    };
    let scim = scim::Quirks::parse(args.scim_quirks.iter().map(String::as_str))
        .map_err(|error| anyhow::anyhow!("--scim-quirk: {error}"))?;
    let options =
        Options { port: args.port, users, page_size: args.page_size, kaizala_limit, scim, record: !args.no_record };
    let emulator = Emulator::start(options).await?;
    println!(
        "{}",
        json!({
            "graph_url": emulator.graph_url, "login_url": emulator.graph_url, "kaizala_url": emulator.kaizala_url,
            "admin_url": format!("{}/admin", emulator.graph_url),
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "application_id": APPLICATION_ID,
            "application_secret": APPLICATION_SECRET, "refresh_token": REFRESH_TOKEN,
            "scim_url": emulator.scim_url, "scim_token": scim::TOKEN,
        })
    );
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn read(path: &PathBuf) -> anyhow::Result<Vec<Map<String, Value>>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("{}, line {}: a JSON object is expected", path.display(), number + 1))
        })
        .collect()
}
