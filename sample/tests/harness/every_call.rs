//! A write in which each call of the host goes wrong in turn.

use std::cell::RefCell;

use jenny_test::{Call, EveryCall, Mint, Mishap, TestApp, TestAppBuilder, TestResponse};

use super::register;

/// Applications whose keys need not be looked up.
fn app(mint: &Mint) -> TestAppBuilder {
    TestApp::builder().signed_by(mint)
}

#[expect(
    clippy::ptr_arg,
    reason = "a scenario is given what `two_users` returns"
)]
async fn follow(app: &TestApp, token: &String) -> TestResponse {
    app.post("/api/profiles/anna/follow")
        .bearer(token)
        .send()
        .await
}

/// Two users; the second one's token.
async fn two_users(app: &TestApp) -> String {
    register(app, "anna").await;
    register(app, "jacob").await
}

#[tokio::test]
async fn a_write_is_whole_or_absent_whatever_goes_wrong() {
    let mint = Mint::new();
    let seen = RefCell::new(Vec::new());

    let checked = EveryCall::of(|| app(&mint))
        .check(two_users, follow, async |app, token, answer, hit| {
            seen.borrow_mut().push(hit.mishap());
            let follows = app.sql("SELECT count(*) FROM follows").await;
            match answer.status.as_u16() {
                200 => assert_eq!(follows, [[1]], "{hit}: it was answered"),
                // A variable that cannot be read is nothing to try again for.
                500 if hit.call().is_some_and(Call::is_variable) => {}
                500 => assert!(hit.mishap().is_some_and(Mishap::kills), "{hit}"),
                _ => {
                    answer.assert_problem(503, "unavailable");
                }
            }
            // Whatever it was, the next caller is served.
            follow(app, token).await.assert_status(200);
        })
        .await;

    let seen = seen.into_inner();
    assert_eq!(seen.len(), checked.runs);
    assert_eq!(seen[0], None);
    let of = |mishap| seen.iter().filter(|seen| **seen == Some(mishap)).count();
    assert!((checked.calls - 2..=checked.calls).contains(&of(Mishap::Fails)));
    assert_eq!(of(Mishap::KillsTheInstance), checked.calls);
    let writes = of(Mishap::LosesTheAnswer);
    assert!((1..checked.calls).contains(&writes), "{seen:?}");
    assert_eq!(of(Mishap::KillsTheInstanceAfterwards), writes);
}
