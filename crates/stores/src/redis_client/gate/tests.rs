//! Answers of any length, in pieces of any length.

use tokio::io::AsyncReadExt as _;

use super::*;

const LIMIT: usize = 1000;

fn too_large() -> String {
    format!("-{TOO_LARGE} query result exceeds limit of {LIMIT} bytes\r\n")
}

/// What comes through, whatever the pieces that it comes in.
async fn passed(text: &str) -> String {
    let mut outcomes = Vec::new();
    for piece in [1, 7, text.len()] {
        let stream = Pieces(text.as_bytes().to_vec(), piece);
        let mut all = String::new();
        let mut gate = Gate::new(stream, LIMIT);
        gate.read_to_string(&mut all).await.unwrap();
        outcomes.push(all);
    }
    assert_eq!(outcomes[0], outcomes[1]);
    assert_eq!(outcomes[1], outcomes[2]);
    outcomes.remove(0)
}

/// Gives a text in pieces of so many bytes.
struct Pieces(Vec<u8>, usize);

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.1.min(self.0.len()).min(buffer.remaining());
        let rest = self.0.split_off(length);
        buffer.put_slice(&std::mem::replace(&mut self.0, rest));
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn what_is_small_passes_as_it_is() {
    for text in [
        "+OK\r\n:7\r\n-ERR no\r\n$-1\r\n$0\r\n\r\n*-1\r\n*0\r\n",
        "$5\r\na\r\n*b\r\n*2\r\n*2\r\n$1\r\n$\r\n:1\r\n*0\r\n+OK\r\n",
        "%1\r\n+a\r\n~2\r\n#t\r\n,1.5\r\n>2\r\n+message\r\n$1\r\n*\r\n_\r\n(12\r\n",
        "|1\r\n+a\r\n:1\r\n=5\r\ntxt:a\r\n!3\r\nERR\r\n",
    ] {
        assert_eq!(passed(text).await, text);
    }
    let numbers = format!("*25\r\n{}", ":1\r\n".repeat(25));
    assert_eq!(passed(&numbers).await, numbers);
    // The limit is that of one answer, not of all of them.
    let many = format!("$600\r\n{}\r\n", "x".repeat(600)).repeat(10);
    assert_eq!(passed(&many).await, many);
}

#[tokio::test]
async fn what_is_too_large_becomes_an_error_and_the_next_answer_passes() {
    let (long, error) = ("x".repeat(LIMIT), too_large());
    let string = format!("${LIMIT}\r\n{long}\r\n+OK\r\n");
    assert_eq!(passed(&string).await, format!("{error}+OK\r\n"));
    let line = format!("+{long}\r\n+OK\r\n");
    assert_eq!(passed(&line).await, format!("{error}+OK\r\n"));
    // Few bytes, but many items.
    let array = format!("*100\r\n{}+OK\r\n", ":1\r\n".repeat(100));
    assert_eq!(passed(&array).await, format!("{error}+OK\r\n"));
    let map = format!("%50\r\n{}+OK\r\n", "*1\r\n_\r\n".repeat(100));
    assert_eq!(passed(&map).await, format!("{error}+OK\r\n"));
}

#[tokio::test]
async fn within_an_array_the_error_takes_the_place_of_one_item() {
    let (long, error) = ("x".repeat(LIMIT), too_large());
    let text = format!("*4\r\n:1\r\n${LIMIT}\r\n{long}\r\n*2\r\n:1\r\n*1\r\n:2\r\n:3\r\n:4\r\n");
    let expected = format!("*4\r\n:1\r\n{error}_\r\n_\r\n:4\r\n");
    assert_eq!(passed(&text).await, expected);
    // Attributes and what they are of are one item.
    let text = format!("*2\r\n|1\r\n+a\r\n:1\r\n${LIMIT}\r\n{long}\r\n:3\r\n+OK\r\n");
    let expected = format!("*2\r\n|1\r\n+a\r\n:1\r\n{error}_\r\n+OK\r\n");
    assert_eq!(passed(&text).await, expected);
    // What is small adds up.
    let part = format!("$300\r\n{}\r\n", "x".repeat(300));
    let text = format!("*4\r\n{}+OK\r\n", part.repeat(4));
    let expected = format!("*4\r\n{part}{part}{error}_\r\n+OK\r\n");
    assert_eq!(passed(&text).await, expected);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_no_answer() {
    let text = format!(">100\r\n{}+OK\r\n", ":1\r\n".repeat(100));
    assert_eq!(passed(&text).await, "+OK\r\n");
}

#[tokio::test]
async fn what_is_no_answer_breaks_the_connection() {
    for text in [
        "$x\r\n",
        "*?\r\n",
        "$99999999999999999999\r\n",
        "$-\r\n",
        "*\r\n",
        &"*1\r\n".repeat(MAX_DEPTH + 1),
        &"+".repeat(MAX_LINE + 1),
    ] {
        let stream = Pieces(text.as_bytes().to_vec(), text.len());
        let mut all = Vec::new();
        let outcome = Gate::new(stream, LIMIT).read_to_end(&mut all).await;
        let kind = outcome.map_err(|error| error.kind());
        assert_eq!(kind, Err(io::ErrorKind::ConnectionAborted), "{text:.40}");
    }
}

#[tokio::test]
async fn a_length_that_is_made_up_costs_nothing() {
    let text = format!("*{}\r\n", i64::MAX);
    assert_eq!(passed(&text).await, too_large());
    let text = format!("${}\r\nabc", i64::MAX);
    assert_eq!(passed(&text).await, too_large());
}
