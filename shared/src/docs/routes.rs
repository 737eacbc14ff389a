//! The handlers.

use axum::Extension;
use http::HeaderMap;

use super::Site;
use super::model::{Asset, Document, Encoded, FileName, KindName, Operations, Page};
use super::problems as pages;
use crate::extract::Path;
use crate::openapi::NotAcceptable;
use crate::problem::{Problem, ProblemKind};

/// Describe every operation, for programs
///
/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "GetOpenApi",
    tag = "Documentation",
    responses((status = OK, description = "An OpenAPI 3.1 document."))
)]
pub(crate) async fn openapi(
    Extension(site): Extension<&'static Site>,
    headers: HeaderMap,
) -> Result<Encoded<Document>, Problem> {
    if !site.faults.is_empty() {
        return Err(Problem::internal(site.faults)
            .with_detail("The documentation is not whole. The page at docs says what it lacks."));
    }
    Encoded::new(site.document, &headers)
}

/// Describe every operation, for people
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "GetDocs",
    tag = "Documentation",
    responses((status = OK, description = "A page that lists the operations and tries them."))
)]
pub(crate) async fn page(
    Extension(site): Extension<&'static Site>,
    headers: HeaderMap,
) -> Result<Encoded<Operations>, Problem> {
    Encoded::new(site.page, &headers)
}

/// Load what the page of operations is made of
#[utoipa::path(
    get,
    path = "/docs/{file}",
    operation_id = "GetDocsFile",
    tag = "Documentation",
    params(FileName),
    responses((status = OK, description = "A script or a style sheet."), NotAcceptable)
)]
pub(crate) async fn file(
    Extension(site): Extension<&'static Site>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Encoded<Asset>, Problem> {
    let file = site
        .assets
        .iter()
        .find(|file| file.name == name)
        .ok_or_else(|| Problem::not_found("There is no such file."))?;
    Encoded::new(*file, &headers)
}

/// List the kinds of problems
#[utoipa::path(
    get,
    path = "/problems",
    operation_id = "GetProblems",
    tag = "Documentation",
    responses((status = OK, description = "A page."))
)]
pub(crate) async fn problems() -> Page {
    Page(pages::index())
}

/// Explain a kind of problem
///
/// What happened, and what to do. Each problem's `type` leads here.
#[utoipa::path(
    get,
    path = "/problems/{kind}",
    operation_id = "GetProblem",
    tag = "Documentation",
    params(KindName),
    responses((status = OK, description = "A page."))
)]
pub(crate) async fn problem(Path(slug): Path<String>) -> Result<Page, Problem> {
    let kind = ProblemKind::all()
        .find(|kind| kind.slug() == slug)
        .ok_or_else(|| Problem::not_found("There is no such kind of problem."))?;
    Ok(Page(pages::of(kind)))
}
