//! The filters that Spin adds to Liquid's own.

use std::fmt;

use heck::{ToKebabCase as _, ToSnakeCase as _, ToUpperCamelCase as _};
use liquid_core::parser::{FilterArguments, ParameterReflection};
use liquid_core::{
    Error, Filter, FilterReflection, ParseFilter, Result, Runtime, Value, ValueView,
};

/// A filter that makes one text of another.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextFilter {
    name: &'static str,
    description: &'static str,
    convert: fn(&str) -> String,
}

/// All of them.
pub(super) const ALL: [TextFilter; 5] = [
    TextFilter {
        name: "kebab_case",
        description: "Changes text to kebab-case.",
        convert: |text| text.to_kebab_case(),
    },
    TextFilter {
        name: "snake_case",
        description: "Changes text to snake_case.",
        convert: |text| text.to_snake_case(),
    },
    TextFilter {
        name: "pascal_case",
        description: "Changes text to PascalCase.",
        convert: |text| text.to_upper_camel_case(),
    },
    TextFilter {
        name: "dotted_pascal_case",
        description: "Changes text to Dotted.Pascal.Case.",
        convert: dotted_pascal_case,
    },
    TextFilter {
        name: "http_wildcard",
        description: "Adds the wildcard of Spin's routes (/...) where there is none.",
        convert: http_wildcard,
    },
];

fn dotted_pascal_case(text: &str) -> String {
    let parts = text.split('.').map(|part| part.to_upper_camel_case());
    parts.collect::<Vec<_>>().join(".")
}

fn http_wildcard(route: &str) -> String {
    if route.ends_with("/...") {
        return route.to_owned();
    }
    format!("{}/...", route.strip_suffix('/').unwrap_or(route))
}

impl fmt::Display for TextFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Filter for TextFilter {
    fn evaluate(&self, input: &dyn ValueView, _runtime: &dyn Runtime) -> Result<Value> {
        let text = input
            .as_scalar()
            .ok_or_else(|| Error::with_msg(format!("{} filters text", self.name)))?;
        Ok(Value::scalar((self.convert)(&text.into_string())))
    }
}

impl ParseFilter for TextFilter {
    fn parse(&self, mut arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        if arguments.positional.next().is_some() || arguments.keyword.next().is_some() {
            return Err(Error::with_msg(format!("{} takes no argument", self.name)));
        }
        Ok(Box::new(*self))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl FilterReflection for TextFilter {
    fn name(&self) -> &str {
        self.name
    }

    fn description(&self) -> &str {
        self.description
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}
