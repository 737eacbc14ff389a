//! Keeps what a server answers from filling the host's memory.
//!
//! The driver decodes an answer as a whole, and one of 4 bytes for each item becomes one of many
//! times that. But every string says its length and every array its number of items before they
//! come. What would take an answer past the limit is therefore replaced by an error on its way to the
//! driver, and the rest of that answer by nothing: the connection goes on.
//!
//! The protocol: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::redis::RedisResult;

/// The code of the error that stands for too much.
pub(super) const TOO_LARGE: &str = "TOOLARGE";

/// The longest line: lengths and numbers are short, statuses and errors a sentence.
const MAX_LINE: usize = 64 * 1024;

/// How deep arrays may lie within arrays; the driver takes 100.
const MAX_DEPTH: usize = 128;

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// What an item of an answer takes, beside its content.
const ITEM_BYTES: usize = size_of::<RedisResult>();

/// A connection whose answers are at most so large.
pub(super) struct Gate<S> {
    stream: S,
    /// What the driver has not taken yet.
    output: BytesMut,
    answer: Answer,
}

/// How far the present answer has come.
struct Answer {
    limit: usize,
    /// How many bytes it may still take.
    left: usize,
    line: Vec<u8>,
    content: Content,
    /// How many items are outstanding in the arrays that have begun, the outermost first.
    arrays: Vec<u64>,
    /// The array that is left out with everything in it, by its depth.
    omitted: Option<usize>,
    /// Whether the error has been given.
    exceeded: bool,
}

/// What comes next.
enum Content {
    Line,
    /// The bytes of a string with the line break behind it, and whether the driver gets them.
    String(u64, bool),
}

impl<S> Gate<S> {
    pub(super) fn new(stream: S, limit: usize) -> Self {
        Self {
            stream,
            output: BytesMut::new(),
            answer: Answer {
                limit,
                left: limit,
                line: Vec::new(),
                content: Content::Line,
                arrays: Vec::new(),
                omitted: None,
                exceeded: false,
            },
        }
    }
}

impl Answer {
    /// Appends to `output` what may pass of `input`.
    fn pass(&mut self, mut input: &[u8], output: &mut BytesMut) -> io::Result<()> {
        while !input.is_empty() {
            let length = match self.content {
                Content::Line => self.pass_line(input, output)?,
                Content::String(left, passes) => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    if passes {
                        output.extend_from_slice(&input[..length]);
                    }
                    let left = left - length as u64;
                    self.content = Content::String(left, passes);
                    if left == 0 {
                        self.content = Content::Line;
                        self.end_item();
                    }
                    length
                }
            };
            input = &input[length..];
        }
        Ok(())
    }

    /// Takes what there is of a line, and returns how many bytes that is.
    fn pass_line(&mut self, input: &[u8], output: &mut BytesMut) -> io::Result<usize> {
        let end = input.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(input.len(), |end| end + 1);
        if self.line.len() + length > MAX_LINE {
            return Err(broken("a line is too long"));
        }
        self.line.extend_from_slice(&input[..length]);
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            self.begin(&line, output)?;
        }
        Ok(length)
    }

    /// Takes the first line of an item, line break included.
    fn begin(&mut self, line: &[u8], output: &mut BytesMut) -> io::Result<()> {
        let (kind, rest) = line.split_first().expect("a line has a break at least");
        match kind {
            b'$' | b'=' | b'!' => {
                let length = length(rest)?;
                let passes = self.admit(line, length.unwrap_or(0), *kind, output);
                match length {
                    None => self.end_item(),
                    Some(length) => {
                        self.content = Content::String(length.saturating_add(2), passes);
                    }
                }
            }
            b'*' | b'~' | b'>' | b'%' | b'|' => {
                let items = match (kind, length(rest)?.unwrap_or(0)) {
                    (b'%', pairs) => pairs.saturating_mul(2),
                    // And what the attributes are of.
                    (b'|', pairs) => pairs.saturating_mul(2).saturating_add(1),
                    (_, items) => items,
                };
                let content = items.saturating_mul(ITEM_BYTES as u64);
                let before = self.left;
                let passes = self.admit(line, content, *kind, output);
                if passes {
                    // Each of them is counted when it comes.
                    self.left = before - ITEM_BYTES;
                }
                self.open(items, passes)?;
            }
            _ => {
                // A number is in the item itself.
                let text = if *kind == b':' { 0 } else { rest.len() };
                self.admit(line, text as u64, *kind, output);
                self.end_item();
            }
        }
        Ok(())
    }

    /// Passes the first line of an item that takes so many bytes beside itself, or what stands for
    /// it where that is too much. Returns whether the item itself passes.
    fn admit(&mut self, line: &[u8], content: u64, kind: u8, output: &mut BytesMut) -> bool {
        if self.omitted.is_some() {
            return false;
        }
        let bytes = usize::try_from(content)
            .unwrap_or(usize::MAX)
            .saturating_add(ITEM_BYTES);
        if !self.exceeded && bytes <= self.left {
            self.left -= bytes;
            output.extend_from_slice(line);
            return true;
        }
        if self.arrays.is_empty() && kind == b'>' {
            // A message that nobody asked for: an error would be taken for the answer of a command.
        } else if self.exceeded {
            output.extend_from_slice(b"_\r\n");
        } else {
            let limit = self.limit;
            let error = format!("-{TOO_LARGE} query result exceeds limit of {limit} bytes\r\n");
            output.extend_from_slice(error.as_bytes());
            self.exceeded = true;
        }
        false
    }

    /// Begins an array, or what else has items.
    fn open(&mut self, items: u64, passes: bool) -> io::Result<()> {
        if items == 0 {
            self.end_item();
            return Ok(());
        }
        if self.arrays.len() >= MAX_DEPTH {
            return Err(broken("its arrays are too deep"));
        }
        if !passes && self.omitted.is_none() {
            self.omitted = Some(self.arrays.len());
        }
        self.arrays.push(items);
        Ok(())
    }

    /// One item is complete, and with it maybe the array that it is in.
    fn end_item(&mut self) {
        while let Some(outstanding) = self.arrays.last_mut() {
            *outstanding -= 1;
            if *outstanding > 0 {
                return;
            }
            self.arrays.pop();
            if self.omitted == Some(self.arrays.len()) {
                self.omitted = None;
            }
        }
        self.left = self.limit;
        self.exceeded = false;
    }
}

/// The number after a type, none if it is negative: there is nothing, then.
fn length(digits: &[u8]) -> io::Result<Option<u64>> {
    let number = std::str::from_utf8(digits)
        .ok()
        .and_then(|text| text.trim_ascii_end().parse::<i64>().ok())
        .ok_or_else(|| broken("a length is no number"))?;
    Ok(u64::try_from(number).ok())
}

/// An error after which the driver gives the connection up.
fn broken(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        format!("the server's answer cannot be read: {what}"),
    )
}

impl<S: AsyncRead + Unpin> AsyncRead for Gate<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // Of a part that is left out, nothing may remain.
        while this.output.is_empty() {
            let mut chunk = [0; CHUNK];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.answer.pass(chunk.filled(), &mut this.output)?;
        }
        let length = this.output.len().min(buffer.remaining());
        buffer.put_slice(&this.output[..length]);
        this.output.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
