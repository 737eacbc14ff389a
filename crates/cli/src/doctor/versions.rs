//! Of what the application is made: the versions that its lock file has chosen.

use std::path::Path;

use toml::Table;

/// The packages whose versions say what runs where.
const PACKAGES: [&str; 3] = ["jenny-host", "wasmtime", "spin-sdk"];

/// Names and versions, of those that are there; `wasmtime 48.0.8`.
pub(super) fn of(folder: &Path) -> Vec<(&'static str, String)> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut above = folder.ancestors();
    let lock = above.find_map(|folder| std::fs::read_to_string(folder.join("Cargo.lock")).ok());
    let lock: Option<Table> = lock.and_then(|text| text.parse().ok());
    let packages = lock
        .as_ref()
        .and_then(|lock| lock.get("package")?.as_array());
    let packages = packages.map(Vec::as_slice).unwrap_or_default();
    PACKAGES
        .into_iter()
        .filter_map(|name| {
            let versions: Vec<&str> = packages
                .iter()
                .filter(|package| {
                    package.get("name").and_then(|value| value.as_str()) == Some(name)
                })
                .filter_map(|package| package.get("version")?.as_str())
                .collect();
            (!versions.is_empty()).then(|| (name, versions.join(" and ")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_of_the_workspace_counts() {
        let workspace = tempfile::tempdir().unwrap();
        let inner = workspace.path().join("app");
        std::fs::create_dir(&inner).unwrap();
        assert_eq!(of(&inner), []);
        let package = |name: &str, version: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
        };
        let lock =
            package("spin-sdk", "6.0.0") + &package("spin-sdk", "7.0.0") + &package("a", "1.0.0");
        std::fs::write(workspace.path().join("Cargo.lock"), lock).unwrap();
        assert_eq!(of(&inner), [("spin-sdk", "6.0.0 and 7.0.0".to_owned())]);
    }
}
