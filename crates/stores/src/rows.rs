//! The rows of a result, whichever database they come from.

use futures::TryStreamExt as _;
use futures::stream::BoxStream;

/// Reads all rows.
///
/// # Errors
///
/// The error of the statement, or what `too_large` makes of a sentence when the rows take more than
/// `max_bytes` of memory, by what `memory_bytes` says of a value.
pub(super) async fn collect<V, E>(
    mut rows: BoxStream<'static, Result<Vec<V>, E>>,
    max_bytes: usize,
    memory_bytes: fn(&V) -> usize,
    too_large: fn(String) -> E,
) -> Result<Vec<Vec<V>>, E> {
    let mut bytes = 0;
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await? {
        bytes += row.iter().map(memory_bytes).sum::<usize>();
        if bytes > max_bytes {
            return Err(too_large(format!(
                "query result exceeds limit of {max_bytes} bytes"
            )));
        }
        all.push(row);
    }
    Ok(all)
}
