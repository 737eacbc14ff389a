//! Files as they are served.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Writes a file, and beside it what gzip makes of it: the same on every machine, as no time and no name
/// is kept.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    fs::write(folder.join(name), bytes)?;
    fs::write(folder.join(format!("{name}.gz")), encoder.finish()?)
}
