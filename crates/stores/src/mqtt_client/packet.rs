//! The packets of MQTT 3.1.1 that somebody sends and receives who only publishes.
//!
//! <https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html>; the numbers of chapters
//! below are of that.

use std::io;

use bytes::{Buf as _, BufMut as _, BytesMut};

/// `Protocol Level` of 3.1.1 (3.1.2.2).
const PROTOCOL_LEVEL: u8 = 4;

/// Flags of `CONNECT` (3.1.2.3).
const CLEAN_SESSION: u8 = 0x02;
const HAS_PASSWORD: u8 = 0x40;
const HAS_USERNAME: u8 = 0x80;

/// The flag of `CONNACK` (3.2.2.2).
const SESSION_PRESENT: u8 = 0x01;

/// The most bytes after a fixed header (2.2.3).
const MAX_REMAINING: usize = 268_435_455;

/// The most bytes of a packet that a broker may send. All that somebody needs who publishes have
/// four; a session that is not clean may have subscribed to something before.
const MAX_INCOMING: usize = 256 * 1024;

pub(super) const PING: [u8; 2] = [0xC0, 0];
pub(super) const DISCONNECT: [u8; 2] = [0xE0, 0];

/// What a broker sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packet {
    ConnectAck {
        /// Whether the broker still knows the session.
        is_known: bool,
        /// Why it refuses, or 0.
        code: u8,
    },
    /// `PUBACK`: the message with this id has arrived.
    PublishAck(u16),
    /// `PUBREC`: so it has, and its id is remembered.
    PublishReceived(u16),
    /// `PUBCOMP`: the id is forgotten.
    PublishComplete(u16),
    PingResponse,
    /// Of no interest to somebody who only publishes.
    Other,
}

/// `CONNECT` (3.1). An empty name or password is none; a password cannot be without a name.
pub(super) fn connect(
    client_id: &str,
    clean_session: bool,
    keep_alive_seconds: u16,
    username: &str,
    password: &str,
) -> Option<BytesMut> {
    let mut flags = 0;
    if clean_session {
        flags |= CLEAN_SESSION;
    }
    let mut body = BytesMut::new();
    put_text(&mut body, client_id)?;
    if !username.is_empty() || !password.is_empty() {
        flags |= HAS_USERNAME;
        put_text(&mut body, username)?;
    }
    if !password.is_empty() {
        flags |= HAS_PASSWORD;
        put_text(&mut body, password)?;
    }
    let mut head = BytesMut::new();
    put_text(&mut head, "MQTT")?;
    head.put_u8(PROTOCOL_LEVEL);
    head.put_u8(flags);
    head.put_u16(keep_alive_seconds);
    let mut packet = BytesMut::new();
    put_header(&mut packet, 0x10, head.len() + body.len())?;
    packet.extend(head);
    packet.extend(body);
    Some(packet)
}

/// `PUBLISH` (3.3) at a level of 0, 1 or 2; none if it is too long. At level 0 the id is not sent.
pub(super) fn publish(topic: &str, payload: &[u8], level: u8, id: u16) -> Option<BytesMut> {
    let mut packet = BytesMut::new();
    let id_bytes = if level == 0 { 0 } else { 2 };
    let remaining = 2 + topic.len() + id_bytes + payload.len();
    put_header(&mut packet, 0x30 | level << 1, remaining)?;
    packet.reserve(remaining);
    put_text(&mut packet, topic)?;
    if level != 0 {
        packet.put_u16(id);
    }
    packet.put_slice(payload);
    Some(packet)
}

/// Whether a message at any level can be said in one packet.
pub(super) fn fits(topic: &str, payload: &[u8]) -> bool {
    u16::try_from(topic.len()).is_ok() && 4 + topic.len() + payload.len() <= MAX_REMAINING
}

/// `PUBREL` (3.6): the id of a received message can be forgotten.
pub(super) fn release(id: u16) -> [u8; 4] {
    let [high, low] = id.to_be_bytes();
    [0x62, 2, high, low]
}

fn put_header(packet: &mut BytesMut, kind: u8, mut remaining: usize) -> Option<()> {
    if remaining > MAX_REMAINING {
        return None;
    }
    packet.put_u8(kind);
    // Seven bits in each byte, the lowest first; the eighth says that more come (2.2.3).
    loop {
        let bits = (remaining % 128) as u8;
        remaining /= 128;
        packet.put_u8(if remaining == 0 { bits } else { bits | 0x80 });
        if remaining == 0 {
            return Some(());
        }
    }
}

/// None if the text is longer than a field can be.
fn put_text(packet: &mut BytesMut, text: &str) -> Option<()> {
    packet.put_u16(text.len().try_into().ok()?);
    packet.put_slice(text.as_bytes());
    Some(())
}

/// Takes the first packet from what has arrived, if it is complete.
///
/// # Errors
///
/// If it is none, or a long one.
pub(super) fn read(arrived: &mut BytesMut) -> io::Result<Option<Packet>> {
    let Some((header, remaining)) = header(arrived)? else {
        return Ok(None);
    };
    if remaining > MAX_INCOMING {
        return Err(malformed("a packet of the broker is too long"));
    }
    if arrived.len() < header + remaining {
        return Ok(None);
    }
    let kind = arrived[0] >> 4;
    arrived.advance(header);
    let body = arrived.split_to(remaining);
    let id = || match *body {
        [high, low] => Ok(u16::from_be_bytes([high, low])),
        _ => Err(malformed("an acknowledgement has no id")),
    };
    Ok(Some(match kind {
        2 => match *body {
            [flags, code] => Packet::ConnectAck {
                is_known: flags & SESSION_PRESENT != 0,
                code,
            },
            _ => return Err(malformed("the answer to CONNECT has no code")),
        },
        4 => Packet::PublishAck(id()?),
        5 => Packet::PublishReceived(id()?),
        7 => Packet::PublishComplete(id()?),
        13 => Packet::PingResponse,
        _ => Packet::Other,
    }))
}

/// How long the fixed header is, and how much follows it, as far as that has arrived.
fn header(arrived: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let mut remaining = 0;
    for (index, byte) in arrived.iter().skip(1).enumerate() {
        if index == 4 {
            return Err(malformed("a length of the broker has more than four bytes"));
        }
        remaining |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((index + 2, remaining)));
        }
    }
    Ok(None)
}

fn malformed(sentence: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_as_the_standard_says() {
        assert_eq!(
            &connect("c", true, 60, "u", "p").unwrap()[..],
            b"\x10\x13\0\x04MQTT\x04\xC2\0\x3C\0\x01c\0\x01u\0\x01p"
        );
        assert_eq!(
            &connect("", false, 0, "", "").unwrap()[..],
            b"\x10\x0C\0\x04MQTT\x04\0\0\0\0\0"
        );
        // A password without a name has an empty one.
        assert_eq!(connect("", true, 0, "", "p").unwrap()[9], 0xC2);
        assert_eq!(
            &publish("a/b", b"xy", 0, 7).unwrap()[..],
            b"\x30\x07\0\x03a/bxy"
        );
        assert_eq!(
            &publish("a/b", b"xy", 2, 258).unwrap()[..],
            b"\x34\x09\0\x03a/b\x01\x02xy"
        );
        assert_eq!(release(258), *b"\x62\x02\x01\x02");
    }

    #[test]
    fn lengths_have_as_many_bytes_as_they_need() {
        for (length, expected) in [
            (0, &b"\x30\x00"[..]),
            (127, b"\x30\x7F"),
            (128, b"\x30\x80\x01"),
            (16_384, b"\x30\x80\x80\x01"),
            (MAX_REMAINING, b"\x30\xFF\xFF\xFF\x7F"),
        ] {
            let mut packet = BytesMut::new();
            put_header(&mut packet, 0x30, length).unwrap();
            assert_eq!(&packet[..], expected);
            assert_eq!(header(&packet).unwrap(), Some((expected.len(), length)));
        }
        assert!(put_header(&mut BytesMut::new(), 0x30, MAX_REMAINING + 1).is_none());
        assert!(publish(&"t".repeat(1 << 16), b"", 0, 0).is_none());
        assert!(!fits(&"t".repeat(1 << 16), b""));
        assert!(fits(&"t".repeat((1 << 16) - 1), b""));
    }

    #[test]
    fn packets_are_read_however_the_bytes_are_cut() {
        let bytes = b"\x20\x02\x01\x05\x40\x02\0\x01\x50\x02\0\x02\x70\x02\x01\0\xD0\0\x31\x03abc";
        for size in 1..=bytes.len() {
            let (mut arrived, mut packets) = (BytesMut::new(), Vec::new());
            for chunk in bytes.chunks(size) {
                arrived.extend_from_slice(chunk);
                while let Some(packet) = read(&mut arrived).unwrap() {
                    packets.push(packet);
                }
            }
            let expected = [
                Packet::ConnectAck {
                    is_known: true,
                    code: 5,
                },
                Packet::PublishAck(1),
                Packet::PublishReceived(2),
                Packet::PublishComplete(256),
                Packet::PingResponse,
                Packet::Other,
            ];
            assert_eq!(packets, expected, "{size}");
        }
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for bytes in [
            &b"\x20\x01\0"[..],
            b"\x40\x03\0\x01\0",
            b"\x30\xFF\xFF\xFF\xFF\x01",
            b"\x30\xFF\xFF\xFF\x7F",
        ] {
            assert!(read(&mut BytesMut::from(bytes)).is_err(), "{bytes:?}");
        }
    }
}
