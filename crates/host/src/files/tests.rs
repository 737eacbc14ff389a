use super::*;
use jenny_manifest::Manifest;

/// An application's folder with these files in it.
fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let file = folder.path().join("app").join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, file.file_name().unwrap().as_encoded_bytes()).unwrap();
    }
    folder
}

/// The files of a component whose entry has these lines.
fn files(folder: &TempDir, lines: &str) -> Result<Files, FilesError> {
    files_in(&folder.path().join("app"), lines)
}

/// The same, of an application in this folder.
fn files_in(root: &Path, lines: &str) -> Result<Files, FilesError> {
    let text = format!(
        "spin_manifest_version = 2\n[application]\nname = \"a\"\n[[trigger.http]]\n\
         route = \"/\"\ncomponent = \"c\"\n[component.c]\nsource = \"c.wasm\"\n{lines}"
    );
    std::fs::create_dir_all(root).unwrap();
    let manifest = Manifest::parse(&text, &root.join("spin.toml")).unwrap();
    Files::of(&manifest.components["c"], manifest.directory())
}

/// What the component sees, sorted.
fn seen(files: &Files) -> Vec<String> {
    let root = &files.mount().expect("there is a mount").host;
    let mut seen: Vec<String> = glob(&root.join("**/*").to_string_lossy())
        .unwrap()
        .map(Result::unwrap)
        .filter(|path| path.is_file())
        .map(|path| path.strip_prefix(root).unwrap().display().to_string())
        .collect();
    seen.sort();
    seen
}

#[test]
fn a_pattern_keeps_paths_and_a_star_stays_in_its_folder() {
    let folder = folder(&["a.css", "css/b.css", "css/deep/c.css", "css/deep/d.js"]);
    let of = |pattern: &str| seen(&files(&folder, &format!("files = [{pattern:?}]")).unwrap());

    assert_eq!(of("css/*"), ["css/b.css"]);
    assert_eq!(of("*.css"), ["a.css"]);
    assert_eq!(of("**/*.css"), ["a.css", "css/b.css", "css/deep/c.css"]);
    assert_eq!(
        of("css/**/*"),
        ["css/b.css", "css/deep/c.css", "css/deep/d.js"]
    );
    assert_eq!(of("css/deep/[cd].?s"), ["css/deep/d.js"]);
    assert_eq!(of("css/deep/d.js"), ["css/deep/d.js"]);
    assert_eq!(of("./css/../a.css"), ["a.css"]);
}

#[test]
fn two_stars_alone_match_folders_and_so_no_file() {
    let folder = folder(&["css/b.css"]);
    let files = files(&folder, "files = [\"css/**\", \"none/*\"]").unwrap();
    assert!(seen(&files).is_empty());
    assert_eq!(files.mount().unwrap().guest, "/");
}

#[test]
fn a_folder_named_as_a_pattern_is_seen_below_its_path_twice() {
    let folder = folder(&["assets/css/b.css"]);
    let files = files(&folder, "files = [\"assets\"]").unwrap();
    assert_eq!(seen(&files), ["assets/assets/css/b.css"]);
}

#[test]
fn entries_with_one_destination_are_merged_and_the_last_one_wins() {
    let folder = folder(&["one/a", "one/deep/b", "two/a", "two/deep/c", "d", "e"]);
    let files = files(
        &folder,
        r#"files = [
            { source = "one", destination = "/www" },
            { source = "two", destination = "/www" },
            { source = "d", destination = "/www/deep/d" },
            { source = "d", destination = "/www/a" },
            "e",
        ]"#,
    )
    .unwrap();

    assert_eq!(
        seen(&files),
        ["e", "www/a", "www/deep/b", "www/deep/c", "www/deep/d"]
    );
    let root = &files.mount().unwrap().host;
    assert_eq!(std::fs::read_to_string(root.join("www/a")).unwrap(), "d");
}

#[test]
fn what_is_excluded_is_told_by_its_path_in_the_application() {
    let folder = folder(&["www/a", "www/deep/secret", "www/deep/b", "secret"]);
    let of = |exclude: &str| {
        let entry = "files = [{ source = \"www\", destination = \"/\" }]";
        seen(&files(&folder, &format!("{entry}\nexclude_files = [{exclude:?}]")).unwrap())
    };

    // A `*` here crosses slashes.
    assert_eq!(of("www/*secret"), ["a", "deep/b"]);
    assert_eq!(of("**/secret"), ["a", "deep/b"]);
    // Not the path that the component sees.
    assert_eq!(of("deep/*"), ["a", "deep/b", "deep/secret"]);
    // A file that is named is meant.
    let named = files(
        &folder,
        "files = [\"secret\"]\nexclude_files = [\"secret\"]",
    );
    assert_eq!(seen(&named.unwrap()), ["secret"]);
}

#[test]
fn what_leads_out_is_refused() {
    let folder = folder(&["a", "www/b"]);
    std::fs::write(folder.path().join("outside"), "").unwrap();
    let of = |entry: &str| files(&folder, &format!("files = [{entry}]")).unwrap_err();

    for entry in [
        "\"../outside\"",
        "\"../*\"",
        "\"www/../../outside\"",
        "{ source = \"../outside\", destination = \"/x\" }",
        "{ source = \"..\", destination = \"/x\" }",
    ] {
        assert!(matches!(of(entry), FilesError::Outside(_)), "{entry}");
    }
    let absolute = folder.path().join("outside");
    let absolute = format!("{{ source = {absolute:?}, destination = \"/x\" }}");
    assert!(matches!(of(&absolute), FilesError::Outside(_)));
    let up = "{ source = \"a\", destination = \"/../a\" }";
    assert!(matches!(of(up), FilesError::DestinationOutside(_)));
}

#[test]
fn a_folder_outside_is_refused_before_one_is_made_for_it() {
    let folder = folder(&["a"]);
    // Empty, so that no file in it is what is refused; the name is nobody else's.
    let name = format!("jenny-outside-{}", std::process::id());
    std::fs::create_dir(folder.path().join(&name)).unwrap();
    let refused = files(&folder, &format!("files = [\"../{name}\"]"));
    assert!(matches!(refused, Err(FilesError::Outside(_))));
    // Next to the component's copy.
    assert!(!std::env::temp_dir().join(&name).exists());
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_of_the_folder_that_is_named_are_refused_by_name() {
    use std::os::unix::fs::symlink;

    let folder = folder(&["a", ".spin/sqlite_db.db", "www/b", "www/deep/c"]);
    std::fs::create_dir(folder.path().join("outside")).unwrap();
    std::fs::write(folder.path().join("outside/d"), "").unwrap();
    let app = folder.path().join("app");
    let refused = |link: &str, target: &str, entry: &str| {
        let link = app.join(link);
        symlink(target, &link).unwrap();
        let refused = files(&folder, &format!("files = [{entry}]"));
        let error = refused.expect_err(entry);
        assert!(error.to_string().contains("leads out of"), "{error}");
        let FilesError::Link { link: named, .. } = error else {
            panic!("{entry}: {error}");
        };
        assert_eq!(named, link, "{entry}");
        std::fs::remove_file(&link).unwrap();
    };

    let www = "{ source = \"www\", destination = \"/\" }";
    let absolute = folder.path().join("outside/d");
    for target in [
        "../../outside/d",
        "../.spin/sqlite_db.db",
        absolute.to_str().unwrap(),
    ] {
        for entry in [www, "\"www\"", "\"www/**/*\"", "\"www/x\"", "\"www/?\""] {
            refused("www/x", target, entry);
        }
    }
    // A folder on the way.
    refused("www/x", "../../outside", "\"www/*/d\"");
    refused("www/x", "../../outside", "\"www/x/d\"");
    // The folder that is named.
    refused("x", "../outside", "{ source = \"x\", destination = \"/\" }");
    refused("x", "../outside", "\"x/*\"");
    refused("x", "../outside", "\"x\"");
    refused(
        "x",
        "../outside",
        "{ source = \"x/d\", destination = \"/d\" }",
    );
}

#[cfg(unix)]
#[test]
fn links_that_stay_are_followed_and_excluded_ones_do_not_matter() {
    use std::os::unix::fs::symlink;

    let folder = folder(&["www/b", "www/deep/c"]);
    let app = folder.path().join("app");
    symlink("deep/c", app.join("www/c")).unwrap();
    symlink("../b", app.join("www/deep/b")).unwrap();
    symlink("/etc/passwd", app.join("www/out")).unwrap();
    let entry = "{ source = \"www\", destination = \"/\" }";
    let lines = format!("files = [{entry}]\nexclude_files = [\"www/out\"]");

    let files = files(&folder, &lines).unwrap();

    assert_eq!(seen(&files), ["b", "c", "deep/b", "deep/c"]);
    // Copies, which no link that comes later changes.
    let root = &files.mount().unwrap().host;
    assert!(root.join("c").symlink_metadata().unwrap().is_file());
    assert_eq!(std::fs::read_to_string(root.join("c")).unwrap(), "c");
}

#[test]
fn folders_that_look_like_patterns_are_only_names() {
    let folder = folder(&["app[1]/css/b.css", "app[1]/img[2]/c", "app1/css/no.css"]);
    let root = folder.path().join("app/app[1]");
    let of = |entry: &str| seen(&files_in(&root, &format!("files = [{entry}]")).unwrap());

    assert_eq!(of("\"css/*\""), ["css/b.css"]);
    assert_eq!(of("\"css\""), ["css/css/b.css"]);
    assert_eq!(of("\"img[2]\""), ["img[2]/img[2]/c"]);
    assert_eq!(of("{ source = \"img[2]\", destination = \"/\" }"), ["c"]);
}

#[test]
fn mistakes_are_named() {
    let folder = folder(&["a", "www/b"]);
    let of = |lines: &str| files(&folder, lines).unwrap_err().to_string();

    assert_eq!(
        of("files = [\"none\"]"),
        "`none` does not exist and is no pattern either"
    );
    assert!(of("files = [\"www/.\"]").contains("`www/.`"));
    assert!(of("files = [\"..\"]").contains("**/*"));
    assert!(of("files = [\"a**b\"]").contains("`a**b` is no pattern"));
    assert!(of("files = [\"a\"]\nexclude_files = [\"a**\"]").contains("`a**` is no pattern"));
    assert!(of("files = [{ source = \"a\", destination = \"/\" }]").contains("is a folder"));
    let missing = of("files = [{ source = \"none\", destination = \"/\" }]");
    assert!(missing.contains("`none` does not exist"), "{missing}");
}

#[test]
fn a_component_without_files_has_no_mount() {
    let folder = folder(&["a"]);
    assert!(files(&folder, "").unwrap().mount().is_none());
    assert!(files(&folder, "files = []").unwrap().mount().is_none());
}
