use super::*;

/// Every path below a folder, with the contents of files.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.insert(path.clone(), None);
                folders.push(path);
            } else {
                let contents = fs::read(&path).unwrap();
                found.insert(path, Some(contents));
            }
        }
    }
    found
}

/// A folder with a manifest and a file to delete.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spin.toml"), "before").unwrap();
    fs::create_dir_all(folder.path().join("old/deep")).unwrap();
    fs::write(folder.path().join("old/deep/file"), "gone").unwrap();
    folder
}

/// Creates, replaces and deletes.
fn changes(folder: &tempfile::TempDir) -> Changes {
    let mut changes = Changes::below(folder.path());
    changes.create("a/b/new.rs", "new");
    changes.replace("spin.toml", "before", "after");
    changes.delete("old/deep/file", "gone");
    changes.create("z/last.rs", "last");
    changes
}

#[track_caller]
fn fails_and_leaves_the_tree(folder: &tempfile::TempDir, changes: Changes, says: &str) {
    let before = tree(folder.path());
    let error = format!("{:#}", changes.apply().unwrap_err());
    assert!(error.contains(says), "{error}");
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn everything_is_made_and_nothing_else_is_left() {
    let folder = project();
    let changes = changes(&folder);

    changes.apply().unwrap();

    let path = |name: &str| folder.path().join(name);
    let file = |name: &str, text: &str| (path(name), Some(text.as_bytes().to_vec()));
    let folders = ["a", "a/b", "z"].map(|name| (path(name), None));
    let files = [
        file("a/b/new.rs", "new"),
        file("spin.toml", "after"),
        file("z/last.rs", "last"),
    ];
    assert_eq!(
        tree(folder.path()),
        folders.into_iter().chain(files).collect()
    );
}

#[test]
fn what_is_there_is_not_written_over() {
    let folder = project();
    fs::create_dir(folder.path().join("z")).unwrap();
    fs::write(folder.path().join("z/last.rs"), "mine").unwrap();
    fails_and_leaves_the_tree(&folder, changes(&folder), "z/last.rs is there already");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_something_too() {
    let folder = project();
    fs::create_dir(folder.path().join("z")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("z/last.rs")).unwrap();
    let error = changes(&folder).apply().unwrap_err().to_string();
    assert!(error.contains("z/last.rs is there already"), "{error}");
    assert!(!folder.path().join("a").exists());
}

#[test]
fn a_file_that_changed_since_it_was_read_is_left_alone() {
    for (file, text) in [("spin.toml", "mine"), ("old/deep/file", "kept")] {
        let folder = project();
        let changes = changes(&folder);
        fs::write(folder.path().join(file), text).unwrap();
        fails_and_leaves_the_tree(&folder, changes, "has changed since it was read");
    }
}

/// The last change fails after all others were made.
#[test]
fn a_path_that_leads_through_a_file_undoes_everything() {
    let folder = project();
    fs::write(folder.path().join("z"), "a file").unwrap();
    fails_and_leaves_the_tree(&folder, changes(&folder), "z/last.rs cannot be written");
}

#[test]
fn a_name_that_no_file_system_takes_undoes_everything() {
    let folder = project();
    let mut changes = changes(&folder);
    changes.create(format!("z/{}", "n".repeat(300)), "");
    fails_and_leaves_the_tree(&folder, changes, "cannot be written");
}

#[test]
fn nothing_is_written_outside_the_folder() {
    for path in ["../other", "/etc/other", "a/../../other", ""] {
        let folder = project();
        let mut changes = changes(&folder);
        changes.create(path, "");
        fails_and_leaves_the_tree(&folder, changes, "is not below");
    }
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_links_lead_where_they_did() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let folder = project();
    let path = |name: &str| folder.path().join(name);
    fs::rename(path("spin.toml"), path("real.toml")).unwrap();
    fs::set_permissions(path("real.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.toml", path("spin.toml")).unwrap();

    changes(&folder).apply().unwrap();

    assert!(path("spin.toml").is_symlink());
    assert_eq!(fs::read_to_string(path("real.toml")).unwrap(), "after");
    let mode = |name: &str| path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("real.toml"), 0o640);
    // Temporary files are readable by their owner alone.
    fs::write(path("ordinary"), "").unwrap();
    assert_eq!(mode("a/b/new.rs"), mode("ordinary"));
}

#[test]
fn what_cannot_be_undone_is_named_and_the_rest_is_undone() {
    let folder = project();
    let path = |name: &str| folder.path().join(name);
    let changes = changes(&folder);
    let mut done = Vec::new();
    changes.make(&mut done).unwrap();
    fs::remove_file(path("z/last.rs")).unwrap();

    let problems = undo(&done);

    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("last.rs: "), "{problems:?}");
    assert!(!path("a").exists() && !path("z").exists());
    assert_eq!(fs::read_to_string(path("spin.toml")).unwrap(), "before");
    assert_eq!(fs::read_to_string(path("old/deep/file")).unwrap(), "gone");
}
