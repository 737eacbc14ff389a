use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Order {
    customer: Customer,
    #[serde(default)]
    line_items: Vec<Item>,
    state: Option<State>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Customer {
    name: String,
    age: u8,
    id: uuid::Uuid,
    nick: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Item {
    price: f64,
    gift: bool,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    Open,
    Paid,
}

fn faults(document: Value) -> Vec<(String, String)> {
    decode::<Order>(&document, UnknownFields::Refused)
        .violations
        .into_iter()
        .map(|violation| (violation.pointer, violation.detail))
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[test]
fn every_wrong_type_is_found_at_once() {
    let found = faults(json!({
        "customer": {"name": 5, "age": 256, "nick": [], "id": "67e55044-10b1-426f-9247-bb680e5fe0c8"},
        "lineItems": [{"price": "1", "gift": 0}, 7],
        "state": "lost",
    }));
    assert_eq!(
        found.into_iter().collect::<BTreeSet<_>>(),
        pairs(&[
            ("/customer/name", "must be a string"),
            ("/customer/age", "must be a whole number from 0 to 255"),
            ("/customer/nick", "must be a string"),
            ("/lineItems/0/price", "must be a number"),
            ("/lineItems/0/gift", "must be true or false"),
            ("/lineItems/1", "must be an object"),
            ("/state", "must be `open` or `paid`"),
        ])
        .into_iter()
        .collect()
    );
}

#[test]
fn missing_fields_are_found_and_nothing_under_them() {
    assert_eq!(faults(json!({})), pairs(&[("/customer", "is required")]));
    assert_eq!(
        faults(json!({"customer": {}})),
        pairs(&[
            ("/customer/name", "is required"),
            ("/customer/age", "is required"),
            ("/customer/id", "is required"),
        ])
    );
}

#[test]
fn what_is_blank_is_told_from_what_is_wrong() {
    let document = json!({
        "customer": {"name": null, "age": null, "id": 7},
        "lineItems": null,
    });
    let found = decode::<Order>(&document, UnknownFields::Refused).violations;
    let blank = found.iter().filter(|violation| violation.is_blank());
    let blank: Vec<_> = blank.map(|violation| violation.pointer.as_str()).collect();
    // `null` is no number and no list, and says no less than another value of a wrong type.
    assert_eq!(blank, ["/customer/name"]);
    let missing = decode::<Order>(&json!({}), UnknownFields::Refused).violations;
    assert!(missing.iter().all(Violation::is_blank));
}

#[test]
fn a_text_of_its_own_form_does_not_hide_what_comes_after() {
    let found = faults(json!({"customer": {"name": 1, "age": -1, "id": "x"}}));
    let pointers: Vec<_> = found.iter().map(|fault| fault.0.as_str()).collect();
    assert_eq!(
        pointers,
        ["/customer/age", "/customer/id", "/customer/name"]
    );
    assert!(
        found[1].1.starts_with("is invalid: UUID parsing failed"),
        "{}",
        found[1].1
    );
}

#[test]
fn a_type_without_a_stand_in_ends_the_search_with_what_was_found() {
    let decoded = decode::<std::net::IpAddr>(&json!("x"), UnknownFields::Ignored);
    assert_eq!(decoded.violations.len(), 1);
    assert!(decoded.value.is_none());
}

#[test]
fn the_whole_document_may_be_of_the_wrong_type() {
    assert_eq!(faults(json!("x")), pairs(&[("", "must be an object")]));
    assert_eq!(faults(json!(null)), pairs(&[("", "must be an object")]));
}

#[test]
fn unknown_members_are_all_named() {
    let document = json!({
        "customer": {"name": "n", "age": 1, "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "x/y": 1},
        "lineItems": [{"price": 1, "gift": true, "z": 1}],
        "admin": true,
    });
    let decoded = decode::<Order>(&document, UnknownFields::Refused);
    assert!(decoded.value.is_some());
    assert_eq!(
        decoded.unknown.into_iter().collect::<Vec<_>>(),
        ["/admin", "/customer/x~1y", "/lineItems/0/z"]
    );
    let decoded = decode::<Order>(&document, UnknownFields::Ignored);
    assert!(decoded.value.is_some() && decoded.unknown.is_empty());
}

#[test]
fn an_array_is_no_object() {
    let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    assert_eq!(
        faults(json!([{"name": "n", "age": 1, "id": id}, [], null])),
        pairs(&[("", "must be an object")])
    );
    assert_eq!(
        faults(json!({"customer": ["n", 1, id, null], "lineItems": [[1, true]]})),
        pairs(&[
            ("/customer", "must be an object"),
            ("/lineItems/0", "must be an object"),
        ])
    );
}

#[test]
fn what_the_client_sent_is_not_taken_for_what_was_expected() {
    assert_eq!(
        faults(json!({"customer": "x, expected u8"})),
        pairs(&[("/customer", "must be an object")])
    );
    let found = faults(
        json!({"customer": {"name": "n", "age": "1, expected a string",
        "id": "67e55044-10b1-426f-9247-bb680e5fe0c8"}, "state": "x, expected u8"}),
    );
    assert_eq!(
        found.into_iter().collect::<BTreeSet<_>>(),
        pairs(&[
            ("/customer/age", "must be a whole number from 0 to 255"),
            ("/state", "must be `open` or `paid`"),
        ])
        .into_iter()
        .collect()
    );
}

#[test]
fn no_message_names_a_type_of_ours() {
    #[derive(Debug, Deserialize)]
    struct SecretPair(
        #[allow(dead_code, reason = "only its shape matters")] u8,
        #[allow(dead_code, reason = "only its shape matters")] u8,
    );

    #[derive(Debug, Deserialize)]
    struct SecretUnit;

    #[derive(Debug, Deserialize)]
    enum SecretEnum {
        Pair(
            #[allow(dead_code, reason = "only its shape matters")] u8,
            #[allow(dead_code, reason = "only its shape matters")] u8,
        ),
        Named {
            #[allow(dead_code, reason = "only its shape matters")]
            name: String,
        },
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind")]
    enum SecretTagged {
        A {
            #[allow(dead_code, reason = "only its shape matters")]
            name: String,
        },
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum SecretUntagged {
        #[allow(dead_code, reason = "only its shape matters")]
        Flag(bool),
    }

    fn details<T: DeserializeOwned>(document: &Value) -> Vec<String> {
        let violations = decode::<T>(document, UnknownFields::Refused).violations;
        assert!(!violations.is_empty(), "{document}");
        violations
            .into_iter()
            .map(|violation| violation.detail)
            .collect()
    }

    for document in [
        json!("x"),
        json!(1),
        json!([1]),
        json!({"Pair": [1]}),
        json!({"Pair": 1}),
        json!({"Named": 1}),
        json!("Pair"),
        json!("Named"),
        json!({"kind": "B"}),
        json!({}),
    ] {
        let details = [
            details::<SecretPair>(&document),
            details::<SecretUnit>(&document),
            details::<SecretEnum>(&document),
            details::<SecretTagged>(&document),
            details::<SecretUntagged>(&document),
        ]
        .concat()
        .join("; ");
        assert!(!details.contains("Secret"), "{document}: {details}");
        assert!(!details.contains("struct"), "{document}: {details}");
    }
}

#[test]
fn a_body_full_of_faults_costs_bounded_work() {
    let decoded = decode::<Vec<String>>(
        &Value::Array(vec![json!(1); 10_000]),
        UnknownFields::Refused,
    );
    assert_eq!(decoded.violations.len(), MAX_TRIES);
}
