//! The user that something is tried on: from a file, or from a tenant's state.

use std::path::{Path, PathBuf};

use rollcall_sync::tenant::Tenant;

use crate::refusal::Refusal;
use crate::setup;

/// The largest file that is taken for one user.
const LARGEST: u64 = 16 << 20;

/// One user as JSON text. What names a file is read as one; anything else is the id of a user of the tenant.
pub fn load(user: &str, tenant: Option<&PathBuf>) -> Result<String, Refusal> {
    let path = Path::new(user);
    if path.is_file() {
        let unreadable =
            |error: std::io::Error| Refusal::wrong(format!("--user {user}: the file cannot be read: {error}"));
        if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
            return Err(Refusal::wrong(format!(
                "--user {user}: a file with one user is smaller than this ({LARGEST} bytes)"
            )));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        return Ok(text.trim_start_matches('\u{feff}').to_owned());
    }
    let Some(tenant) = tenant else {
        return Err(Refusal::wrong(format!(
            "--user {user}: there is no such file (an id can be given together with a tenant's file)"
        )));
    };
    let config = setup::config(tenant, &[])?;
    let store = Tenant::open(&config)?.store();
    let object = store.object(user).map_err(|error| Refusal::failed(error.to_string()))?;
    object.ok_or_else(|| {
        Refusal::wrong(format!(
            "--user {user}: there is neither a file nor a user of {} with this name or id",
            config.name
        ))
    })
}
