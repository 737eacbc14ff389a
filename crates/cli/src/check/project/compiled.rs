//! What became of the components: there, as new as what they are made of, and components at all.

use std::path::Path;
use std::time::SystemTime;

use jenny_manifest::{Component, ComponentSource};

use crate::check::world::{self, Interfaces};
use crate::dep_info;

/// What became of a component's `source`.
pub(in crate::check) enum Compiled {
    /// There is no such file.
    Missing,
    /// The file is older than this source file of it.
    Stale(String),
    /// The file is no component, for this reason.
    Unreadable(String),
    /// The component and what it imports and exports.
    Component(Interfaces),
}

impl Compiled {
    /// Looks at a component's source; `None` for one that is downloaded. `files` are the project's.
    pub(super) fn of(component: &Component, root: &Path, files: &[String]) -> Option<Self> {
        let ComponentSource::Local(path) = &component.source else {
            return None;
        };
        let path = root.join(path);
        let Some(built) = modified(&path) else {
            return Some(Self::Missing);
        };
        if let Some(newer) = newer_source(root, files, &path, built) {
            return Some(Self::Stale(newer));
        }
        Some(match world::component(&path) {
            Ok(interfaces) => Self::Component(interfaces),
            Err(error) => Self::Unreadable(format!("{error:#}")),
        })
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// The first source that changed after the component was built.
fn newer_source(
    root: &Path,
    files: &[String],
    component: &Path,
    built: SystemTime,
) -> Option<String> {
    let inputs = dep_info::inputs(component)?;
    let root = root.canonicalize().ok()?;
    let is_newer = |path: &Path| modified(path).is_some_and(|changed| changed > built);
    inputs
        .into_iter()
        .find_map(|input| match input.strip_prefix(&root) {
            Ok(relative) => within(relative, files)
                .find(|path| is_newer(&root.join(path)))
                .map(|path| path.display().to_string()),
            Err(_) => is_newer(&input).then(|| input.display().to_string()),
        })
}

/// What an input of a component consists of. A build script names folders, and to cargo they are all that is
/// in them; here, all but what git ignores. The folders are among it: they tell what was renamed or removed.
fn within<'p>(input: &'p Path, files: &'p [String]) -> impl Iterator<Item = &'p Path> {
    let files = files.iter().map(Path::new);
    let below = files.filter(move |file| *file != input && file.starts_with(input));
    let below = below.flat_map(move |file| {
        let parts = file.ancestors();
        parts.take_while(move |part| *part != input)
    });
    below.chain([input])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::fixture::{COMPONENT, Fixture};

    #[test]
    fn a_folder_that_is_watched_is_all_that_is_in_it() {
        let fixture = Fixture::new()
            .with(".gitignore", "/target\n*.tmp\n")
            .with("functions/hello/pages/deep/page.md", "")
            .with("functions/hello/pages/deep/page.tmp", "");
        let folder = fixture
            .path("functions/hello/pages")
            .canonicalize()
            .unwrap();
        let list = format!("hello.wasm: {}\n", folder.display());
        let fixture = fixture.with(&COMPONENT.replace(".wasm", ".d"), list);
        let changed = |file: &str, later: u64| {
            let file = std::fs::File::open(fixture.path(file)).unwrap();
            let when = SystemTime::now() + Duration::from_secs(later);
            file.set_modified(when).unwrap();
        };
        let stale = || match fixture.project().compiled().get("hello") {
            Some(Compiled::Stale(newer)) => Some(newer.clone()),
            _ => None,
        };
        changed(COMPONENT, 60);
        assert_eq!(stale(), None);
        changed("functions/hello/pages/deep/page.tmp", 120);
        assert_eq!(stale(), None);
        for newer in [
            "functions/hello/pages/deep",
            "functions/hello/pages/deep/page.md",
        ] {
            changed(newer, 120);
            assert_eq!(stale().as_deref(), Some(newer));
        }
    }
}
