// Bodies that do not come: HTTP/2 connections full of requests that have sent one byte of a body each,
// and what others are answered meanwhile.

import http2 from "node:http2";
import { setTimeout as pause } from "node:timers/promises";

import { Client, Tally, closedLoop, seconds, server, setting } from "./load.mjs";

const CONNECTIONS = 10;
const STREAMS = 128;

const url = server();
const time = seconds();
const connections = setting("CONNECTIONS", CONNECTIONS, 64);
const run = process.pid.toString(36) + Date.now().toString(36);
const user = { username: `u${run}`, email: `u${run}@example.com`, password: `correct horse ${run}` };

// Holds a request open until it is answered or `end` comes. Resolves to the status, 0 for none.
function hold(session, end) {
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/api/users/login",
      "content-type": "application/json",
    });
    const timer = setTimeout(() => stream.close(http2.constants.NGHTTP2_CANCEL), end - performance.now());
    let status = 0;
    stream.on("response", (headers) => (status = headers[":status"]));
    stream.on("error", () => {});
    stream.on("close", () => {
      clearTimeout(timer);
      resolve(status);
    });
    stream.resume();
    stream.write("{");
  });
}

// One stream after the other, as often as they end.
async function slow(session, end, tally) {
  while (performance.now() < end && !session.closed) {
    const began = performance.now();
    tally.count(await hold(session, end), began);
    await pause(100);
  }
}

async function attack(end, tally) {
  const sessions = Array.from({ length: connections }, () => http2.connect(url));
  for (const session of sessions) session.on("error", () => {});
  const streams = sessions.flatMap((session) => Array.from({ length: STREAMS }, () => session));
  await Promise.all(streams.map((session) => slow(session, end, tally)));
  for (const session of sessions) session.destroy();
}

// What somebody else meets.
async function others() {
  const asking = {
    "GET /health/live": (client) => client.send("GET", "/health/live"),
    "GET /api/tags": (client) => client.send("GET", "/api/tags"),
    "POST /api/users/login": (client) => client.send("POST", "/api/users/login", { body: { user } }),
  };
  const tallies = Object.entries(asking).map(async ([name, send]) => {
    const client = new Client(url);
    const tally = await closedLoop([client], time, async (client) => {
      const answer = await send(client);
      await pause(20);
      return answer;
    });
    client.close();
    return `  ${name}: ${tally}`;
  });
  return (await Promise.all(tallies)).join("\n");
}

const client = new Client(url);
const { status } = await client.send("POST", "/api/users", { body: { user } });
client.close();
if (status !== 201) throw new Error(`signing up: ${status}`);

console.log(`alone\n${await others()}`);
const tally = new Tally();
const attacking = attack(performance.now() + time * 1000 + 2000, tally);
await pause(2000);
console.log(`beside ${connections * STREAMS} requests with one byte of a body\n${await others()}`);
await attacking;
console.log(`  those requests: ${tally}`);
