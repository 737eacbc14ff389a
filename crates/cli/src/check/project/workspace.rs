//! What Cargo's workspace tells of the rules that are meant for it.

use std::path::Path;

use toml::{Table, Value};

/// Packages of Jenny's that functions are built, tested or looked after with.
const PACKAGES: [&str; 4] = ["jenny-build", "jenny-cli", "jenny-shared", "jenny-test"];

/// The tables of dependencies of a package; a workspace has the first one.
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The Cargo.toml beside the manifest, if there is one.
pub(super) struct Workspace(Table);

impl Workspace {
    pub(super) fn read(root: &Path) -> Self {
        Self(table(root, "Cargo.toml"))
    }

    /// Whether it is one of functions, as `cargo jenny new-app` lays it out: it has members in `functions/`,
    /// and a package somewhere in it depends on one of Jenny's. The folder alone tells nothing: applications
    /// of every make have one of that name.
    pub(super) fn is_of_functions(&self, root: &Path, files: &[String]) -> bool {
        let members = self.workspace("members").and_then(Value::as_array);
        let mut members = members.into_iter().flatten().filter_map(Value::as_str);
        let packages = || {
            let packages = files.iter().filter(|file| file.ends_with("/Cargo.toml"));
            packages.map(|file| table(root, file))
        };
        members.any(|member| member.trim_start_matches("./").starts_with("functions/"))
            && (self.workspace("dependencies").is_some_and(names_ours)
                || depends(&self.0)
                || packages().any(|package| depends(&package)))
    }

    /// Whether it has chosen the house rules: `[workspace.metadata.jenny]`, `house-rules = true`.
    pub(super) fn keeps_house_rules(&self) -> bool {
        let chosen = || {
            let jenny = self.workspace("metadata")?.get("jenny")?;
            jenny.get("house-rules")?.as_bool()
        };
        chosen().unwrap_or_default()
    }

    fn workspace(&self, field: &str) -> Option<&Value> {
        self.0.get("workspace")?.get(field)
    }
}

/// A Cargo.toml; one that cannot be read is empty, and cargo says why.
fn table(root: &Path, file: &str) -> Table {
    let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
    text.parse().unwrap_or_default()
}

/// Whether a package depends on one of Jenny's.
fn depends(package: &Table) -> bool {
    let tables = DEPENDENCIES.iter().filter_map(|name| package.get(*name));
    tables.into_iter().any(names_ours)
}

fn names_ours(dependencies: &Value) -> bool {
    let dependencies = dependencies.as_table().into_iter().flatten();
    dependencies.into_iter().any(|(name, dependency)| {
        let package = dependency.get("package").and_then(Value::as_str);
        PACKAGES.contains(&package.unwrap_or(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_of_functions(root: &str, packages: &[(&str, &str)]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        for (file, text) in packages.iter().chain(&[("Cargo.toml", root)]) {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
            files.push((*file).to_owned());
        }
        Workspace::read(folder.path()).is_of_functions(folder.path(), &files)
    }

    #[test]
    fn functions_that_are_built_with_jenny_are_a_workspace_of_them() {
        let members = "[workspace]\nmembers = ['functions/*', 'tests']\n";
        for dependencies in [
            "[workspace.dependencies]\nshared = { package = 'jenny-shared', version = '0.1' }",
            "[workspace.dependencies]\njenny-test = '0.1'",
            "[package]\nname = 'app'\n[dev-dependencies]\njenny-cli = { path = '../cli' }",
        ] {
            assert!(
                is_of_functions(&format!("{members}{dependencies}"), &[]),
                "{dependencies}"
            );
        }
        let package = "[build-dependencies]\njenny-build = '0.1'";
        assert!(is_of_functions(
            members,
            &[("functions/a/Cargo.toml", package)]
        ));
    }

    #[test]
    fn a_folder_of_functions_is_nothing_special() {
        for root in [
            "",
            "[[[",
            "[workspace]\nmembers = ['functions/*']\n[workspace.dependencies]\nspin-sdk = '7'",
            "[workspace]\nmembers = ['services/*']\n[workspace.dependencies]\njenny-test = '0.1'",
        ] {
            let package = "[package]\nname = 'greet'\n[dependencies]\nspin-sdk = '7'";
            assert!(
                !is_of_functions(root, &[("functions/greet/Cargo.toml", package)]),
                "{root}"
            );
        }
    }
}
