use super::table::edit_distance;
use super::*;

fn read<T>(text: &str, look: impl FnOnce(Table<'_>) -> Result<T, FileError>) -> Result<T, String> {
    let document = Document::new(Path::new("a.toml"), text);
    document
        .root("the file")
        .and_then(look)
        .map_err(|error| error.to_string())
}

#[test]
fn lines_are_counted_from_one() {
    let lines = read("a = 1\n\n[b]\nc = 2\n[[d]]\n", |table| Ok(table.lines())).unwrap();
    assert_eq!(
        lines.into_iter().collect::<Vec<_>>(),
        [
            ("a".to_owned(), 1),
            ("b".to_owned(), 3),
            ("d".to_owned(), 5)
        ]
    );
}

#[test]
fn broken_toml_names_its_line_and_not_its_text() {
    let error = read("ok = 1\nsecret = \"hunter2\n", |_| Ok(())).unwrap_err();
    assert!(
        error.starts_with("a.toml:2: this is not valid TOML ("),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn unknown_fields_get_a_suggestion() {
    let unknown = |text| {
        read(text, |mut table| {
            table.take("route");
            table.take("component");
            table.finish()
        })
        .unwrap_err()
    };
    assert_eq!(
        unknown("\nrouet = 1"),
        "a.toml:2: the file has no field 'rouet'; did you mean 'route'?"
    );
    assert_eq!(
        unknown("methods = 1"),
        "a.toml:1: the file has no field 'methods'; remove it, or use one of: route, component"
    );
}

#[test]
fn wrong_types_say_what_to_write_and_hide_the_value() {
    let error = read("a = 4711", |mut table| table.take_string("a")).unwrap_err();
    assert_eq!(
        error,
        "a.toml:1: 'a' of the file must be a string, not an integer; write it in double quotes"
    );
    let error = read("a = [\n 1,\n]", |mut table| table.take_strings("a")).unwrap_err();
    assert!(error.starts_with("a.toml:2: an entry of 'a'"), "{error}");
    let error = read("a = 99999999999999999999", |mut table| {
        table.take("a").unwrap().integer()
    });
    assert!(error.unwrap_err().contains("out of range"));
}

#[test]
fn a_file_that_is_not_utf8_names_the_line() {
    let path = std::env::temp_dir().join(format!("jenny-utf8-{}.toml", std::process::id()));
    std::fs::write(&path, b"a = 1\nb = \"\xff\"\n").unwrap();
    let error = read_text(&path, "make one").unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(error.line(), Some(2));
}

#[test]
fn edit_distances() {
    for (a, b, distance) in [
        ("", "", 0),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
        ("é", "e", 1),
    ] {
        assert_eq!(edit_distance(a, b), distance, "{a} {b}");
    }
}
