//! Pages: what is asked for, and what leads on.

use axum::response::IntoResponse as _;

use super::*;

const ID: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_1234_abcd);
const CURSOR: &str = "AZAAAAAAcACAAAAAEjSrzQ";

async fn page(query: &str) -> Result<Page, Problem> {
    let request = http::Request::get(format!("/things?{query}")).body(());
    let (mut parts, ()) = request.expect("a request").into_parts();
    Page::from_request_parts(&mut parts, &()).await
}

fn shown(link: Link) -> String {
    let response = (link, "").into_response();
    let value = response.headers().get(header::LINK);
    value.map_or_else(String::new, |value| {
        value.to_str().expect("ASCII").to_owned()
    })
}

#[tokio::test]
async fn a_page_is_twenty_from_the_start_unless_said_otherwise() {
    let first = page("").await.expect("a page");
    assert_eq!((first.limit(), first.fetch(), first.offset()), (20, 21, 0));
    assert!(first.is_first() && first.before().as_str() > "ffffffff-ffff");

    let second = page("limit=5&offset=5&unknown=1").await.expect("a page");
    assert_eq!((second.limit(), second.offset()), (5, 5));
    let later = page(&format!("cursor={CURSOR}")).await.expect("a page");
    assert_eq!((later.before(), later.offset()), (ID.to_string(), 0));
    assert!(!second.is_first() && !later.is_first());
}

#[tokio::test]
async fn what_is_too_much_is_clamped_or_refused() {
    for (query, limit) in [
        ("limit=1", 1),
        ("limit=100", 100),
        ("limit=101", 100),
        ("limit=99999999999999999999999", 100),
    ] {
        assert_eq!(page(query).await.expect("a page").limit(), limit, "{query}");
    }
    assert_eq!(page("offset=10000").await.expect("a page").offset(), 10_000);
    for (query, pointers) in [
        ("limit=0", &["/limit"][..]),
        ("limit=-1", &["/limit"]),
        ("limit=%2B1", &["/limit"]),
        ("limit=", &["/limit"]),
        ("limit=1e3", &["/limit"]),
        ("limit=%D9%A3", &["/limit"]),
        ("offset=-1", &["/offset"]),
        ("offset=x&limit=y", &["/limit", "/offset"]),
        ("offset=10001", &["/offset"]),
        ("offset=99999999999999999999999", &["/offset"]),
        ("cursor=", &["/cursor"]),
        ("cursor=x", &["/cursor"]),
        ("cursor=AZAAAAAAcACAAAAAEjSrzR", &["/cursor"]),
        ("cursor=AZAAAAAAcACAAAAAEjSrzQ&offset=0", &["/offset"]),
    ] {
        let problem = page(query).await.expect_err(query);
        let found: Vec<&str> = problem.violations().iter().map(|v| &*v.pointer).collect();
        assert_eq!(
            (problem.status().as_u16(), &found[..]),
            (422, pointers),
            "{query}"
        );
    }
    let far = page("offset=10001").await.expect_err("is refused");
    assert!(far.violations()[0].detail.contains("`cursor`"));
    assert_eq!(
        page("limit=1&limit=2")
            .await
            .expect_err("is refused")
            .status(),
        422
    );
}

#[tokio::test]
async fn links_lead_to_the_pages_around() {
    let first = page("").await.expect("a page");
    assert_eq!(shown(first.link("/things", &[], None)), "");
    assert_eq!(
        shown(first.link("/things", &[("tag", "a b&c=d>é")], Some(ID))),
        format!("</things?tag=a+b%26c%3Dd%3E%C3%A9&limit=20&cursor={CURSOR}>; rel=\"next\"")
    );
    let third = page("limit=5&offset=7").await.expect("a page");
    assert_eq!(
        shown(third.link("/things", &[], None)),
        "</things?limit=5>; rel=\"first\", </things?limit=5&offset=2>; rel=\"prev\""
    );
    let near = page("limit=5&offset=3").await.expect("a page");
    assert!(shown(near.link("/things", &[], None)).contains("offset=0>; rel=\"prev\""));
    let later = page(&format!("cursor={CURSOR}")).await.expect("a page");
    assert_eq!(
        shown(later.link("/things", &[], None)),
        "</things?limit=20>; rel=\"first\""
    );
}

#[tokio::test]
async fn one_row_too_many_says_that_there_is_a_next_page() {
    let page = page("limit=2").await.expect("a page");
    let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
    let mut rows = ids.clone();
    assert_eq!(page.cut(&mut rows, |id| *id), Some(ids[1]));
    assert_eq!(rows, ids[..2]);
    assert_eq!(page.cut(&mut rows, |id| *id), None);
    assert_eq!(page.cut(&mut Vec::new(), |id| *id), None);
}
