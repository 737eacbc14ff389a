//! How a router comes to its cache, and a handler to its `Cache`.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::extract::{FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Serialize, Serializer};
use tower::{Layer, Service};

use super::engine::{Cacheable, Engine, Found, Wanted};
use super::key::Slot;
use super::spin::Spin;
use super::status::Status;
use super::{Key, Policy};
use crate::openapi::{Answer, Describe, Description};
use crate::problem::Problem;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Gives a router a cache. An instance has one, which its requests share.
///
/// The answers say in `Cache-Status` how the lookups went, and what was everybody's may be kept by
/// everybody: the layer sets `Cache-Control` to what the [`Policy`] says to clients.
#[must_use]
pub fn layer() -> CacheLayer {
    CacheLayer::of(Arc::new(Engine::new(Arc::new(Spin::default()))))
}

/// What [`layer`] returns.
#[derive(Clone)]
pub struct CacheLayer {
    engine: Arc<Engine>,
    credentials: Vec<HeaderName>,
}

impl CacheLayer {
    pub(super) fn of(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            credentials: vec![header::AUTHORIZATION, header::COOKIE],
        }
    }

    /// Takes a request header for credentials, beside `Authorization` and `Cookie`: a request that has
    /// it neither reads nor fills what is everybody's, and answers that may be kept vary by it.
    ///
    /// ```
    /// use http::HeaderName;
    ///
    /// let layer = shared::cache::layer().credentials(HeaderName::from_static("x-api-key"));
    /// # let _: axum::Router = axum::Router::new().layer(layer);
    /// ```
    #[must_use]
    pub fn credentials(mut self, header: HeaderName) -> Self {
        self.credentials.push(header);
        self
    }
}

impl<S> Layer<S> for CacheLayer {
    type Service = CacheService<S>;

    fn layer(&self, inner: S) -> CacheService<S> {
        CacheService {
            inner,
            engine: Arc::clone(&self.engine),
            credentials: self.credentials.as_slice().into(),
        }
    }
}

/// What [`CacheLayer`] makes of a service.
#[derive(Clone)]
pub struct CacheService<S> {
    inner: S,
    engine: Arc<Engine>,
    credentials: Arc<[HeaderName]>,
}

impl<S> Service<Request> for CacheService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let cache = Cache {
            engine: Arc::clone(&self.engine),
            // Of whatever scheme: what it proves is not asked here.
            authenticated: self
                .credentials
                .iter()
                .any(|name| request.headers().contains_key(name)),
            record: Arc::default(),
        };
        let record = Arc::clone(&cache.record);
        let is_read = request.method() == Method::GET;
        request.extensions_mut().insert(cache);
        let credentials = Arc::clone(&self.credentials);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            let record = lock(&record);
            record.declare(&mut response, is_read, &credentials);
            Ok(response)
        })
    }
}

/// The lookups of one request.
#[derive(Default)]
struct Record {
    statuses: Vec<Status>,
    /// Whether one of them was for this caller alone.
    private: bool,
    cache_control: Option<HeaderValue>,
}

impl Record {
    fn declare(&self, response: &mut Response, is_read: bool, credentials: &[HeaderName]) {
        if self.statuses.is_empty() {
            return;
        }
        let statuses: Vec<_> = self.statuses.iter().map(ToString::to_string).collect();
        let statuses = HeaderValue::try_from(statuses.join(", ")).expect("words and numbers");
        let is_kept = is_read && response.status() == StatusCode::OK;
        let is_public = is_kept && !self.private;
        let headers = response.headers_mut();
        headers.insert(CACHE_STATUS, statuses);
        if is_kept {
            // A cache on the way must not give to one who has a cookie what one without was answered.
            let names = credentials.iter().map(HeaderName::as_str);
            let names: Vec<_> = names.filter(|name| *name != "authorization").collect();
            let names = HeaderValue::try_from(names.join(", ")).expect("names of headers");
            headers.append(header::VARY, names);
        }
        if let (true, Some(cache_control)) = (is_public, &self.cache_control) {
            headers
                .entry(header::CACHE_CONTROL)
                .or_insert_with(|| cache_control.clone());
        }
    }
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The cache, for one request. An extractor: `async fn list(cache: Cache, …)`.
#[derive(Clone)]
pub struct Cache {
    engine: Arc<Engine>,
    authenticated: bool,
    record: Arc<Mutex<Record>>,
}

impl Cache {
    /// The value of a key, or what `load` returns. An error is returned and not kept.
    ///
    /// Where [`find_or_load`](Self::find_or_load) has kept under the same key that there is nothing, `load`
    /// runs, and what it returns takes that place.
    ///
    /// `load` owns what it needs (`async move || …`), as it may run after the answer, to replace
    /// what was stale. With a [public](Key::public) key and a request that carries credentials it
    /// always runs, and nothing is kept.
    ///
    /// # Errors
    ///
    /// What `load` returns; the cache itself has none.
    pub async fn get_or_load<T, E, L, F>(
        &self,
        key: Key,
        policy: &Policy,
        load: L,
    ) -> Result<Cached<T>, E>
    where
        T: Cacheable,
        E: Display + Send + 'static,
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let load = async move || load().await.map(Some);
        let value = self.look_up(key, policy, Wanted::Something, load).await?;
        Ok(value.expect("what is wanted is something, and a load of it never returns nothing"))
    }

    /// As [`get_or_load`](Self::get_or_load), for what may not be there: `None` is kept for as long
    /// as the policy's [negative](Policy::negative_seconds) seconds.
    ///
    /// # Errors
    ///
    /// What `load` returns.
    pub async fn find_or_load<T, E, L, F>(
        &self,
        key: Key,
        policy: &Policy,
        load: L,
    ) -> Result<Option<Cached<T>>, E>
    where
        T: Cacheable,
        E: Display + Send + 'static,
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        self.look_up(key, policy, Wanted::Whatever, load).await
    }

    async fn look_up<T, E, L, F>(
        &self,
        key: Key,
        policy: &Policy,
        wanted: Wanted,
        load: L,
    ) -> Result<Option<Cached<T>>, E>
    where
        T: Cacheable,
        E: Display + Send + 'static,
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        let bypassed = self.authenticated && key.is_public();
        let (value, status): Found<T> = if bypassed {
            (load().await?.map(Arc::new), Status::Bypassed)
        } else {
            self.engine.fetch(&key, policy, wanted, load).await?
        };
        let mut record = lock(&self.record);
        record.statuses.push(status);
        record.private |= bypassed || !key.is_public();
        record.cache_control = Some(policy.cache_control());
        Ok(value.map(Cached))
    }

    /// Makes what a key names invalid, if it is [tagged by itself](Key::tagged_by_itself). Call it
    /// after the write is committed and before it is answered.
    pub async fn invalidate(&self, key: &Key) {
        self.engine.invalidate(&[key.slot()]).await;
    }

    /// Makes everything with one of these tags invalid. Call it after the write is committed and
    /// before it is answered.
    ///
    /// A store that fails fails no request: this instance never serves again what it loaded before,
    /// and others do until it expires.
    pub async fn invalidate_tags(&self, tags: &[&str]) {
        let mut slots: Vec<_> = tags.iter().map(|tag| Slot::of(tag)).collect();
        slots.sort_unstable();
        slots.dedup();
        self.engine.invalidate(&slots).await;
    }
}

impl<S: Sync> FromRequestParts<S> for Cache {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            Problem::internal("the router has no cache: give it `.layer(shared::cache::layer())`")
        })
    }
}

impl Describe for Cache {
    fn describe(description: &mut Description) {
        description.cached();
    }
}

/// What it means shows where a handler takes a [`Cache`].
impl Describe for CacheLayer {
    fn describe(_: &mut Description) {}
}

impl<T: Answer> Answer for Cached<T> {
    fn describe(description: &mut Description) {
        T::describe(description);
    }
}

/// A value that others may be looking at too. Serialises as the value does.
#[derive(Debug)]
pub struct Cached<T>(Arc<T>);

impl<T> Clone for Cached<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Cached<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: IntoResponse + Clone> IntoResponse for Cached<T> {
    fn into_response(self) -> Response {
        T::clone(&self).into_response()
    }
}

impl<T: Serialize> Serialize for Cached<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
