//! Required variables have a value here: in the environment, in `.env` or in the runtime configuration.
//! Without one neither `jenny up` nor `spin up` starts.
//!
//! What holds on one machine need not hold on the next, so this warns and does not fail. What a cloud
//! wants is told by the rules about targets.

use jenny_manifest::runtime_config::RuntimeConfig;
use jenny_manifest::variables::{ENVIRONMENT_PREFIX, Resolver};

use crate::check::finding::Report;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let (Ok(manifest), None) = (project.manifest(), project.target()) else {
        return Vec::new();
    };
    let config = match project.runtime_config().map(RuntimeConfig::load) {
        None => RuntimeConfig::default(),
        Some(Ok(config)) => config,
        Some(Err(error)) => {
            let file = project
                .runtime_config()
                .map(|path| path.display().to_string());
            let report = Report::at(file.unwrap_or_default(), error.message());
            return vec![report.line(error.line())];
        }
    };
    let resolver = match Resolver::for_command_line(manifest, &[], &config) {
        Ok(resolver) => resolver,
        Err(error) => return vec![Report::at(project.manifest_file(), error.to_string())],
    };
    manifest
        .variables
        .iter()
        .filter(|(name, _)| resolver.expand(&format!("{{{{ {name} }}}}")).is_err())
        .map(|(name, declaration)| {
            let variable = format!("{ENVIRONMENT_PREFIX}_{}", name.to_ascii_uppercase());
            let message = format!(
                "required variable `{name}` has no value here: set it with `export {variable}=…`, in a \
                 line `{variable}=…` of .env, or with `cargo jenny up --variable {name}=…`"
            );
            Report::at(project.manifest_file(), message)
                .line(declaration.line)
                .warning()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    /// A name that no environment has.
    fn requiring() -> Fixture {
        Fixture::new().edit(
            "spin.toml",
            "[variables]",
            "[variables]\nof_a_fixture = { required = true }\nother = { default = \"\" }",
        )
    }

    #[test]
    fn a_required_variable_without_a_value_is_a_warning_with_the_command() {
        assert!(check(&Fixture::new().load()).is_empty());
        let found = messages(check(&requiring().load()));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("spin.toml:7: warning: "), "{found:?}");
        assert!(
            found[0].contains("export SPIN_VARIABLE_OF_A_FIXTURE="),
            "{found:?}"
        );
    }

    #[test]
    fn a_value_of_the_runtime_configuration_is_one() {
        let given =
            "[[variables_provider]]\ntype = \"static\"\nvalues = { of_a_fixture = \"1\" }\n";
        assert!(check(&requiring().runtime_config(given).load()).is_empty());
        let other = given.replace("of_a_fixture", "other");
        assert_eq!(check(&requiring().runtime_config(&other).load()).len(), 1);
    }

    #[test]
    fn a_runtime_configuration_that_cannot_be_used_is_found_on_its_line() {
        let project = requiring().runtime_config("\nstate_dir = 1\n").load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("runtime-config.toml:2: "), "{found:?}");
    }
}
