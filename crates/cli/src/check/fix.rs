//! `jenny check --fix`: does what takes no judgement.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::project::{Project, Surroundings};
use crate::changes::Changes;
use crate::new::place;
use crate::{openapi, say};

/// Places what `spin add` had to leave below its functions' folders, and merges the API documents anew. Each
/// function is placed whole or not at all.
///
/// # Errors
///
/// When something cannot be read or written. What was mended before stays.
pub(super) fn run(manifest: &Path) -> Result<()> {
    let root = match manifest.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    for function in place::unplaced(root) {
        let stays = || format!("what `{function}` has unplaced stays where it is");
        let changes = place::changes(manifest, root, &function).with_context(stays)?;
        let files: Vec<String> = changes
            .created()
            .chain(changes.replaced())
            .map(|file| file.display().to_string())
            .collect();
        changes.apply().with_context(stays)?;
        say(&format!(
            "Placed what belongs to {function}: {}",
            files.join(", ")
        ));
    }
    merge(manifest, root)
}

/// Writes `openapi.json` where it is missing or old, if the functions have documents: else it is nobody's, or
/// somebody has written it by hand. Documents that do not go together are a finding.
fn merge(manifest: &Path, root: &Path) -> Result<()> {
    let project = Project::load(manifest, Surroundings::default())?;
    if !project.is_workspace() || !openapi::is_described(manifest) {
        return Ok(());
    }
    let Ok(after) = openapi::document(manifest) else {
        return Ok(());
    };
    let mut changes = Changes::below(root);
    match fs::read(root.join(openapi::FILE)) {
        Ok(before) if before == after.as_bytes() => return Ok(()),
        Ok(before) => changes.replace(openapi::FILE, before, after),
        Err(error) if error.kind() == ErrorKind::NotFound => changes.create(openapi::FILE, after),
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", openapi::FILE));
        }
    }
    changes.apply()?;
    say(&format!(
        "Merged the functions' documents into {}",
        openapi::FILE
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::find;
    use crate::check::fixture::Fixture;

    const FRAGMENT: &str = r#"{ "paths": { "/hello": {} } }"#;

    fn described() -> Fixture {
        Fixture::new().with("functions/hello/openapi.json", FRAGMENT)
    }

    #[test]
    fn what_the_documents_rule_finds_is_mended_be_it_missing_or_old() {
        for fixture in [described(), described().with(openapi::FILE, "{}\n")] {
            let rules: Vec<_> = find(&fixture.project()).iter().map(|it| it.rule).collect();
            assert_eq!(rules, ["documents"]);

            run(&fixture.path("spin.toml")).unwrap();

            assert!(find(&fixture.project()).is_empty());
            run(&fixture.path("spin.toml")).unwrap();
        }
    }

    #[test]
    fn a_document_that_no_function_has_a_part_in_stays_as_it_is() {
        let answers_itself = |fixture: Fixture| {
            fixture.edit(
                "spin.toml",
                "component = \"hello\"",
                "static_response = { body = \"hello\" }",
            )
        };
        let is_private =
            |fixture: Fixture| fixture.edit("spin.toml", "\"/hello\"", "{ private = true }");
        for fixture in [
            Fixture::new(),
            answers_itself(Fixture::new()),
            answers_itself(described()),
            is_private(described()),
            // Folders of the same names in an application of another make.
            described().without("functions/hello/Cargo.toml"),
        ] {
            let fixture = fixture.with(openapi::FILE, "by hand");

            run(&fixture.path("spin.toml")).unwrap();

            let text = fs::read_to_string(fixture.path(openapi::FILE)).unwrap();
            assert_eq!(text, "by hand");
            let findings = find(&fixture.project());
            assert!(findings.iter().all(|it| it.rule != "documents"));
        }
    }
}
