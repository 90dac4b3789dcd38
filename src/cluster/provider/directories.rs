use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use super::ProviderError;
use super::path::{find_on_path, is_executable};
use super::tool::Tool;

/// Where the journal is.
pub(super) fn state() -> Option<PathBuf> {
    own_directory("STATEPROOF_STATE", "XDG_STATE_HOME", ".local/state")
}

/// A tool on PATH, else the one that `scripts/setup` installs, in `$STATEPROOF_CACHE/bin`.
pub(super) fn find_tool(name: &'static str) -> Result<Tool, ProviderError> {
    let cache = own_directory("STATEPROOF_CACHE", "XDG_CACHE_HOME", ".cache").unwrap_or_default();
    let installed = cache.join("bin").join(name);
    find_on_path(name)
        .or_else(|| is_executable(&installed).then(|| installed.clone()))
        .map(|program| Tool::new(name, program))
        .ok_or(ProviderError::ToolMissing {
            tool: name,
            looked: installed,
        })
}

/// `$OWN`, else `$XDG/stateproof`, else `~/HOME/stateproof`.
fn own_directory(own: &str, xdg: &str, home: &str) -> Option<PathBuf> {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|value: &OsString| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = || set(xdg).or_else(|| Some(env::home_dir()?.join(home)));
    set(own).or_else(|| Some(base()?.join("stateproof")))
}
