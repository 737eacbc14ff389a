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
//! All of it is made when the component is built (`build/`) and held in it; compressed once, too. Nothing
//! comes from elsewhere: the pages' Content-Security-Policy allows nothing but this origin, and no script
//! in a page itself.
//!
//! Errors: 404 for a file or a kind that is not there; 406 for whoever refuses gzip, of the files that are
//! held in no other form; 500 for the document where a function's part is missing or old, as the page
//! then says.

mod files;
mod model;
mod problems;
mod routes;

use shared::openapi::Operations;

fn operations() -> Operations {
    shared::operations![
        routes::openapi,
        routes::page,
        routes::file,
        routes::problems,
        routes::problem
    ]
}

shared::function!(operations);
