//! A private server does what tests rely on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use test_servers::RedisServer;

/// Sends commands to a database, each on a line, and returns the last line of the last answer.
fn ask(url: &str, commands: &[&str]) -> std::io::Result<String> {
    let address = url.strip_prefix("redis://:").unwrap();
    let (password, address) = address.split_once('@').unwrap();
    let (address, database) = address.split_once('/').unwrap();
    let mut stream = TcpStream::connect(address)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut answer = String::new();
    for command in [&format!("AUTH {password}"), &format!("SELECT {database}")]
        .map(String::as_str)
        .iter()
        .chain(commands)
    {
        write!(stream, "{command}\r\n")?;
        answer.clear();
        answers.read_line(&mut answer)?;
        // The length of what follows.
        if answer.starts_with('$') && answer != "$-1\r\n" {
            answer.clear();
            answers.read_line(&mut answer)?;
        }
    }
    Ok(answer.trim_end().to_owned())
}

#[test]
fn every_database_is_another_one() {
    let Some(server) = RedisServer::shared_or_skip() else {
        return;
    };
    let (one, other) = (server.create_database(), server.create_database());
    ask(&one, &["SET a 1"]).unwrap();
    assert_eq!(ask(&one, &["GET a"]).unwrap(), "1");
    assert_eq!(ask(&other, &["GET a"]).unwrap(), "$-1");
}

#[test]
fn a_server_that_was_stopped_comes_back_with_its_data() {
    let Some(server) = RedisServer::private_or_skip() else {
        return;
    };
    let url = server.create_database();
    ask(&url, &["SET a 7"]).unwrap();

    server.stop();
    assert!(ask(&url, &["GET a"]).is_err());
    server.restart();

    assert_eq!(ask(&url, &["GET a"]).unwrap(), "7");
}
