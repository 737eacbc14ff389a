//! The application's documentation, for people and for programs.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `GET /openapi.json` | anyone | 200 with the OpenAPI 3.1 document of all functions that `spin.toml` names |
//! | `GET /docs` | anyone | 200 with a page that lists the operations and, with JavaScript, tries them |
//! | `GET /docs/{file}` | anyone | 200 with what the page is made of |
//! | `GET /problems` | anyone | 200 with a page that lists the kinds of problems |
//! | `GET /problems/{kind}` | anyone | 200 with a page that says what happened and what to do |
//!
//! The routes are [`shared::docs`]'s. What they answer is made when the component is built, and held in it.

use shared::docs::Site;
use shared::openapi::Operations;

static SITE: Site = include!(concat!(env!("OUT_DIR"), "/site.rs"));

fn operations() -> Operations {
    shared::docs::operations(&SITE)
}

shared::function!(operations);
