//! The response, in the shape of the RealWorld contract.

use serde::Serialize;

/// The body of the answer.
#[derive(Serialize)]
pub(crate) struct TagsResponse {
    pub(crate) tags: Vec<String>,
}
