//! What became of the components: there, as new as what they are made of, and components at all.

use std::path::Path;
use std::time::SystemTime;

use jenny_host::manifest::{Component, ComponentSource};

use crate::check::world::{self, Interfaces};

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

/// The first source that changed after the component was built. Cargo writes the list of them beside the
/// component, in make's notation: `output: input input`, blanks escaped by `\`.
fn newer_source(
    root: &Path,
    files: &[String],
    component: &Path,
    built: SystemTime,
) -> Option<String> {
    let list = std::fs::read_to_string(component.with_extension("d")).ok()?;
    let (_, inputs) = list.lines().next()?.split_once(": ")?;
    let root = root.canonicalize().ok()?;
    let is_newer = |path: &Path| modified(path).is_some_and(|changed| changed > built);
    inputs
        .replace("\\ ", "\0")
        .split(' ')
        .map(|input| input.replace('\0', " "))
        .find_map(|input| match Path::new(&input).strip_prefix(&root) {
            Ok(relative) => within(relative, files)
                .find(|path| is_newer(&root.join(path)))
                .map(|path| path.display().to_string()),
            Err(_) => is_newer(Path::new(&input)).then_some(input),
        })
}

/// What the harness records beside a component of what was built: it goes into none.
const BUDGETS: &str = "budgets.toml";

/// What an input of a component consists of. A build script names folders, and to cargo they are all that is
/// in them; here, all but what git ignores. The folders are among it: they tell what was renamed or removed.
fn within<'p>(input: &'p Path, files: &'p [String]) -> impl Iterator<Item = &'p Path> {
    let files = files.iter().map(Path::new);
    let below = files
        .filter(move |file| *file != input && file.starts_with(input) && !file.ends_with(BUDGETS));
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
            .with("functions/hello/pages/deep/page.tmp", "")
            .with("functions/hello/pages/deep/budgets.toml", "");
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
        for other in ["page.tmp", "budgets.toml"] {
            changed(&format!("functions/hello/pages/deep/{other}"), 120);
            assert_eq!(stale(), None, "{other}");
        }
        for newer in [
            "functions/hello/pages/deep",
            "functions/hello/pages/deep/page.md",
        ] {
            changed(newer, 120);
            assert_eq!(stale().as_deref(), Some(newer));
        }
    }
}
