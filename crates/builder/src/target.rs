//! Adding the Rust target that a component needs, so that nothing has to be installed first.

use std::path::Path;
use std::process::{Command, Stdio};

use super::plan::targets;
use super::{BuildError, Progress, Step};

/// Adds with rustup what the commands' `--target` options name and the toolchain lacks.
///
/// A project with a `rust-toolchain.toml` that lists the target never gets this far: rustup has
/// added it when cargo first ran there.
pub(super) fn ensure(
    steps: &[Step],
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<(), BuildError> {
    for (target, directory) in targets(steps) {
        // No answer means that there is no rustc to ask; the build's own message will say more.
        if installed(&target, &directory).unwrap_or(true) {
            continue;
        }
        progress(Progress::AddingTarget { target: &target });
        let status = Command::new("rustup")
            .args(["target", "add", &target])
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status();
        let reason = match status {
            Ok(status) if status.success() => continue,
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        return Err(BuildError::NoTarget { target, reason });
    }
    Ok(())
}

/// Whether the toolchain that is in force in `directory` has the target's standard library. The
/// compiler knows where that would be; what it prints for an unknown target is an error.
fn installed(target: &str, directory: &Path) -> Option<bool> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let library = String::from_utf8(output.stdout).ok()?;
    Some(Path::new(library.trim()).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_knows_its_own_targets() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let listed = include_str!("../../../rust-toolchain.toml").contains("\"wasm32-wasip2\"");
        assert!(listed, "rust-toolchain.toml names the components' target");
        assert_eq!(installed("wasm32-wasip2", here), Some(true));
        assert_eq!(installed("no-such-target", here), None);
    }

    #[test]
    fn nothing_is_added_when_nothing_is_missing() {
        let step = Step {
            components: vec!["a".into()],
            command: "cargo build -p a --target wasm32-wasip2".into(),
            directory: env!("CARGO_MANIFEST_DIR").into(),
        };
        let mut told = Vec::new();
        let outcome = ensure(&[step], &mut |progress| told.push(format!("{progress:?}")));
        assert!(outcome.is_ok());
        assert_eq!(told, Vec::<String>::new());
    }
}
