//! The response, in the shape of the RealWorld contract.

use serde::Serialize;
use utoipa::ToSchema;

/// The tags in use, the most used first.
#[derive(Serialize, ToSchema)]
pub(crate) struct TagsResponse {
    pub(crate) tags: Vec<String>,
}
