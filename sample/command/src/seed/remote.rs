//! Requests to the seed component.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::uri::Scheme;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use jenny_host::{App, Origin};
use serde_json::{Value, json};

use super::output::Output;

/// What became of a batch.
pub(super) enum Answer {
    /// It is in the database.
    Done,
    /// The database holds another number of articles than the batch was to follow.
    Elsewhere(u64),
}

/// The articles of one seed.
pub(super) struct Seed<'a> {
    app: &'a App,
    output: &'a Output,
    seed: u32,
}

impl<'a> Seed<'a> {
    pub(super) fn new(app: &'a App, output: &'a Output, seed: u32) -> Self {
        Self { app, output, seed }
    }

    /// How many are there. The first call also brings the database's schema up to date.
    pub(super) async fn there(&self) -> Result<u64> {
        let path = format!("/articles?seed={}", self.seed);
        let (status, body) = self.request(Method::GET, &path, None).await?;
        match body["articles"].as_u64() {
            Some(articles) if status.is_success() => Ok(articles),
            _ => bail!(self.failure(status, &body)),
        }
    }

    /// Writes `count` more, in one transaction, if there are `first`.
    pub(super) async fn batch(&self, first: u64, count: u64) -> Result<Answer> {
        let body = json!({ "seed": self.seed, "first": first, "count": count });
        let (status, body) = self.request(Method::POST, "/articles", Some(body)).await?;
        match (status, body["articles"].as_u64()) {
            (StatusCode::OK, _) => Ok(Answer::Done),
            (StatusCode::CONFLICT, Some(articles)) => Ok(Answer::Elsewhere(articles)),
            _ => bail!(self.failure(status, &body)),
        }
    }

    /// Lets the database get ready to be read.
    pub(super) async fn finish(&self) -> Result<()> {
        let (status, body) = self.request(Method::POST, "/statistics", None).await?;
        if status.is_success() {
            return Ok(());
        }
        bail!(self.failure(status, &body))
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Value)> {
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "seed")
            .header(header::CONTENT_TYPE, "application/json")
            .body(
                Full::new(body)
                    .map_err(|never| match never {})
                    .boxed_unsync(),
            )
            .context("the request is wrong")?;
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let origin = Origin {
            scheme: Scheme::HTTP,
            peer: local,
            local,
        };
        let (head, body) = self.app.handle(request, origin).await.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => bail!("the seed component broke off: {error:?}"),
        };
        Ok((
            head.status,
            serde_json::from_slice(&body).unwrap_or_default(),
        ))
    }

    /// The seed component says itself what the database said. What went wrong around it is in its
    /// log, or else in the problem that it answered.
    fn failure(&self, status: StatusCode, body: &Value) -> String {
        let cause = match body["error"].as_str() {
            Some(error) => Some(error.to_owned()),
            None => self.output.take_error(),
        };
        let cause = cause
            .or_else(|| body["detail"].as_str().map(str::to_owned))
            .unwrap_or_else(|| format!("the seed component answered {status}"));
        format!("cannot write articles: {cause}")
    }
}
