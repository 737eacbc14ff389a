use std::path::Path;

use super::*;
use crate::Manifest;

fn manifest() -> Manifest {
    let text = r#"
spin_manifest_version = 2
application = { name = "test" }

[variables]
host = { default = "localhost" }
signing_key = { required = true, secret = true }
database_url = { required = true, secret = true }

[[trigger.http]]
route = "/"
component = "a"

[component.a]
source = "a.wasm"
[component.a.variables]
url = "http://{{ host }}/"
key = "{{ signing_key }}"
fixed = "as is"

[component.b]
source = "b.wasm"
"#;
    Manifest::parse(text, Path::new("spin.toml")).unwrap()
}

fn resolver(providers: &[VariableProvider]) -> Resolver {
    Resolver::new(&manifest(), providers).unwrap()
}

#[test]
fn the_first_provider_wins_then_the_default() {
    let first = VariableProvider::fixed([("host", "first")]);
    let second = VariableProvider::fixed([("host", "second"), ("signing_key", "k")]);
    let resolver = resolver(&[first, second]);
    assert_eq!(resolver.get("a", "url").unwrap(), "http://first/");
    assert_eq!(resolver.get("a", "key").unwrap(), "k");
    assert_eq!(
        self::resolver(&[]).get("a", "url").unwrap(),
        "http://localhost/"
    );
}

#[test]
fn an_empty_value_is_a_value() {
    let resolver = resolver(&[VariableProvider::fixed([("host", "")])]);
    assert_eq!(resolver.get("a", "url").unwrap(), "http:///");
}

#[test]
fn a_component_sees_its_own_variables_only() {
    let resolver = resolver(&[]);
    assert_eq!(
        resolver.get("a", "Bad"),
        Err(VariableError::InvalidName("Bad".into()))
    );
    for (component, name) in [("a", "host"), ("b", "url"), ("c", "url")] {
        let error = resolver.get(component, name).unwrap_err();
        assert!(matches!(error, VariableError::Undefined(_)), "{error:?}");
    }
    assert_eq!(resolver.get_all("b").unwrap(), []);
    assert_eq!(resolver.get_all("c").unwrap(), []);
}

#[test]
fn all_variables_of_a_component() {
    let resolver = resolver(&[VariableProvider::fixed([("signing_key", "k")])]);
    let all = resolver.get_all("a").unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        all,
        [
            pair("fixed", "as is"),
            pair("key", "k"),
            pair("url", "http://localhost/")
        ]
    );
}

#[test]
fn an_unset_variable_fails_what_depends_on_it_and_no_more() {
    let resolver = resolver(&[]);
    let error = resolver.get("a", "key").unwrap_err();
    assert!(matches!(&error, VariableError::Provider(_)), "{error:?}");
    assert_eq!(resolver.get("a", "fixed").unwrap(), "as is");
    assert!(resolver.get_all("a").is_err());
}

#[test]
fn every_unset_variable_is_named_in_one_sentence() {
    assert_eq!(
        resolver(&[]).check_required().unwrap_err().to_string(),
        "spin.toml:8: the required variables 'database_url', 'signing_key' have no value; \
             set them with --variable database_url=… --variable signing_key=…, or in the \
             environment or .env as SPIN_VARIABLE_DATABASE_URL SPIN_VARIABLE_SIGNING_KEY"
    );
    let one = resolver(&[VariableProvider::fixed([("signing_key", "k")])]);
    assert_eq!(
        one.check_required().unwrap_err().to_string(),
        "spin.toml:8: the required variable 'database_url' has no value; set it with \
             --variable database_url=…, or in the environment or .env as \
             SPIN_VARIABLE_DATABASE_URL"
    );
    let all = [("signing_key", "k"), ("database_url", "")];
    assert_eq!(
        resolver(&[VariableProvider::fixed(all)]).check_required(),
        Ok(())
    );
}

#[test]
fn templates_are_expanded_with_application_variables() {
    let resolver = resolver(&[]);
    assert_eq!(
        resolver.expand("http://{{ host }}:1").unwrap(),
        "http://localhost:1"
    );
    for template in ["{{ url }}", "{{", "{{}}"] {
        let error = resolver.expand(template).unwrap_err();
        assert!(
            matches!(error, VariableError::InvalidTemplate(_)),
            "{error:?}"
        );
    }
    assert!(matches!(
        resolver.expand("{{ signing_key }}"),
        Err(VariableError::Provider(_))
    ));
}

#[test]
fn slips_of_the_pen_are_found() {
    let resolver = resolver(&[VariableProvider::fixed([("hots", "x"), ("host", "y")])]);
    assert_eq!(resolver.undeclared(), ["hots"]);
}

#[test]
fn debug_shows_no_value() {
    let resolver = resolver(&[VariableProvider::fixed([("signing_key", "hunter2")])]);
    let shown = format!("{resolver:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("localhost"),
        "{shown}"
    );
}
