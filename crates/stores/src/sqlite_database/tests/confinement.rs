//! What SQL cannot reach.

use super::*;

#[tokio::test]
async fn sql_reaches_no_other_file() {
    let directory = tempfile::tempdir().unwrap();
    let databases = in_file(&directory.path().join("a.db"));
    let connection = databases.open("default").await.unwrap();
    let victim = directory.path().join("victim.db");
    let path = victim.display();
    for sql in [
        format!("ATTACH '{path}' AS victim"),
        format!("ATTACH 'file:{path}' AS victim"),
        format!("ATTACH '{path}' || '' AS victim"),
        format!("VACUUM INTO '{path}'"),
        format!(
            "PRAGMA temp_store_directory = '{}'",
            directory.path().display()
        ),
    ] {
        let error = message(all(&connection, &sql, vec![]).await);
        assert!(
            error.contains("not authorized") || error == "authorization denied",
            "{sql}: {error}"
        );
    }
    let parameters = vec![Value::Text(path.to_string())];
    let error = message(all(&connection, "ATTACH ?1 AS victim", parameters).await);
    assert!(
        error.contains("not authorized") || error == "authorization denied",
        "{error}"
    );
    assert!(!victim.exists());
    all(&connection, "VACUUM", vec![]).await.unwrap();
}

#[tokio::test]
async fn pragmas_reach_no_further_than_the_connection_and_its_file() {
    let database = scratch().open("default").await.unwrap();
    for sql in [
        "PRAGMA hard_heap_limit = 1",
        "PRAGMA hard_heap_limit(1)",
        "PRAGMA main.soft_heap_limit = 1",
        "PRAGMA Cache_Size = -1000000",
        "PRAGMA cache_spill = OFF",
        "PRAGMA mmap_size = 1000000000",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA threads = 8",
        "PRAGMA journal_mode = memory",
        "PRAGMA busy_timeout = 2000000000",
    ] {
        let error = message(all(&database, sql, vec![]).await);
        assert!(error.contains("not authorized"), "{sql}: {error}");
    }
    for sql in [
        "PRAGMA foreign_keys = ON",
        "PRAGMA journal_mode = WAL",
        "PRAGMA busy_timeout = 1000",
        "PRAGMA user_version = 7",
        "PRAGMA table_info('sqlite_schema')",
        "SELECT * FROM pragma_table_info('sqlite_schema')",
        "PRAGMA hard_heap_limit",
        "PRAGMA cache_size",
        "PRAGMA optimize",
    ] {
        assert!(all(&database, sql, vec![]).await.is_ok(), "{sql}");
    }
}
