use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::extract::decode::{UnknownFields, decode};
use crate::extract::node::Form;

#[derive(Debug, Deserialize, PartialEq)]
struct Point {
    x: i64,
    y: Option<f64>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Name(String);

#[derive(Debug, Deserialize, PartialEq)]
enum Shape {
    Nothing,
    Named(Name),
    Line(Point, Point),
    Dot { at: Point },
}

fn read<T: DeserializeOwned>(document: &Value) -> Result<T, String> {
    let decoded = decode::<T>(document, Form::Json, UnknownFields::Ignored);
    let first = decoded.violations.into_iter().next();
    match (first, decoded.value) {
        (None, Some(value)) => Ok(value),
        (violation, _) => Err(violation.expect("it is said why").detail),
    }
}

#[test]
fn everything_else_is_read_as_serde_json_reads_it() {
    for document in [
        json!({"shapes": []}),
        json!({"shapes": ["Nothing", {"Named": "n"}, {"Dot": {"at": {"x": -1}}}]}),
        json!({"shapes": [{"Line": [{"x": 1, "y": 0.5}, {"x": 2, "y": null}]}]}),
        json!({"shapes": [{"Line": [{"x": 1}]}]}),
        json!({"shapes": [{"Line": [{"x": 1}, {"x": 1}, {"x": 1}]}]}),
        json!({"shapes": ["Lost"]}),
        json!({"shapes": {"x": "Nothing"}}),
        json!({"shapes": ["Named"]}),
    ] {
        type Shapes = BTreeMap<String, Vec<Shape>>;
        assert_eq!(
            read::<Shapes>(&document).ok(),
            Shapes::deserialize(&document).ok(),
            "{document}"
        );
    }
    for document in [json!([1, "a", true]), json!([1, "a"]), json!(null)] {
        type Tuple = Option<(u8, String, bool)>;
        assert_eq!(
            read::<Tuple>(&document).ok(),
            Tuple::deserialize(&document).ok(),
            "{document}"
        );
    }
}

#[test]
fn an_array_is_no_struct_at_any_depth() {
    assert!(read::<Point>(&json!([1, 0.5])).is_err());
    assert!(read::<Vec<Option<Point>>>(&json!([[1, 0.5]])).is_err());
    assert!(read::<Shape>(&json!({"Line": [[1, 0.5], {"x": 1}]})).is_err());
    assert!(read::<Shape>(&json!({"Dot": {"at": [1, 0.5]}})).is_err());
    assert!(read::<Shape>(&json!({"Dot": [{"x": 1}]})).is_err());
}

#[test]
fn an_enum_has_one_variant() {
    assert!(read::<Shape>(&json!({"Named": "a", "Nothing": null})).is_err());
    assert!(read::<Shape>(&json!({})).is_err());
    assert!(read::<Shape>(&json!(7)).is_err());
}
