//! A long run: `cargo run --release -p rollcall-fuzz -- rules --seconds 600`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use rollcall_fuzz::campaign::Campaign;
use rollcall_fuzz::language::Language;
use rollcall_fuzz::mapping::MappingLanguage;
use rollcall_fuzz::random::Random;
use rollcall_fuzz::rules::RuleLanguage;

/// Mutates rules or expressions and people, and holds the language to its laws.
#[derive(Debug, Parser)]
struct Args {
    /// Which language
    language: Which,
    /// How long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where the lots begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write each text here before it is judged: what is in it when the process dies was too much
    #[arg(long, value_name = "FILE")]
    last: Option<PathBuf>,
    /// Begin with what an earlier run kept in this file, and keep it there again
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// Judge this file alone, with a thousand lots
    #[arg(long = "try", value_name = "FILE")]
    alone: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    Rules,
    Mapping,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let mut language: Box<dyn Language> = match args.language {
        Which::Rules => Box::new(RuleLanguage::default()),
        Which::Mapping => Box::new(MappingLanguage::default()),
    };
    if let Some(path) = &args.alone {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        for lot in 0..1_000 {
            if let Err(law) = language.judge(&text, &mut Random(args.seed ^ lot)) {
                println!("{law}");
                return Ok(ExitCode::FAILURE);
            }
        }
        println!("it breaks no law");
        return Ok(ExitCode::SUCCESS);
    }
    let more = match &args.corpus {
        Some(path) if path.exists() => {
            serde_json::from_slice(&std::fs::read(path)?).with_context(|| path.display().to_string())?
        }
        _ => Vec::new(),
    };
    let campaign = Campaign {
        seed: args.seed,
        time: Duration::from_secs(args.seconds),
        executions: u64::MAX,
        last: args.last,
        tells: true,
        more,
    };
    let report = campaign.run(language.as_mut());
    if let Some(path) = &args.corpus {
        std::fs::write(path, serde_json::to_vec(&report.kept)?).with_context(|| path.display().to_string())?;
    }
    println!("{} with seed {}, {} seconds\n{report}", language.name(), args.seed, args.seconds);
    Ok(if report.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
