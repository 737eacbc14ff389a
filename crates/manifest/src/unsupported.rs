//! What Spin does and this host does not.

use std::collections::BTreeSet;

use super::{Manifest, ManifestError};

/// Something in a manifest that Spin does and this host does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// What it is.
    pub feature: Feature,
    /// Where it stands, and the sentence in which this host refuses it.
    pub refusal: ManifestError,
}

/// What Spin does and this host does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `[[trigger.<kind>]]`.
    Triggers {
        /// The kind, such as `redis`.
        kind: String,
        /// The ids of the components that they start.
        components: BTreeSet<String>,
    },
    /// A component that is downloaded from a URL.
    Download,
    /// Language models, without which the application starts nevertheless.
    LanguageModels,
    /// What changes how a component is composed or called.
    Composition,
}

impl Manifest {
    /// The manifest, if this host can run it.
    pub(super) fn supported(mut self) -> Result<Self, ManifestError> {
        for unsupported in std::mem::take(&mut self.unsupported) {
            match unsupported.feature {
                // Loading refuses it, so that tests can put a file of their own in its place.
                Feature::Download => {}
                Feature::LanguageModels => self.warnings.push(unsupported.refusal.to_string()),
                Feature::Triggers { .. } | Feature::Composition => return Err(unsupported.refusal),
            }
        }
        Ok(self)
    }
}
