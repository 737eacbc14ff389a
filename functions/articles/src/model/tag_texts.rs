//! The tags of requests.

use conduit::{MAX_TAGS, TagList, TagName};
use serde::Deserialize;
use shared::identity::rule;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

/// The tags of an article as they are written.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct TagTexts(Vec<String>);

impl TagTexts {
    /// The domain's type, once the extractor has validated the request.
    pub(super) fn into_list(self) -> TagList {
        let tags = self.0.iter();
        tags.map(|text| TagName::parse(text).expect("the extractor applied this rule"))
            .collect()
    }
}

impl Validate for TagTexts {
    /// One violation for each tag that is none, or one for too many of them.
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        if self.0.len() > MAX_TAGS {
            let message = format!("must have at most {MAX_TAGS} items");
            let error = ValidationError::new("length").with_message(message.into());
            errors.add("__all__", error);
            return Err(errors);
        }
        for (index, text) in self.0.iter().enumerate() {
            if let Err(error) = rule::parses(TagName::parse(text)) {
                let kind = ValidationErrorsKind::Field(vec![error]);
                errors.errors_mut().insert(index.to_string().into(), kind);
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }
}
