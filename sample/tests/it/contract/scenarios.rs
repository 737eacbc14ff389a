//! What the document describes, done. What every operation of a kind can fail with is tried by
//! [`Walk::succeed`]; here stands what is particular to one.

use serde_json::{Value, json};

use super::call::Call;
use super::walk::Walk;

/// The `errors` of a problem in which each of these fields breaks the same rule.
fn of_each(fields: &[&str], text: &str) -> Value {
    fields
        .iter()
        .map(|field| ((*field).to_owned(), json!([text])))
        .collect()
}

pub(super) async fn users(walk: &mut Walk) {
    walk.register("anna").await;
    let taken =
        json!({ "username": "Anna", "email": "ANNA@example.com", "password": "correct horse" });
    walk.expect(409, Call::to("POST /users").json(json!({ "user": taken })))
        .await
        .assert_json(
            "/errors",
            of_each(&["email", "username"], "has already been taken"),
        );
    let blank = json!({ "username": "", "email": " ", "password": "" });
    walk.expect(422, Call::to("POST /users").json(json!({ "user": blank })))
        .await
        .assert_json(
            "/errors",
            of_each(&["email", "username", "password"], "can't be blank"),
        );

    let login = |password: &str| {
        let user = json!({ "email": "anna@example.com", "password": password });
        Call::to("POST /users/login").json(json!({ "user": user }))
    };
    walk.expect(401, login("wrong horse"))
        .await
        .assert_json("/errors", of_each(&["credentials"], "invalid"));
    walk.expect(422, login(""))
        .await
        .assert_json("/errors", of_each(&["password"], "can't be blank"));
    let token = walk
        .succeed(200, login("correct horse"))
        .await
        .string_at("/user/token");

    walk.succeed(200, Call::to("GET /user").by(&token)).await;

    let update = |user: Value| {
        Call::to("PUT /user")
            .by(&token)
            .json(json!({ "user": user }))
    };
    walk.register("bert").await;
    walk.expect(409, update(json!({ "username": "bert" })))
        .await
        .assert_json("/errors", of_each(&["username"], "has already been taken"));
    for member in ["email", "username", "password"] {
        for value in [json!(null), json!("")] {
            walk.expect(422, update(json!({ member: value, "bio": "kept out" })))
                .await
                .assert_json("/errors", of_each(&[member], "can't be blank"));
        }
    }
    for (password, status) in [("short7c", 422), ("bonjour1", 200), (&*"a".repeat(64), 200)] {
        walk.expect(status, update(json!({ "password": password })))
            .await;
    }
    walk.expect(
        422,
        update(json!({ "email": "no address", "image": "javascript:" })),
    )
    .await;
    walk.succeed(
        200,
        update(json!({ "bio": "Writes.", "image": "https://example.com/a.png" })),
    )
    .await
    .assert_json("/user/bio", "Writes.");
    for none in [json!(""), json!(null)] {
        walk.expect(200, update(json!({ "bio": none, "image": none })))
            .await
            .assert_json("/user/bio", Value::Null)
            .assert_json("/user/image", Value::Null);
        walk.expect(200, update(json!({ "bio": "Writes." }))).await;
    }
    let stale = update(json!({ "bio": "" })).header("If-Match", "\"stale\"");
    walk.expect(412, stale).await;
    walk.succeed(200, Call::to("GET /user").by(&token)).await;
}

pub(super) async fn profiles(walk: &mut Walk) {
    walk.register("carl").await;
    let token = walk.register("dora").await;
    let profile = Call::to("GET /profiles/{username}").at("username", "carl");
    walk.succeed(200, profile.clone()).await;

    let follow = Call::to("POST /profiles/{username}/follow")
        .at("username", "carl")
        .by(&token);
    walk.succeed(200, follow.clone())
        .await
        .assert_json("/profile/following", true);
    walk.succeed(200, profile.by(&token))
        .await
        .assert_json("/profile/following", true);
    let unfollow = Call::to("DELETE /profiles/{username}/follow")
        .at("username", "carl")
        .by(&token);
    walk.succeed(200, unfollow)
        .await
        .assert_json("/profile/following", false);
    walk.succeed(200, follow.clone()).await;
    walk.expect(422, follow.at("username", "dora")).await;
}

pub(super) async fn articles(walk: &mut Walk) {
    let author = walk.register("erik").await;
    let other = walk.register("fred").await;
    let slug = walk
        .publish(
            &author,
            "How to train your dragon",
            &["training", "dragons"],
        )
        .await;
    let create = |article: Value| {
        Call::to("POST /articles")
            .by(&author)
            .json(json!({ "article": article }))
    };
    let empty = json!({ "title": "", "description": "", "body": "", "tagList": ["", 1] });
    walk.expect(422, create(empty)).await.assert_json(
        "/errors",
        json!({
            "title": ["can't be blank"],
            "description": ["can't be blank"],
            "body": ["can't be blank"],
            "tagList": ["can't be blank", "must be a string"],
        }),
    );
    walk.succeed(
        201,
        create(json!({ "title": "t", "description": "d", "body": "b" })),
    )
    .await;

    let show = Call::to("GET /articles/{slug}").at("slug", &slug);
    let shown = walk.succeed(200, show.clone()).await;
    walk.succeed(200, show.by(&other)).await;

    let update = Call::to("PUT /articles/{slug}")
        .at("slug", &slug)
        .by(&author);
    let change = |call: &Call, article: Value| call.clone().json(json!({ "article": article }));
    let longer = json!({ "body": "With a longer body" });
    walk.expect(422, change(&update, json!({ "title": "" })))
        .await;
    walk.expect(403, change(&update, longer.clone()).by(&other))
        .await
        .assert_json("/errors", of_each(&["article"], "forbidden"));
    let stale = change(&update, longer.clone()).header("If-Match", "\"stale\"");
    walk.expect(412, stale).await;
    walk.succeed(200, change(&update, longer.clone()))
        .await
        .assert_json("/article/tagList", json!(["dragons", "training"]));
    walk.expect(422, change(&update, json!({ "tagList": null })))
        .await;
    for tags in [json!(["training", "fire", "dragons"]), json!([])] {
        let mut sorted: Vec<_> = tags.as_array().expect("a list").clone();
        sorted.sort_by_key(Value::to_string);
        walk.expect(200, change(&update, json!({ "tagList": tags })))
            .await
            .assert_json("/article/tagList", sorted);
    }
    // What anybody was shown before is stale by now.
    let etag = shown.header("etag").unwrap_or_default();
    walk.expect(412, change(&update, longer).header("If-Match", etag))
        .await;

    let delete = Call::to("DELETE /articles/{slug}").at("slug", &slug);
    walk.expect(403, delete.clone().by(&other)).await;
    let stale = delete.clone().by(&author).header("If-Match", "\"stale\"");
    walk.expect(412, stale).await;
    walk.succeed(204, delete.clone().by(&author)).await;
    walk.expect(404, delete.by(&author)).await;
}

pub(super) async fn lists(walk: &mut Walk) {
    let author = walk.register("gwen").await;
    let reader = walk.register("hugo").await;
    for number in 1..=5 {
        let slug = walk
            .publish(&author, &format!("Number {number}"), &["numbers"])
            .await;
        let favorite = Call::to("POST /articles/{slug}/favorite").at("slug", slug);
        walk.succeed(200, favorite.by(&reader)).await;
    }
    let follow = Call::to("POST /profiles/{username}/follow").at("username", "gwen");
    walk.succeed(200, follow.by(&reader)).await;

    let list = Call::to("GET /articles");
    let feed = Call::to("GET /articles/feed").by(&reader);
    walk.succeed(200, list.clone()).await;
    walk.succeed(200, list.clone().by(&reader)).await;
    for (name, value) in [
        ("tag", "numbers"),
        ("author", "gwen"),
        ("favorited", "hugo"),
    ] {
        let found = walk.succeed(200, list.clone().query(name, value)).await;
        found.assert_json("/articlesCount", 5);
        let nothing = walk.succeed(200, list.clone().query(name, "nobody")).await;
        nothing
            .assert_json("/articles", json!([]))
            .assert_json("/articlesCount", 0);
    }
    let all = list.clone().query("tag", "numbers").query("author", "gwen");
    walk.succeed(
        200,
        all.query("favorited", "hugo")
            .query("limit", 2)
            .query("offset", 4),
    )
    .await;

    for list in [list.query("author", "gwen"), feed] {
        walk.succeed(200, list.clone().query("limit", 100).query("offset", 3))
            .await;
        for (name, value) in [
            ("limit", "0"),
            ("limit", "-1"),
            ("limit", "many"),
            ("offset", "-1"),
            ("offset", "10001"),
            ("cursor", "forged"),
        ] {
            walk.expect(422, list.clone().query(name, value)).await;
        }
        let first = walk.succeed(200, list.clone().query("limit", 2)).await;
        let cursor = next_cursor(first.header("link").unwrap_or_default());
        let second = list.clone().query("limit", 2).query("cursor", &cursor);
        let second = walk.succeed(200, second).await;
        second
            .assert_json("/articles/0/title", "Number 3")
            .assert_json("/articlesCount", 5);
        walk.expect(422, list.query("cursor", &cursor).query("offset", 1))
            .await;
    }
}

/// The value of `cursor` in the target of the link to the next page (RFC 8288).
fn next_cursor(link: &str) -> String {
    let next = link.split(',').find(|link| link.contains("rel=\"next\""));
    let target = next.and_then(|link| link.split(['<', '>']).nth(1));
    let query = target
        .and_then(|target| target.split_once('?'))
        .map_or("", |(_, query)| query);
    let cursor = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("cursor="));
    cursor
        .unwrap_or_else(|| panic!("{link:?} has no next page"))
        .to_owned()
}

pub(super) async fn favorites(walk: &mut Walk) {
    let author = walk.register("iris").await;
    let slug = walk.publish(&author, "Favoured", &[]).await;
    for (method, favorited, count) in [("POST", true, 1), ("DELETE", false, 0)] {
        let call = Call::to(format!("{method} /articles/{{slug}}/favorite")).at("slug", &slug);
        walk.succeed(200, call.by(&author))
            .await
            .assert_json("/article/favorited", favorited)
            .assert_json("/article/favoritesCount", count);
    }
}

pub(super) async fn comments(walk: &mut Walk) {
    let author = walk.register("jane").await;
    let other = walk.register("kurt").await;
    let slug = walk.publish(&author, "Commented", &[]).await;
    let comment = |body: &str| {
        let call = Call::to("POST /articles/{slug}/comments").at("slug", &slug);
        call.json(json!({ "comment": { "body": body } }))
    };
    walk.expect(422, comment("").by(&other))
        .await
        .assert_json("/errors", of_each(&["body"], "can't be blank"));
    let created = walk
        .succeed(201, comment("It takes a Jacobian").by(&other))
        .await;
    let id = created.json()["comment"]["id"].clone();

    let list = Call::to("GET /articles/{slug}/comments").at("slug", &slug);
    walk.succeed(200, list.clone())
        .await
        .assert_json("/comments/0/id", id.clone());
    walk.succeed(200, list.clone().by(&author)).await;
    walk.succeed(201, comment("I believe so").by(&author)).await;
    let newest = walk.succeed(200, list.clone().query("limit", 1)).await;
    let cursor = next_cursor(newest.header("link").unwrap_or_default());
    walk.succeed(200, list.clone().query("cursor", cursor))
        .await
        .assert_json("/comments/0/id", id.clone());
    walk.expect(422, list.clone().query("limit", 0)).await;
    walk.expect(422, list.query("cursor", "forged")).await;

    let delete = Call::to("DELETE /articles/{slug}/comments/{id}")
        .at("slug", &slug)
        .at("id", id);
    // Not even the article's author may.
    walk.expect(403, delete.clone().by(&author))
        .await
        .assert_json("/errors", of_each(&["comment"], "forbidden"));
    walk.succeed(204, delete.clone().by(&other)).await;
    walk.expect(404, delete.by(&other))
        .await
        .assert_json("/errors", of_each(&["comment"], "not found"));
}

pub(super) async fn tags(walk: &mut Walk) {
    let author = walk.register("lena").await;
    walk.publish(&author, "Tagged", &["contract"]).await;
    walk.succeed(200, Call::to("GET /tags")).await;
}
