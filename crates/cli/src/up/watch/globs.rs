//! Which files an application is made of, and what for.
//!
//! The patterns of `watch` mean what they mean to `spin watch`, which reads them as lines of a
//! `.gitignore`: relative to the manifest's folder, or to `workdir` where there is one; one without a
//! slash names files at any depth; `!` takes back what an earlier one of the component named.

use std::collections::BTreeMap;
use std::path::{Component as Part, Path, PathBuf};

use anyhow::{Context as _, Result};
use globset::{Glob, GlobBuilder, GlobSet};
use jenny_manifest::{Component, ComponentSource, FileMount, Manifest};

use super::inputs::Inputs;

/// What a file is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// The component with this id is built from it.
    Build(String),
    /// The application is loaded from it.
    Load,
}

/// How many levels of folders below one matter; `None` is all.
type Depth = Option<usize>;

/// The files that matter.
pub(super) struct Watched {
    patterns: GlobSet,
    /// For each pattern, in order.
    purposes: Vec<(Purpose, Sign)>,
    inputs: Inputs,
    folders: BTreeMap<PathBuf, Depth>,
    /// The manifest's folder.
    root: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Names,
    TakesBack,
}

impl Watched {
    /// What `manifest` names, and `files`. With `built`, components are built here, and what cargo built
    /// them from is added; without, their `source` is all that there is to see of a change.
    ///
    /// # Errors
    ///
    /// A sentence that names the component whose pattern is none.
    pub(super) fn new(manifest: &Manifest, files: &[PathBuf], built: bool) -> Result<Self> {
        let root = absolute(manifest.directory())?;
        let mut collected = Collected::default();
        for file in files {
            collected.file(&absolute(file)?)?;
        }
        for component in manifest.components.values() {
            collected
                .component(component, &root, built)
                .with_context(|| {
                    format!(
                        "{}: a pattern of component `{}`",
                        component.lines.of("build"),
                        component.id
                    )
                })?;
        }
        let inputs = if built {
            Inputs::of(manifest, &root)
        } else {
            Inputs::default()
        };
        for path in inputs.paths() {
            if path.is_dir() {
                collected.look_in(path, None);
            }
            if let Some(folder) = path.parent() {
                collected.look_in(folder, Some(0));
            }
        }
        Ok(Self {
            patterns: GlobSet::new(collected.patterns)?,
            purposes: collected.purposes,
            inputs,
            folders: collected.folders,
            root,
        })
    }

    /// The folders of the application that hold one of these, from which it is seen when one is
    /// replaced as a whole.
    pub(super) fn holders<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a Path> {
        let above = folder.ancestors().skip(1);
        above.take_while(|holder| holder.starts_with(&self.root))
    }

    /// Where to look for them: folders, and how many levels below each matter.
    pub(super) fn folders(&self) -> impl Iterator<Item = (&Path, Depth)> {
        self.folders
            .iter()
            .map(|(folder, depth)| (folder.as_path(), *depth))
    }

    /// What a file is for, each purpose once.
    pub(super) fn purposes(&self, file: &Path) -> Vec<&Purpose> {
        // A pattern may take back what cargo lists.
        let listed = self.inputs.purposes(file);
        let mut purposes: BTreeMap<_, _> = listed.map(|purpose| (purpose, Sign::Names)).collect();
        for index in self.patterns.matches(file) {
            let (purpose, sign) = &self.purposes[index];
            purposes.insert(purpose, *sign);
        }
        purposes.retain(|_, sign| *sign == Sign::Names);
        purposes.into_keys().collect()
    }
}

#[derive(Default)]
struct Collected {
    patterns: Vec<Glob>,
    purposes: Vec<(Purpose, Sign)>,
    folders: BTreeMap<PathBuf, Depth>,
}

impl Collected {
    fn component(&mut self, component: &Component, root: &Path, built: bool) -> Result<()> {
        match (&component.build, &component.source) {
            (Some(build), _) if built => {
                for pattern in &build.watch {
                    let purpose = Purpose::Build(component.id.clone());
                    self.watch(pattern, root, build.workdir.as_deref(), purpose)?;
                }
            }
            (_, ComponentSource::Local(path)) => self.file(&root.join(path))?,
            (_, ComponentSource::Remote { .. }) => {}
        }
        for mount in &component.files {
            match mount {
                FileMount::Pattern(pattern) => {
                    self.anchored(pattern, root, Purpose::Load, Sign::Names)?;
                    self.below(&root.join(pattern))?;
                }
                FileMount::Placement { source, .. } => {
                    self.file(&root.join(source))?;
                    self.below(&root.join(source))?;
                }
            }
        }
        Ok(())
    }

    fn watch(
        &mut self,
        pattern: &str,
        root: &Path,
        workdir: Option<&Path>,
        purpose: Purpose,
    ) -> Result<()> {
        let (sign, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => (Sign::TakesBack, pattern),
            None => (Sign::Names, pattern),
        };
        if let Some(workdir) = workdir {
            self.anchored(pattern, &root.join(workdir), purpose, sign)
        } else if pattern.contains('/') {
            self.anchored(pattern, root, purpose, sign)
        } else {
            self.anchored(&format!("**/{pattern}"), root, purpose, sign)
        }
    }

    /// One file, by its name.
    fn file(&mut self, path: &Path) -> Result<()> {
        let path = normal(path);
        let (folder, name) = (path.parent(), path.file_name());
        let (Some(folder), Some(name)) = (folder, name.and_then(|name| name.to_str())) else {
            return Ok(());
        };
        let name = globset::escape(name);
        self.add(folder, &name, Some(0), Purpose::Load, Sign::Names)
    }

    /// All that is in a folder, when there is one: what bundlers make they take away first.
    fn below(&mut self, folder: &Path) -> Result<()> {
        self.add(&normal(folder), "**", None, Purpose::Load, Sign::Names)
    }

    /// A pattern that begins in `folder`.
    fn anchored(
        &mut self,
        pattern: &str,
        folder: &Path,
        purpose: Purpose,
        sign: Sign,
    ) -> Result<()> {
        let parts: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
        let literal = |part: &&&str| !part.contains(['*', '?', '[', '{', '\\']);
        // The last part names files, even where it is literal.
        let plain = parts[..parts.len() - 1].iter().take_while(literal).count();
        let (leading, rest) = parts.split_at(plain);
        let rest = rest.join("/");
        // A `{` may have slashes up to its `}`.
        let endless = rest.contains("**") || rest.contains('{');
        let depth = (!endless).then(|| rest.matches('/').count());
        let folder = normal(&folder.join(leading.join("/")));
        self.add(&folder, &rest, depth, purpose, sign)
    }

    fn add(
        &mut self,
        folder: &Path,
        pattern: &str,
        depth: Depth,
        purpose: Purpose,
        sign: Sign,
    ) -> Result<()> {
        let name = folder
            .to_str()
            .with_context(|| format!("the name of {} is not UTF-8", folder.display()))?;
        // Patterns have slashes everywhere.
        let name = name.replace(std::path::MAIN_SEPARATOR, "/");
        let pattern = format!("{}/{pattern}", globset::escape(name.trim_end_matches('/')));
        let glob = GlobBuilder::new(&pattern).literal_separator(true).build()?;
        self.patterns.push(glob);
        self.purposes.push((purpose, sign));
        if sign == Sign::Names {
            self.look_in(folder, depth);
        }
        Ok(())
    }

    fn look_in(&mut self, folder: &Path, depth: Depth) {
        let known = self.folders.entry(folder.to_owned()).or_insert(Some(0));
        *known = known.zip(depth).map(|(known, depth)| known.max(depth));
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path);
    Ok(normal(&path.context("the current folder cannot be told")?))
}

/// Without `.` and `..`, by the letters: links are not looked at.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Part::CurDir => {}
            Part::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "/app";

    fn watched(entry: &str, built: bool) -> Watched {
        let text = format!(
            "spin_manifest_version = 2\napplication = {{ name = \"t\" }}\n\
             [[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n\
             [component.a]\nsource = \"out/a.wasm\"\n{entry}"
        );
        let manifest = Manifest::parse(&text, &Path::new(ROOT).join("spin.toml")).unwrap();
        Watched::new(&manifest, &[PathBuf::from("/app/spin.toml")], built).unwrap()
    }

    fn build(watch: &str) -> Watched {
        let entry = format!("[component.a.build]\ncommand = \"true\"\nwatch = {watch}");
        watched(&entry, true)
    }

    fn is_source(watched: &Watched, path: &str) -> bool {
        let component = Purpose::Build("a".to_owned());
        watched
            .purposes(&Path::new(ROOT).join(path))
            .contains(&&component)
    }

    #[test]
    fn patterns_are_those_of_spin() {
        for (patterns, matching, others) in [
            (
                r#"["src/**/*.rs", "Cargo.toml"]"#,
                &["src/lib.rs", "src/a/b.rs", "Cargo.toml", "deep/Cargo.toml"][..],
                &["lib.rs", "src/lib.txt", "other/src/lib.rs"][..],
            ),
            (
                r#"["./src/*.rs", "/top.txt", "f/{a,b/c}/x"]"#,
                &["src/lib.rs", "top.txt", "f/a/x", "f/b/c/x"],
                &["src/a/b.rs", "a/top.txt", "f/c/x"],
            ),
            (
                r#"["src/**", "!src/generated/**", "src/generated/keep.rs"]"#,
                &["src/lib.rs", "src/generated/keep.rs"],
                &["src/generated/a.rs"],
            ),
            (
                r#"["../beside/*.sql"]"#,
                &["/beside/1.sql"],
                &["beside/1.sql"],
            ),
        ] {
            let watched = build(patterns);
            for path in matching {
                assert!(is_source(&watched, path), "{patterns} {path}");
            }
            for path in others {
                assert!(!is_source(&watched, path), "{patterns} {path}");
            }
        }
    }

    #[test]
    fn a_workdir_is_where_patterns_begin() {
        let watched = watched(
            "[component.a.build]\ncommand = \"true\"\nworkdir = \"sub\"\nwatch = [\"*.rs\", \"!b.rs\"]",
            true,
        );
        assert!(is_source(&watched, "sub/a.rs"));
        assert!(!is_source(&watched, "sub/b.rs"));
        assert!(!is_source(&watched, "a.rs"));
        assert!(!is_source(&watched, "sub/deep/a.rs"));
    }

    #[test]
    fn folders_are_no_deeper_than_the_patterns() {
        let watched = build(r#"["migrations/*.sql", "functions/*/api.json", "src/**/*.rs"]"#);
        let folders: Vec<_> = watched.folders().collect();
        let path = |path: &'static str| Path::new(path);
        assert_eq!(
            folders,
            [
                (path("/app"), Some(0)),
                (path("/app/functions"), Some(1)),
                (path("/app/migrations"), Some(0)),
                (path("/app/src"), None),
            ]
        );
    }

    #[test]
    fn what_is_not_built_here_is_seen_by_its_artefact() {
        let path = Path::new("/app/out/a.wasm");
        let command = "[component.a.build]\ncommand = \"true\"";
        assert_eq!(watched("", true).purposes(path), [&Purpose::Load]);
        assert_eq!(watched(command, false).purposes(path), [&Purpose::Load]);
        // What a build writes must not begin the next one.
        assert!(watched(command, true).purposes(path).is_empty());
    }

    #[test]
    fn mounted_files_and_the_manifest_are_loaded_again() {
        let entry =
            r#"files = ["assets/*.css", "literal", { source = "pages", destination = "/" }]"#;
        let watched = watched(entry, true);
        for (path, loaded) in [
            ("assets/a.css", true),
            ("assets/deep/a.css", false),
            ("pages", true),
            ("pages/deep/a.html", true),
            ("literal/a.css", true),
            ("spin.toml", true),
            ("other.toml", false),
        ] {
            let purposes = watched.purposes(&Path::new(ROOT).join(path));
            assert_eq!(purposes == [&Purpose::Load], loaded, "{path}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_told_with_its_component() {
        let text = "spin_manifest_version = 2\napplication = { name = \"t\" }\n\
                    [[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n[component.a]\n\
                    source = \"a.wasm\"\n[component.a.build]\ncommand = \"true\"\nwatch = [\"a/[\"]";
        let manifest = Manifest::parse(text, Path::new("spin.toml")).unwrap();
        let error = Watched::new(&manifest, &[], true).err().unwrap();
        let message = format!("{error:#}");
        assert!(message.contains("spin.toml:8"), "{message}");
        assert!(message.contains("component `a`"), "{message}");
    }
}
