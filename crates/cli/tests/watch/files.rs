//! What is not built: variables and mounted files.

use crate::watching::Folder;
use crate::{APPLICATION, FIRST, application};

#[test]
fn variables_and_files_are_read_again() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert!(jenny.get("/interface/variables").1.contains("\"hello\""));
    assert_eq!(jenny.get("/file/page.txt").1, "page 1");

    // There was none until now.
    folder.write(".env", "SPIN_VARIABLE_GREETING=goodbye\n");
    jenny.says("Serving the new .env");
    assert!(jenny.get("/interface/variables").1.contains("\"goodbye\""));

    folder.write("page.txt", "page 2");
    jenny.says("Serving the new page.txt");
    assert_eq!(jenny.get("/file/page.txt").1, "page 2");

    folder.write(".env", "what is this");
    jenny.says("error: ");
    jenny.says("keeps serving");
    assert!(jenny.get("/interface/variables").1.contains("\"goodbye\""));

    std::fs::remove_file(folder.path(".env")).expect("it is there");
    jenny.says("Serving the new .env");
    assert!(jenny.get("/interface/variables").1.contains("\"hello\""));
}

#[test]
fn a_file_is_seen_to_change_through_a_link() {
    let folder = application();
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let settings = elsewhere.path().join("settings");
    std::fs::write(&settings, "SPIN_VARIABLE_GREETING=one\n").expect("it is written");
    std::os::unix::fs::symlink(&settings, folder.path(".env")).expect("it is new");
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert!(jenny.get("/interface/variables").1.contains("\"one\""));

    // In place: nothing happens in a folder that is listened to.
    std::fs::write(&settings, "SPIN_VARIABLE_GREETING=two\n").expect("it is written");

    jenny.says("Serving the new .env");
    assert!(jenny.get("/interface/variables").1.contains("\"two\""));
}

#[test]
fn from_a_folder_below_the_variables_are_those_of_the_application() {
    let folder = application();
    folder.write(".env", "SPIN_VARIABLE_GREETING=one\n");
    let mut jenny = folder.up_from("src", &["--state-dir", ""]);
    assert!(jenny.get("/interface/variables").1.contains("\"one\""));

    folder.write(".env", "SPIN_VARIABLE_GREETING=two\n");
    jenny.says("Serving the new ");
    assert!(jenny.get("/interface/variables").1.contains("\"two\""));

    // What Spin reads there comes first.
    folder.write("src/.env", "SPIN_VARIABLE_GREETING=three\n");
    while !jenny.get("/interface/variables").1.contains("\"three\"") {
        jenny.says("Serving the new ");
    }
}

#[test]
fn a_mounted_folder_that_is_made_anew_is_mounted_anew() {
    let mount = "files = [{ source = \"dist\", destination = \"/\" }]";
    let folder = Folder::with(&APPLICATION.replace("files = [\"page.txt\"]", mount));
    folder.component("src/a", FIRST);
    let mut jenny = folder.start(&["--state-dir", ""]);
    jenny.says("Nothing is served yet");

    folder.write("dist/page.txt", "page 1");
    jenny.serves();
    assert_eq!(jenny.get("/file/page.txt").1, "page 1");

    for page in ["page 2", "page 3"] {
        std::fs::remove_dir_all(folder.path("dist")).expect("it is there");
        folder.write("dist/page.txt", page);
        while jenny.get("/file/page.txt").1 != page {
            jenny.says("Serving the new ");
        }
    }
}
