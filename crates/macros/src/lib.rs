//! Derives that `shared` re-exports, where they are documented.

mod from_row;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// See `shared::db::FromRow`.
#[proc_macro_derive(FromRow, attributes(row))]
pub fn from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    from_row::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
