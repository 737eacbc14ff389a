//! Which manifest a command means.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

const MANIFEST: &str = "spin.toml";

/// The flag that names it, of every command that has one.
#[derive(Args, Clone, Debug, Default)]
pub struct Argument {
    /// The manifest, or a directory with a `spin.toml` [default: the nearest `spin.toml`, from here
    /// upwards].
    #[arg(short = 'f', long, visible_alias = "file", value_name = "PATH")]
    pub(crate) from: Option<PathBuf>,
}

impl Argument {
    /// What `--from` was given.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.from.as_deref()
    }

    /// The manifest that is meant ([`find`]).
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub(crate) fn find(&self) -> Result<PathBuf> {
        find(self.from.as_deref())
    }
}

/// What `--from` means: a manifest, a directory with a `spin.toml`, or, without it, the `spin.toml`
/// of this directory or of the nearest one above.
pub(crate) fn find(from: Option<&Path>) -> Result<PathBuf> {
    let Some(from) = from else {
        let here = std::env::current_dir()?;
        return match here
            .ancestors()
            .map(|directory| directory.join(MANIFEST))
            .find(|path| path.is_file())
        {
            Some(path) => Ok(relative(&here, path)),
            None => bail!(
                "there is no {MANIFEST} in {} or above it; go to the application's directory or name it with --from",
                here.display()
            ),
        };
    };
    let path = if from.is_dir() {
        from.join(MANIFEST)
    } else {
        from.to_owned()
    };
    if !path.is_file() {
        bail!(
            "there is no manifest at {}; --from takes a file or a directory with a {MANIFEST}",
            path.display()
        );
    }
    Ok(path)
}

/// Messages are easier to read with `spin.toml` than with the whole way to it.
fn relative(here: &Path, path: PathBuf) -> PathBuf {
    match path.strip_prefix(here) {
        Ok(short) => short.to_owned(),
        Err(_) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_stands_for_its_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join(MANIFEST);
        let error = find(Some(folder.path())).unwrap_err().to_string();
        assert!(
            error.contains("no manifest at") && error.contains(MANIFEST),
            "{error}"
        );

        std::fs::write(&manifest, "").unwrap();
        assert_eq!(find(Some(folder.path())).unwrap(), manifest);
        assert_eq!(find(Some(&manifest)).unwrap(), manifest);
    }

    #[test]
    fn a_manifest_that_is_not_there_is_named() {
        let error = find(Some(Path::new("no/such.toml")))
            .unwrap_err()
            .to_string();
        assert!(error.contains("no/such.toml"), "{error}");
    }
}
