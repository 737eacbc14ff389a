//! Which packages an application depends on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The folders of a checkout that hold the packages which an application names.
const PACKAGES: [(&str, &str); 4] = [
    ("crates/build", "jenny-build"),
    ("crates/cli", "jenny-cli"),
    ("shared", "jenny-shared"),
    ("crates/test", "jenny-test"),
];

/// Where the packages come from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The registry, by version.
    Published,
    /// A checkout of the project, by path.
    Checkout(PathBuf),
}

impl Source {
    /// The checkout that this command was built from, if it was. A command that was built from published
    /// packages has other folders beside its own.
    pub(super) fn of_this_command() -> Self {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        match checkout.canonicalize() {
            // cargo checks dependencies from git out into folders of its own, which it may delete.
            Ok(path) if holds_packages(&path) && !path.join(".cargo-ok").exists() => {
                Self::Checkout(path)
            }
            _ => Self::Published,
        }
    }

    /// The checkout there.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn checkout(path: &Path) -> Result<Self> {
        let shown = path.display();
        let path = path
            .canonicalize()
            .with_context(|| format!("there is no checkout of Jenny at {shown}"))?;
        if !holds_packages(&path) {
            bail!(
                "{shown} is no checkout of Jenny: it has no crates/cli/ with the package jenny-cli"
            );
        }
        Ok(Self::Checkout(path))
    }

    /// What the template wants to know.
    ///
    /// # Errors
    ///
    /// When the path cannot stand in a file.
    pub(super) fn parameter(&self) -> Result<String> {
        let Self::Checkout(path) = self else {
            return Ok(String::new());
        };
        match path.to_str() {
            // cargo reads `/` on every system.
            Some(text) => Ok(text.replace('\\', "/")),
            None => bail!(
                "the path {} is no UTF-8 and cannot stand in Cargo.toml: move the checkout, or give --published",
                path.display()
            ),
        }
    }

    /// The versions that the checkout is tested with. cargo removes those that the application does not need.
    /// Without them it would take newer ones, which nobody has tried, and compile everything anew.
    pub(super) fn lock_file(&self) -> Option<Vec<u8>> {
        match self {
            Self::Published => None,
            Self::Checkout(path) => fs::read(path.join("Cargo.lock")).ok(),
        }
    }
}

/// Whether every package lies in its folder there.
fn holds_packages(checkout: &Path) -> bool {
    PACKAGES.iter().all(|(folder, package)| {
        let manifest = fs::read_to_string(checkout.join(folder).join("Cargo.toml"));
        let table = manifest
            .ok()
            .and_then(|text| text.parse::<toml::Table>().ok());
        let name = table
            .as_ref()
            .and_then(|table| table.get("package")?.get("name")?.as_str());
        name == Some(package)
    })
}
