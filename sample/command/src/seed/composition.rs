//! The composition that seeds: the application's own, with one component.

use anyhow::{Context as _, Result};
use jenny_manifest::{
    Build, Component, ComponentSource, HttpTrigger, Manifest, TriggerRoute, TriggerTarget,
};

/// The component's id, package and folder.
const SEED: &str = "seed";

/// The function whose rights are enough to write articles, and therefore to seed them.
const ARTICLES: &str = "articles";

/// Puts the seed component in the place of all others, with the variables, databases and hosts that
/// the manifest grants to `articles`.
pub(super) fn seeding(mut manifest: Manifest) -> Result<Manifest> {
    let articles = manifest.components.remove(ARTICLES).with_context(|| {
        format!(
            "{} has no component `{ARTICLES}`, whose database is the one to fill; name the \
             application's manifest with --from",
            manifest.path.display()
        )
    })?;
    let seed = Component {
        id: SEED.to_owned(),
        description: String::new(),
        source: ComponentSource::Local("target/wasm32-wasip2/function/seed.wasm".into()),
        build: Some(Build {
            commands: vec![
                "cargo build -p seed --profile function --target wasm32-wasip2".to_owned(),
            ],
            workdir: None,
            watch: Vec::new(),
        }),
        profiles: Default::default(),
        ..articles
    };
    manifest.triggers = vec![HttpTrigger {
        id: SEED.to_owned(),
        route: TriggerRoute::Path("/...".to_owned()),
        target: TriggerTarget::Component(SEED.to_owned()),
        line: 0,
    }];
    manifest.components = [(SEED.to_owned(), seed)].into();
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const MANIFEST: &str = r#"spin_manifest_version = 2
[application]
name = "shop"
[variables]
database_url = { default = "sqlite:default" }
signing_key = { default = "", secret = true }
[[trigger.http]]
route = "/api/articles"
component = "articles"
[[trigger.http]]
route = "/api/users"
component = "users"
[component.articles]
source = "articles.wasm"
sqlite_databases = ["default"]
[component.articles.variables]
database_url = "{{ database_url }}"
[component.users]
source = "users.wasm"
[component.users.variables]
signing_key = "{{ signing_key }}"
"#;

    #[test]
    fn the_seed_may_what_articles_may_and_nothing_else_runs() {
        let manifest = Manifest::parse(MANIFEST, Path::new("spin.toml")).unwrap();
        let articles = manifest.components[ARTICLES].clone();
        let seeding = seeding(manifest).unwrap();

        assert_eq!(seeding.components.keys().collect::<Vec<_>>(), [SEED]);
        assert_eq!(seeding.triggers.len(), 1);
        let seed = &seeding.components[SEED];
        assert_eq!(seed.variables, articles.variables);
        assert_eq!(seed.sqlite_databases, articles.sqlite_databases);
        assert_ne!(seed.source, articles.source);
    }

    #[test]
    fn an_application_without_articles_is_refused() {
        let text = MANIFEST.replace("articles", "orders");
        let manifest = Manifest::parse(&text, Path::new("shop/spin.toml")).unwrap();
        let error = seeding(manifest).unwrap_err().to_string();
        assert!(error.contains("shop/spin.toml"), "{error}");
    }
}
