// Serves an application by `jenny up` and asks each of its functions that `jenny new` made for what it answers:
//
//     node requests.mjs FOLDER PROGRAM [ARGUMENT...] -- NAME:AUTH:STORE:ROUTE...

import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";

import { serving } from "../openapi/service.mjs";

const USER = "01900000-0000-7000-8000-000000000001";
const ISSUER = "http://127.0.0.1:3000";

const [folder, ...rest] = process.argv.slice(2);
const dashes = rest.indexOf("--");
const command = rest.slice(0, dashes);
const functions = rest.slice(dashes + 1).map((row) => {
  const [name, auth, store, route] = row.split(":");
  return { name, auth, store, route };
});
if (!folder || command.length === 0 || functions.length === 0) {
  throw new Error("usage: requests.mjs FOLDER PROGRAM [ARGUMENT...] -- NAME:AUTH:STORE:ROUTE...");
}

// `process.exit` is what ends the service, which has a process group of its own.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => process.exit(1));
}

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const pem = (key, type) => key.export({ format: "pem", type });
const variables = {
  SPIN_VARIABLE_VERIFICATION_KEYS: pem(publicKey, "spki"),
  SPIN_VARIABLE_SIGNING_KEY: pem(privateKey, "pkcs8"),
};

/** An access token of the user, as `users` makes them (RFC 9068). */
function token() {
  const { crv, kty, x } = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: `${ISSUER}/api`, sub: USER, iat: now, exp: now + 600, jti: randomUUID() };
  const signed = [{ alg: "EdDSA", typ: "at+jwt", kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}

/** Sends a request, and fails unless it is answered with this status. Returns the body. */
async function ask(origin, expected, method, path, { body, bearer } = {}) {
  const response = await fetch(origin + path, {
    method,
    headers: {
      ...(body && { "Content-Type": "application/json" }),
      ...(bearer && { Authorization: `Bearer ${bearer}` }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== expected) {
    throw new Error(`${method} ${path}: ${response.status}, not ${expected}: ${text}`);
  }
  asked += 1;
  const isJson = /^application\/(problem\+)?json\b/.test(response.headers.get("content-type") ?? "");
  return isJson ? JSON.parse(text) : undefined;
}

function same(what, found, expected) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  }
}

let asked = 0;

/** What a function answers to whom, by what it keeps its data in. */
const scenarios = {
  async none(as, route) {
    await as.reader(200, "GET", route);
    await as.reader(422, "GET", `${route}?name=`);
    await as.reader(405, "POST", route);
    await as.nobody(as.mayRead ? 200 : 401, "GET", route);
  },

  async kv(as, route) {
    const [entry, missing] = [`${route}/a`, `${route}/b`];
    await as.nobody(as.mayWrite ? 200 : 401, "PUT", entry, { text: "unsigned" });
    for (const answer of [await as.writer(200, "PUT", entry, { text: "x" }), await as.writer(200, "GET", entry)]) {
      same(route, answer.text, "x");
    }
    await as.reader(404, "GET", missing);
    await as.writer(422, "PUT", entry, { text: "" });
    await as.nobody(as.mayRead ? 404 : 401, "GET", missing);
    await as.writer(204, "DELETE", entry);
    await as.writer(404, "GET", entry);
  },

  async sql(as, route) {
    await as.nobody(as.mayWrite ? 201 : 401, "POST", route, { text: "unsigned" });
    const written = await as.writer(201, "POST", route, { text: "x" });
    same(route, await as.writer(200, "GET", `${route}/${written.id}`), written);
    const { entries } = await as.reader(200, "GET", route);
    same(route, entries[0], written);
    await as.reader(404, "GET", `${route}/1`);
    await as.writer(422, "POST", route, { text: "" });
    await as.nobody(as.mayRead ? 200 : 401, "GET", route);
    await as.writer(204, "DELETE", `${route}/${written.id}`);
    await as.writer(404, "GET", `${route}/${written.id}`);
  },
};

async function check(origin, { name, auth, store, route }) {
  const bearer = auth === "none" ? undefined : token();
  const by = (bearer) => (status, method, path, body) => ask(origin, status, method, path, { body, bearer });
  const as = {
    writer: by(bearer),
    reader: by(bearer),
    nobody: by(undefined),
    mayRead: auth !== "required",
    mayWrite: auth === "none",
  };
  await scenarios[store](as, route);
  if (bearer) {
    await ask(origin, 401, "GET", store === "kv" ? `${route}/a` : route, { bearer: "not.a.token" });
  }
  const { paths } = await ask(origin, 200, "GET", "/openapi.json");
  const described = Object.keys(paths).filter((path) => path === route || path.startsWith(`${route}/`));
  const expected = { none: [route], kv: [`${route}/{key}`], sql: [route, `${route}/{id}`] }[store];
  same(`the routes of ${name} in /openapi.json`, described.sort(), expected);
}

await serving(
  async (origin) => {
    for (const fn of functions) {
      await check(origin, fn);
      console.log(`${fn.name} answers as it should (${fn.auth}, ${fn.store}, ${fn.route})`);
    }
    await ask(origin, 404, "GET", "/there-is-no-such-route");
  },
  { folder, command, env: variables },
);
console.log(`${asked} requests were answered as they should be`);
