use std::cell::Cell;

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

/// A folder with a manifest and a file that is to go.
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
fn a_file_that_somebody_else_changed_is_left_alone() {
    for (file, text) in [("spin.toml", "mine"), ("old/deep/file", "kept")] {
        let folder = project();
        let changes = changes(&folder);
        fs::write(folder.path().join(file), text).unwrap();
        fails_and_leaves_the_tree(&folder, changes, "changed by somebody else");
    }
}

#[test]
fn a_change_that_comes_between_looking_and_moving_is_not_lost() {
    let folder = project();
    let manifest = folder.path().join("spin.toml");
    let asked = Cell::new(0);
    // After each of the four files is staged, which comes after looking.
    let goes_on = || {
        asked.set(asked.get() + 1);
        if asked.get() == 4 {
            fs::write(&manifest, "mine").unwrap();
        }
        Ok(())
    };

    let error = changes(&folder).apply_while(&goes_on).unwrap_err();

    assert!(
        error.to_string().contains("changed by somebody else"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(manifest).unwrap(), "mine");
    assert!(folder.path().join("old/deep/file").exists());
    assert!(!folder.path().join("a").exists());
}

/// Whenever a signal comes.
#[test]
fn an_interruption_before_any_step_or_after_the_last_takes_everything_back() {
    let folder = project();
    let before = tree(folder.path());
    let mut steps = 0;
    loop {
        let asked = Cell::new(0);
        let goes_on = || {
            asked.set(asked.get() + 1);
            match asked.get() > steps {
                true => bail!("interrupted"),
                false => Ok(()),
            }
        };
        let outcome = changes(&folder).apply_while(&goes_on);
        if outcome.is_ok() {
            break;
        }
        assert_eq!(tree(folder.path()), before, "after {steps} steps");
        steps += 1;
    }
    // Each of the files is staged and moved, and then it is asked once more.
    assert_eq!(steps, 4 + 4 + 1);
}

#[test]
fn what_cannot_be_undone_keeps_nothing_else_from_being_undone() {
    let folder = project();
    let path = |name: &str| folder.path().join(name);
    let asked = Cell::new(0);
    let goes_on = || {
        asked.set(asked.get() + 1);
        if asked.get() <= 8 {
            return Ok(());
        }
        // Everything is moved. Somebody removes one of the files, and one cannot be replaced any more.
        fs::remove_file(path("z/last.rs")).unwrap();
        fs::remove_file(path("spin.toml")).unwrap();
        fs::create_dir(path("spin.toml")).unwrap();
        bail!("interrupted")
    };

    let error = changes(&folder).apply_while(&goes_on).unwrap_err();

    let told = error.to_string();
    assert!(told.starts_with("interrupted; "), "{told}");
    assert_eq!(told.matches("spin.toml: ").count(), 1, "{told}");
    assert!(!told.contains("last.rs"), "{told}");
    assert!(!path("a").exists() && !path("z").exists());
    assert_eq!(fs::read_to_string(path("old/deep/file")).unwrap(), "gone");
    let (_, kept) = told.rsplit_once(" are in ").unwrap();
    let kept = fs::read_to_string(Path::new(kept).join("spin.toml")).unwrap();
    assert_eq!(kept, "before");
}

#[test]
fn what_a_killed_command_left_is_told_if_there_may_be_something_in_it() {
    let folder = project();
    let root = folder.path();
    let running = Staging::make(root).unwrap();
    running.begin().unwrap();
    fs::create_dir_all(root.join(".jenny-early/new/a")).unwrap();
    fs::create_dir_all(root.join(".jenny-late/new")).unwrap();
    fs::create_dir_all(root.join(".jenny-late/old")).unwrap();
    fs::create_dir_all(root.join(".jenny-none/of-ours")).unwrap();

    let left = staging::left_behind(root);

    assert_eq!(left, [root.join(".jenny-late")]);
    assert!(!root.join(".jenny-early").exists());
    assert!(root.join(".jenny-none/of-ours").exists());
    drop(running);
    assert_eq!(fs::read_dir(root).unwrap().count(), 4);
}

/// The last of the changes fails when all others are made.
#[test]
fn a_path_that_leads_through_a_file_takes_everything_back() {
    let folder = project();
    fs::write(folder.path().join("z"), "a file").unwrap();
    fails_and_leaves_the_tree(&folder, changes(&folder), "z/last.rs cannot be written");
}

#[test]
fn a_name_that_no_file_system_takes_takes_everything_back() {
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
    // Not only for whoever wrote it, as temporary files are.
    fs::write(path("ordinary"), "").unwrap();
    assert_eq!(mode("a/b/new.rs"), mode("ordinary"));
}
