// Writers of one database: clients that favour and unfavour articles as fast as they are answered,
// and readers beside them.

import { Client, closedLoop, seconds, server, setting, steps } from "./load.mjs";

// Pairs of a user and an article, one for each client: signing up is dear, so there are few users.
const USERS = 16;
const READERS = 4;

const url = server();
const time = seconds();
const readers = setting("READERS", READERS, 100);
const run = process.pid.toString(36) + Date.now().toString(36);

async function must(promise, what) {
  const answer = await promise;
  if (answer.status >= 300 || answer.status === 0) {
    throw new Error(`${what}: ${answer.status} ${JSON.stringify(answer.json())}`);
  }
  return answer.json();
}

async function prepare(articles) {
  const client = new Client(url);
  const users = [];
  for (let number = 0; number < USERS; number += 1) {
    const username = `u${run}${number}`;
    const user = { username, email: `${username}@example.com`, password: `correct horse ${run}` };
    const answer = await must(client.send("POST", "/api/users", { body: { user } }), "signing up");
    users.push(answer.user.token);
  }
  const slugs = [];
  for (let number = 0; number < articles; number += 1) {
    const article = { title: `Load ${run} ${number}`, description: "d", body: "b" };
    const options = { token: users[0], body: { article } };
    const answer = await must(client.send("POST", "/api/articles", options), "publishing");
    slugs.push(answer.article.slug);
  }
  client.close();
  return { users, slugs };
}

async function step(amount, { users, slugs }) {
  const writers = Array.from({ length: amount }, (_, number) => {
    const client = new Client(url);
    client.token = users[number % USERS];
    client.path = `/api/articles/${slugs[Math.floor(number / USERS)]}/favorite`;
    return client;
  });
  const readings = Array.from({ length: readers }, (_, number) => {
    const client = new Client(url);
    // With a token, so that the database is asked.
    client.token = users[number % USERS];
    return client;
  });
  const [writes, reads] = await Promise.all([
    closedLoop(writers, time, (client, sent) =>
      client.send(sent % 2 === 0 ? "POST" : "DELETE", client.path, { token: client.token }),
    ),
    closedLoop(readings, time, (client) =>
      client.send("GET", "/api/articles?limit=5", { token: client.token }),
    ),
  ]);
  [...writers, ...readings].forEach((client) => client.close());
  const rate = writes.rate(time, 200, 204);
  console.log(`${amount} writers: ${rate.toFixed(0)} a second (${writes})`);
  console.log(`  ${readers} readers: ${reads.rate(time, 200).toFixed(0)} a second (${reads})`);
  return { amount, rate, p99: reads.percentile(0.99) };
}

const all = steps();
const world = await prepare(Math.ceil(Math.max(...all) / USERS));
let first;
for (const amount of all) {
  const done = await step(amount, world);
  first ??= done;
  const rate = (done.rate / first.rate).toFixed(2);
  const reads = (done.p99 / first.p99).toFixed(2);
  console.log(`  against ${first.amount} writers: rate ${rate}, readers' p99 ${reads}`);
}
