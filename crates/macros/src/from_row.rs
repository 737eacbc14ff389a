//! `#[derive(FromRow)]`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DataStruct, DeriveInput, Error, Field, Fields, LitStr, Result};

/// The implementation for a struct with named fields.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(DataStruct {
        fields: Fields::Named(fields),
        ..
    }) = &input.data
    else {
        let message = "FromRow can be derived for structs with named fields; tuples implement it";
        return Err(Error::new_spanned(&input.ident, message));
    };
    let mut values = TokenStream::new();
    let mut errors: Option<Error> = None;
    for field in &fields.named {
        match value(field) {
            Ok(value) => values.extend(value),
            Err(error) => match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    let name = &input.ident;
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote_spanned! { name.span() =>
        #[automatically_derived]
        impl #parameters ::shared::db::FromRow for #name #arguments #bounds {
            fn from_row(
                row: &mut ::shared::db::Row<'_>,
            ) -> ::core::result::Result<Self, ::shared::db::DbError> {
                ::core::result::Result::Ok(Self { #values })
            }
        }
    })
}

/// What `#[row(…)]` of a field says.
#[derive(Default)]
struct Options {
    rename: Option<LitStr>,
    default: bool,
    flatten: bool,
    skip: bool,
}

impl Options {
    fn of(field: &Field) -> Result<Self> {
        let mut options = Self::default();
        for attribute in &field.attrs {
            if !attribute.path().is_ident("row") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    options.rename = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("default") {
                    options.default = true;
                } else if meta.path.is_ident("flatten") {
                    options.flatten = true;
                } else if meta.path.is_ident("skip") {
                    options.skip = true;
                } else {
                    let message = "expected `rename = \"…\"`, `default`, `flatten` or `skip`";
                    return Err(meta.error(message));
                }
                Ok(())
            })?;
        }
        let names_column = options.default || options.rename.is_some();
        if options.flatten && options.skip || (options.flatten || options.skip) && names_column {
            let message = "`flatten` and `skip` name no column: no other option goes with them";
            return Err(Error::new_spanned(&field.ident, message));
        }
        Ok(options)
    }
}

/// `field: value,`. The span is the type's, so that a type without an implementation is reported there.
fn value(field: &Field) -> Result<TokenStream> {
    let options = Options::of(field)?;
    let (name, r#type) = (&field.ident, &field.ty);
    let span = r#type.span();
    let column = options.rename.or_else(|| {
        let name = name.as_ref()?;
        Some(LitStr::new(&name.unraw().to_string(), name.span()))
    });
    Ok(if options.flatten {
        quote_spanned!(span=> #name: <#r#type as ::shared::db::FromRow>::from_row(row)?,)
    } else if options.skip {
        quote_spanned!(span=> #name: <#r#type as ::core::default::Default>::default(),)
    } else if options.default {
        quote_spanned!(span=> #name: row.take_or_default::<#r#type>(#column)?,)
    } else {
        quote_spanned!(span=> #name: row.take::<#r#type>(#column)?,)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(input: &str) -> Vec<String> {
        let input = syn::parse_str(input).expect("is an item");
        let error = expand(&input).expect_err("is refused");
        error.into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn what_cannot_be_read_by_name_is_refused() {
        for input in ["struct Id(i64);", "struct Unit;", "enum E { A { b: i64 } }"] {
            let errors = refusal(input);
            assert!(
                errors.len() == 1 && errors[0].contains("named fields"),
                "{input}: {errors:?}"
            );
        }
    }

    #[test]
    fn each_wrong_option_is_reported() {
        let errors = refusal(
            "struct Note {
                #[row(ignore)] a: i64,
                #[row(rename)] b: i64,
                #[row(flatten, default)] c: Other,
                #[row(rename = \"e\")] d: i64,
            }",
        );
        let expected = ["expected `rename", "expected `=`", "no other option"];
        assert_eq!(errors.len(), expected.len(), "{errors:?}");
        for (error, expected) in errors.iter().zip(expected) {
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_raw_identifier_names_the_column_without_its_prefix() {
        let input = syn::parse_str("struct Note { r#type: String }").expect("is an item");
        let implementation = expand(&input).expect("is derived").to_string();
        assert!(implementation.contains("\"type\""), "{implementation}");
        assert!(!implementation.contains("\"r#type\""), "{implementation}");
    }
}
