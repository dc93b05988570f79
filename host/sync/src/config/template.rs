//! The files that `rollcall init` prints.

/// What a starting file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// Microsoft Graph to Kaizala.
    Kaizala,
    /// Microsoft Graph to a SCIM 2.0 service.
    Scim,
    /// Microsoft Graph to CSV files.
    Csv,
}

/// Every setting with its default, and a line about each. A setting begins with `#` directly before its name.
pub fn reference() -> &'static str {
    include_str!("reference.toml")
}

/// A short file for a common case, to be filled in.
pub fn starter(kind: Starter) -> &'static str {
    match kind {
        Starter::Kaizala => include_str!("starter-kaizala.toml"),
        Starter::Scim => include_str!("starter-scim.toml"),
        Starter::Csv => include_str!("starter-csv.toml"),
    }
}
