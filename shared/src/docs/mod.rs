//! The application's documentation, for people and for programs: the whole of a function `docs`, which adds
//! what `jenny_build::docs` made of the application.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `GET /openapi.json` | anyone | 200 with the OpenAPI 3.1 document of all functions that `spin.toml` names |
//! | `GET /docs` | anyone | 200 with a page that lists the operations and, with JavaScript, tries them |
//! | `GET /docs/{file}` | anyone | 200 with what the page is made of |
//! | `GET /problems` | anyone | 200 with a page that lists the kinds of problems |
//! | `GET /problems/{kind}` | anyone | 200 with a page that says what happened and what to do |
//!
//! All of it is made when the component is built and held in it; compressed once, too. Nothing comes from
//! elsewhere: the pages' Content-Security-Policy allows nothing but this origin, and no script in a page
//! itself.
//!
//! Errors: 404 for a file or a kind that is not there; 406 for whoever refuses gzip, of the files that are
//! held in no other form; 500 for the document where a function's part is missing or old, as the page
//! then says.
//!
//! ```text
//! // src/lib.rs, beside a build.rs that calls `jenny_build::docs()`
//! static SITE: shared::docs::Site = include!(concat!(env!("OUT_DIR"), "/site.rs"));
//!
//! fn operations() -> shared::openapi::Operations {
//!     shared::docs::operations(&SITE)
//! }
//!
//! shared::function!(operations);
//! ```

mod model;
mod problems;
mod routes;

use axum::Extension;

use crate::openapi::Operations;

/// What the component holds, made when it was built.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The document, or nothing where the component was built without all of it.
    pub document: File,
    /// The page that lists the operations.
    pub page: File,
    /// What that page is made of.
    pub assets: &'static [File],
    /// What stands against showing the document, a line for each fault; nothing if all is well.
    pub faults: &'static str,
}

/// A file, compressed.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its name, the last segment of its path.
    pub name: &'static str,
    /// What `Content-Type` says of it.
    pub media_type: &'static str,
    /// What its entity tags begin with, made of its content: letters and digits.
    pub tag: &'static str,
    /// What gzip made of it.
    pub gzip: &'static [u8],
    /// The file itself, where it is asked for by programs that do not know gzip.
    pub plain: Option<&'static [u8]>,
}

/// The operations that serve `site`, and the pages of the problems.
#[must_use]
pub fn operations(site: &'static Site) -> Operations {
    crate::operations![
        routes::openapi,
        routes::page,
        routes::file,
        routes::problems,
        routes::problem
    ]
    .layer(Extension(site))
}
