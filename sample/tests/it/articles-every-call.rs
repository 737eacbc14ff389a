//! What is left of an article's writes when any one of their calls of the host goes wrong: see
//! `every_call`.

use http::Method;
use serde_json::json;

use crate::every_call::Write;
use crate::world::{ANNA, JACOB};

const DRAGONS: &str = "/api/articles/dragons";

fn change_of_dragons() -> Write {
    let change = json!({ "title": "Lizards", "description": "Grown", "body": "They burnt." });
    Write::new(Method::PUT, DRAGONS, 200)
        .by(ANNA)
        .body(json!({ "article": change }))
}

fn deletion_of_dragons() -> Write {
    Write::new(Method::DELETE, DRAGONS, 204).by(ANNA)
}

#[tokio::test]
async fn a_new_article() {
    let new = json!({
        "title": "Snow", "description": "On ice", "body": "It melts.", "tagList": ["water", "cold"],
    });
    Write::new(Method::POST, "/api/articles", 201)
        .by(JACOB)
        .body(json!({ "article": new }))
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn a_new_article_whose_title_is_taken() {
    let new = json!({ "title": "Rain", "description": "Again", "body": "It falls on." });
    Write::new(Method::POST, "/api/articles", 201)
        .by(JACOB)
        .body(json!({ "article": new }))
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn a_change_of_an_article() {
    change_of_dragons().leaves_all_or_nothing().await;
}

#[tokio::test]
async fn a_change_of_an_article_that_nobody_else_has_changed() {
    change_of_dragons()
        .conditional()
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn other_tags_of_an_article() {
    let change = json!({ "body": "They rust.", "tagList": ["water", "rust", "age"] });
    Write::new(Method::PUT, DRAGONS, 200)
        .by(ANNA)
        .body(json!({ "article": change }))
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn the_end_of_an_article() {
    deletion_of_dragons().leaves_all_or_nothing().await;
}

#[tokio::test]
async fn the_end_of_an_article_that_nobody_else_has_changed() {
    deletion_of_dragons()
        .conditional()
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn a_favourite() {
    Write::new(Method::POST, "/api/articles/rain/favorite", 200)
        .by(JACOB)
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn a_favourite_no_longer() {
    Write::new(Method::DELETE, "/api/articles/dragons/favorite", 200)
        .by(JACOB)
        .leaves_all_or_nothing()
        .await;
}
