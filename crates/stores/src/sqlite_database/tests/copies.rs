//! Databases that begin with what is in another one.

use super::*;

#[tokio::test]
async fn a_database_may_begin_as_a_copy_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("original.db");
    // On this thread, so that it is closed when it is dropped.
    let original = databases(Some(&path), Work::Inline);
    let connection = original.open("default").await.unwrap();
    // What is in the journal has to be in the file once nobody has it open.
    all(&connection, "PRAGMA journal_mode = WAL", vec![])
        .await
        .unwrap();
    all(&connection, "CREATE TABLE t (a)", vec![])
        .await
        .unwrap();
    all(&connection, "INSERT INTO t VALUES (7)", vec![])
        .await
        .unwrap();
    drop((connection, original));
    let contents = std::fs::read(&path).unwrap();

    let (one, other) = (scratch(), scratch());
    for copy in [&one, &other] {
        copy.fill("default", &contents).unwrap();
        copy.fill("unknown", &contents).unwrap();
    }
    let (one, other) = (
        one.open("default").await.unwrap(),
        other.open("default").await.unwrap(),
    );
    all(&one, "INSERT INTO t VALUES (8)", vec![]).await.unwrap();

    let count = "SELECT count(*) FROM t";
    assert_eq!(
        all(&one, count, vec![]).await.unwrap(),
        [[Value::Integer(2)]]
    );
    assert_eq!(
        all(&other, count, vec![]).await.unwrap(),
        [[Value::Integer(1)]]
    );
}
