// Does what a front end of RealWorld 2.0.0 does, by the requests that it makes: https://realworld-docs.netlify.app.
// It knows the contract and nothing of this backend.

import assert from "node:assert/strict";

import { serving } from "../../tests/openapi/service.mjs";

/** A front end with its form fields, and whoever is signed in. */
class FrontEnd {
  #origin;
  #token;

  constructor(origin, token) {
    this.#origin = origin;
    this.#token = token;
  }

  /** Sends a request, and returns the answer: what it holds, or the errors as they are shown. */
  async #send(method, path, body) {
    const response = await fetch(`${this.#origin}/api${path}`, {
      method,
      headers: {
        ...(body && { "Content-Type": "application/json; charset=utf-8" }),
        ...(this.#token && { Authorization: `Token ${this.#token}` }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : undefined;
    return response.ok
      ? { status: response.status, ...answer }
      : { status: response.status, shown: shown(answer.errors) };
  }

  get = (path) => this.#send("GET", path);
  post = (path, body) => this.#send("POST", path, body);
  put = (path, body) => this.#send("PUT", path, body);
  delete = (path) => this.#send("DELETE", path);

  /** The same front end, once the user of an answer is signed in. */
  as(user) {
    return new FrontEnd(this.#origin, user.token);
  }
}

/** What stands beside each field of a form: every value is a list of texts. */
function shown(errors) {
  assert.ok(errors && typeof errors === "object" && !Array.isArray(errors), JSON.stringify(errors));
  const beside = Object.entries(errors).flatMap(([field, texts]) => {
    assert.ok(Array.isArray(texts) && texts.length > 0, field);
    return texts.map((text) => `${field} ${text}`);
  });
  assert.ok(beside.length > 0);
  return beside.sort();
}

function refused(answer, status, ...expected) {
  assert.deepEqual(answer, { status, shown: expected.sort() });
}

const PASSWORD = "correct horse";

async function signUp(visitor, username) {
  const user = { username, email: `${username}@example.com`, password: PASSWORD };
  const answer = await visitor.post("/users", { user });
  const { token, ...registered } = answer.user;
  assert.equal(answer.status, 201);
  assert.deepEqual(registered, { username, email: user.email, bio: null, image: null });
  return visitor.as({ token });
}

async function signIn(visitor) {
  const form = (email, password) => visitor.post("/users/login", { user: { email, password } });
  const { status, user } = await form("anna@example.com", PASSWORD);
  assert.equal(status, 200);
  refused(await form("anna@example.com", "another horse"), 401, "credentials invalid");
  refused(await form("nobody@example.com", PASSWORD), 401, "credentials invalid");
  refused(await form("", PASSWORD), 422, "email can't be blank");
  refused(await form("anna@example.com", ""), 422, "password can't be blank");

  const again = visitor.as(user);
  assert.equal((await again.get("/user")).user.username, "anna");
  refused(await visitor.get("/user"), 401, "token is missing");
  refused(await visitor.as({ token: "a.b.c" }).get("/user"), 401, "token is invalid");
}

async function signUpBadly(visitor) {
  const form = (user) => visitor.post("/users", { user });
  refused(
    await form({ username: "", email: "", password: "" }),
    422,
    "username can't be blank",
    "email can't be blank",
    "password can't be blank",
  );
  refused(
    await form({ username: "anna", email: "other@example.com", password: PASSWORD }),
    409,
    "username has already been taken",
  );
  refused(
    await form({ username: "other", email: "anna@example.com", password: PASSWORD }),
    409,
    "email has already been taken",
  );
  const short = await form({ username: "other", email: "other@example.com", password: "short7c" });
  assert.equal(short.status, 422);
  assert.match(short.shown.join(), /^password must/);
}

async function changeSettings(visitor, anna) {
  const form = (user) => anna.put("/user", { user });
  const image = "https://example.com/anna.png";
  for (const none of [null, ""]) {
    const set = await form({ bio: "I train dragons", image });
    assert.deepEqual([set.user.bio, set.user.image], ["I train dragons", image]);
    const unset = await form({ bio: none, image: none });
    assert.deepEqual([unset.status, unset.user.bio, unset.user.image], [200, null, null]);
    const { profile } = await visitor.get("/profiles/anna");
    assert.deepEqual(profile, { username: "anna", bio: null, image: null, following: false });
  }
  for (const field of ["username", "email", "password"]) {
    refused(await form({ [field]: "" }), 422, `${field} can't be blank`);
    refused(await form({ [field]: null }), 422, `${field} can't be blank`);
  }
  refused(await form({ username: "jacob" }), 409, "username has already been taken");
  assert.equal((await form({ password: "short7c" })).status, 422);
  for (const password of ["bonjour1", "a".repeat(64), PASSWORD]) {
    assert.equal((await form({ password })).status, 200);
    const login = { email: "anna@example.com", password };
    assert.equal((await visitor.post("/users/login", { user: login })).status, 200);
  }
}

async function publish(visitor, anna, jacob) {
  const draft = { title: "How to train your dragon", description: "Ever wonder how?", body: "You have to believe" };
  const form = (article) => anna.post("/articles", { article });
  const { status, article } = await form({ ...draft, tagList: ["training", "dragons"] });
  assert.equal(status, 201);
  const { slug, createdAt, updatedAt, ...written } = article;
  assert.deepEqual(written, {
    ...draft,
    tagList: ["dragons", "training"],
    favorited: false,
    favoritesCount: 0,
    author: { username: "anna", bio: null, image: null, following: false },
  });
  assert.match(createdAt, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/);
  assert.equal(updatedAt, createdAt);
  const second = await form(draft);
  assert.equal(second.status, 201);
  assert.notEqual(second.article.slug, slug);

  refused(
    await form({ title: "", description: "", body: "" }),
    422,
    "title can't be blank",
    "description can't be blank",
    "body can't be blank",
  );
  refused(await visitor.post("/articles", { article: draft }), 401, "token is missing");
  refused(await visitor.get("/articles/never-was"), 404, "article not found");

  for (const path of ["/articles", "/articles?author=anna", "/articles?limit=1&offset=1"]) {
    const { articles, articlesCount } = await visitor.get(path);
    assert.equal(articlesCount, 2);
    assert.ok(articles.length > 0 && articles.every((item) => !("body" in item)), path);
  }
  assert.deepEqual((await visitor.get("/tags")).tags.sort(), ["dragons", "training"]);
  await edit(visitor, anna, jacob, slug);
  return slug;
}

async function edit(visitor, anna, jacob, slug) {
  const form = (article) => anna.put(`/articles/${slug}`, { article });
  const tags = async () => (await visitor.get(`/articles/${slug}`)).article.tagList;
  const edited = await form({ body: "With your bare hands" });
  assert.deepEqual([edited.status, edited.article.body], [200, "With your bare hands"]);
  assert.deepEqual(await tags(), ["dragons", "training"]);

  assert.equal((await form({ tagList: null })).status, 422);
  assert.deepEqual(await tags(), ["dragons", "training"]);
  assert.deepEqual((await form({ tagList: ["water", "fire", "dragons"] })).article.tagList, ["dragons", "fire", "water"]);
  assert.deepEqual((await visitor.get("/articles?tag=fire")).articlesCount, 1);
  assert.deepEqual((await form({ tagList: [] })).article.tagList, []);
  assert.deepEqual(await tags(), []);
  assert.deepEqual((await visitor.get("/tags")).tags, []);

  refused(await form({ title: "" }), 422, "title can't be blank");
  const others = { article: { body: "Mine now" } };
  refused(await jacob.put(`/articles/${slug}`, others), 403, "article forbidden");
  refused(await jacob.delete(`/articles/${slug}`), 403, "article forbidden");
  refused(await jacob.put("/articles/never-was", others), 404, "article not found");
  refused(await visitor.delete(`/articles/${slug}`), 401, "token is missing");
}

async function comment(visitor, anna, jacob, slug) {
  const comments = `/articles/${slug}/comments`;
  const form = (body) => jacob.post(comments, { comment: { body } });
  const first = await form("It takes a Jacobian");
  assert.equal(first.status, 201);
  assert.equal(first.comment.author.username, "jacob");
  assert.equal((await form("Thank you")).status, 201);
  refused(await form(""), 422, "body can't be blank");
  refused(await visitor.post(comments, { comment: { body: "Hi" } }), 401, "token is missing");
  refused(await jacob.post("/articles/never-was/comments", { comment: { body: "Hi" } }), 404, "article not found");
  assert.equal((await visitor.get(comments)).comments.length, 2);

  const one = `${comments}/${first.comment.id}`;
  refused(await anna.delete(one), 403, "comment forbidden");
  assert.equal((await jacob.delete(one)).status, 204);
  refused(await jacob.delete(one), 404, "comment not found");
  const left = (await visitor.get(comments)).comments;
  assert.deepEqual(left.map((item) => item.body), ["Thank you"]);
}

async function favorite(visitor, jacob, slug) {
  const path = `/articles/${slug}/favorite`;
  const { status, article } = await jacob.post(path);
  assert.deepEqual([status, article.favorited, article.favoritesCount], [200, true, 1]);
  assert.equal((await visitor.get("/articles?favorited=jacob")).articlesCount, 1);
  const after = (await jacob.delete(path)).article;
  assert.deepEqual([after.favorited, after.favoritesCount], [false, 0]);
  refused(await visitor.post(path), 401, "token is missing");
  refused(await jacob.post("/articles/never-was/favorite"), 404, "article not found");
}

async function follow(visitor, jacob, slug) {
  assert.equal((await jacob.get("/articles/feed")).articlesCount, 0);
  assert.equal((await jacob.post("/profiles/anna/follow")).profile.following, true);
  const { articles, articlesCount } = await jacob.get("/articles/feed?limit=20&offset=0");
  assert.equal(articlesCount, 2);
  assert.ok(articles.some((item) => item.slug === slug && item.author.following && !("body" in item)));
  assert.equal((await jacob.delete("/profiles/anna/follow")).profile.following, false);
  refused(await jacob.post("/profiles/nobody/follow"), 404, "profile not found");
  refused(await visitor.get("/profiles/nobody"), 404, "profile not found");
  refused(await visitor.post("/profiles/anna/follow"), 401, "token is missing");
}

await serving(async (origin) => {
  const visitor = new FrontEnd(origin);
  const anna = await signUp(visitor, "anna");
  const jacob = await signUp(visitor, "jacob");
  await signUpBadly(visitor);
  await signIn(visitor);
  await changeSettings(visitor, anna);
  const slug = await publish(visitor, anna, jacob);
  await comment(visitor, anna, jacob, slug);
  await favorite(visitor, jacob, slug);
  await follow(visitor, jacob, slug);
  assert.equal((await anna.delete(`/articles/${slug}`)).status, 204);
  refused(await visitor.get(`/articles/${slug}`), 404, "article not found");
  console.log("A front end of RealWorld 2.0.0 works");
});
