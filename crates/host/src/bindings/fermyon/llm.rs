//! `fermyon:spin/llm@2.0.0`. This host runs no language model, as a Spin that was built without one:
//! the interface is here because components of some languages import all of Spin's, used or not.

use super::super::SpinCtxView;
use super::super::generated::fermyon::spin::llm::{
    EmbeddingsResult, Error, Host, InferencingParams, InferencingResult,
};
use jenny_stores::GrantKind;

impl SpinCtxView<'_> {
    /// What keeps the component from using `model`.
    fn no_model(&self, model: &str) -> Error {
        if self.ctx.grants.check(GrantKind::AiModel, model) {
            Error::RuntimeError("this host runs no language models".to_owned())
        } else {
            // Spin's variant for it: the interface has none of its own.
            Error::InvalidInput(format!(
                "the component may not use the language model {model:?}: it is not among the \
                 ai_models of its manifest entry"
            ))
        }
    }
}

impl Host for SpinCtxView<'_> {
    async fn infer(
        &mut self,
        model: String,
        _prompt: String,
        _params: Option<InferencingParams>,
    ) -> wasmtime::Result<Result<InferencingResult, Error>> {
        Ok(Err(self.no_model(&model)))
    }

    async fn generate_embeddings(
        &mut self,
        model: String,
        _text: Vec<String>,
    ) -> wasmtime::Result<Result<EmbeddingsResult, Error>> {
        Ok(Err(self.no_model(&model)))
    }
}
