//! A small project in a temporary folder, in order until a test changes it.

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use wasm_encoder::{
    Component, ComponentExportKind, ComponentExportSection, ComponentImportSection,
    ComponentInstanceSection, ComponentTypeRef, ComponentTypeSection, InstanceType,
};

use super::finding::{Finding, Report};
use super::project::{Project, Surroundings};
use super::target::Target;

/// The compiled component of the fixture's one function.
pub(super) const COMPONENT: &str = "target/wasm32-wasip2/function/hello.wasm";

const MANIFEST: &str = r#"spin_manifest_version = 2

[application]
name = "fixture"

[variables]

[[trigger.http]]
route = "/hello"
component = "hello"

[component.hello]
source = "target/wasm32-wasip2/function/hello.wasm"
key_value_stores = ["default"]

[component.hello.build]
command = "cargo build -p hello --profile function --target wasm32-wasip2"
"#;

const WORKSPACE: &str = r#"[workspace]
members = ["functions/*"]

[workspace.dependencies]
shared = { package = "jenny-shared", version = "0.1.0" }
"#;

const HOUSE_RULES: &str = "
[workspace.metadata.jenny]
house-rules = true
";

const PACKAGE: &str = r#"[package]
name = "hello"

[lib]
crate-type = ["cdylib"]
"#;

const WORLD: &str = "package test:worlds;

/// Greets.
world hello {
    import wasi:cli/stdout@0.2.6;
    // Where the greeting is kept.
    import spin:key-value/key-value@3.0.0;

    export wasi:http/handler@0.3.0;
}
";

const TEST: &str = "//! Tests of the greeting.

#[tokio::test]
async fn greets() {
    let app = crate::app().build().await;
    app.get(\"/hello\").send().await.assert_status(200);
}
";

/// Interfaces as empty as the rules allow: they look at names.
const DEPENDENCIES: [(&str, &str); 3] = [
    (
        "key-value",
        "package spin:key-value@3.0.0;\ninterface key-value { open: func(); }\n",
    ),
    ("cli", "package wasi:cli@0.2.6;\ninterface stdout {}\n"),
    ("http", "package wasi:http@0.3.0;\ninterface handler {}\n"),
];

/// A project on disk. Its methods change it and hand it on.
pub(super) struct Fixture {
    folder: TempDir,
    surroundings: Surroundings,
}

impl Fixture {
    /// One function, `hello`, which uses a key-value store, and everything that belongs to it.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(status.success());
        let mut fixture = Self {
            folder,
            surroundings: Surroundings::default(),
        }
        .with(".gitignore", "/target\n")
        .with("spin.toml", MANIFEST)
        .with("Cargo.toml", WORKSPACE)
        .with("functions/hello/Cargo.toml", PACKAGE)
        .with("functions/hello/src/lib.rs", "//! Greets.\n")
        .with("tests/it/hello.rs", TEST)
        .with("README.md", "[manifest](spin.toml)\n")
        .with("wit/hello.wit", WORLD);
        for (name, text) in DEPENDENCIES {
            fixture = fixture.with(&format!("wit/deps/{name}/package.wit"), text);
        }
        fixture.component(
            &["spin:key-value/key-value@3.0.0"],
            &["wasi:http/handler@0.3.0"],
        )
    }

    /// The same in a workspace that keeps the house rules.
    pub(super) fn with_house_rules() -> Self {
        Self::new().with("Cargo.toml", format!("{WORKSPACE}{HOUSE_RULES}"))
    }

    /// The project, meant for a cloud.
    pub(super) fn target(mut self, target: Target) -> Self {
        self.surroundings.target = Some(target);
        self
    }

    /// The project, run with this runtime configuration.
    pub(super) fn runtime_config(mut self, text: &str) -> Self {
        self.surroundings.runtime_config = Some(self.path("runtime-config.toml"));
        self.with("runtime-config.toml", text)
    }

    /// The project with this file in it.
    pub(super) fn with(self, file: &str, contents: impl AsRef<[u8]>) -> Self {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    /// The project without this file.
    pub(super) fn without(self, file: &str) -> Self {
        fs::remove_file(self.path(file)).unwrap();
        self
    }

    /// The project with a text in a file replaced by another.
    pub(super) fn edit(self, file: &str, from: &str, to: &str) -> Self {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        self.with(file, text.replacen(from, to, 1))
    }

    /// The project with `hello` compiled to a component with these imports, each of which has one
    /// function `open`, and these exports.
    pub(super) fn component(self, imports: &[&str], exports: &[&str]) -> Self {
        self.with(COMPONENT, component(imports, exports))
    }

    /// Where a file of the project is.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// The project as the rules see it now.
    pub(super) fn project(&self) -> Project {
        Project::load(&self.path("spin.toml"), self.surroundings.clone()).unwrap()
    }

    /// The project as the rules see it, together with its files.
    pub(super) fn load(self) -> Loaded {
        Loaded {
            project: self.project(),
            _fixture: self,
        }
    }
}

/// A project whose folder lives as long as it does: rules read files when they need them.
pub(super) struct Loaded {
    project: Project,
    _fixture: Fixture,
}

impl Deref for Loaded {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

/// What the reports would print, without the name of a rule.
pub(super) fn messages(reports: Vec<Report>) -> Vec<String> {
    reports
        .into_iter()
        .map(|report| {
            let finding: Finding = report.of("rule");
            finding.to_string()
        })
        .collect()
}

fn component(imports: &[&str], exports: &[&str]) -> Vec<u8> {
    let mut component = Component::new();

    let mut interface = InstanceType::new();
    interface
        .ty()
        .function()
        .params::<[(&str, wasm_encoder::ComponentValType); 0], _>([])
        .result(None);
    interface.export("open", ComponentTypeRef::Func(0));
    let mut types = ComponentTypeSection::new();
    types.instance(&interface);
    component.section(&types);

    let mut section = ComponentImportSection::new();
    for import in imports {
        section.import(*import, ComponentTypeRef::Instance(0));
    }
    component.section(&section);

    let mut instances = ComponentInstanceSection::new();
    instances.export_items(Vec::<(&str, ComponentExportKind, u32)>::new());
    component.section(&instances);
    let empty = u32::try_from(imports.len()).unwrap();
    let mut section = ComponentExportSection::new();
    for export in exports {
        section.export(*export, ComponentExportKind::Instance, empty, None);
    }
    component.section(&section);
    component.finish()
}
