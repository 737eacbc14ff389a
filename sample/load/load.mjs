// What the scenarios of this folder have in common: requests to a server on this machine, in closed
// loops that end by themselves.

import http from "node:http";

// A scenario is a load, and so for a server that was started for it.
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

// The longest that one step of a scenario may last, in seconds.
const MAX_SECONDS = 60;

// The most clients of a step.
const MAX_CLIENTS = 1000;

// The server's address, which is the first argument.
export function server() {
  const url = new URL(process.argv[2] ?? "http://127.0.0.1:3000");
  if (url.protocol !== "http:" || !LOOPBACK.includes(url.hostname)) {
    throw new Error(`${url.href} is not an http:// address of this machine`);
  }
  return url;
}

// A number, or a list of them, from the environment.
export function setting(name, usual, most) {
  const number = Number(process.env[name] ?? usual);
  if (!(number > 0 && number <= most)) {
    throw new Error(`${name} must be a number up to ${most}`);
  }
  return number;
}

export const seconds = () => setting("SECONDS", 8, MAX_SECONDS);

export function steps() {
  const steps = (process.env.CLIENTS ?? "8,64,150,250").split(",").map(Number);
  if (!steps.every((clients) => clients > 0 && clients <= MAX_CLIENTS)) {
    throw new Error(`CLIENTS must be numbers up to ${MAX_CLIENTS}, with commas between them`);
  }
  return steps;
}

// A client with one connection, which is kept.
export class Client {
  constructor(url) {
    this.url = url;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  }

  // Resolves to { status, json() }; `status` is 0 where no answer came.
  send(method, path, { token, body } = {}) {
    const headers = {};
    const text = body === undefined ? undefined : JSON.stringify(body);
    if (token) headers.authorization = `Bearer ${token}`;
    if (text !== undefined) {
      headers["content-type"] = "application/json";
      headers["content-length"] = Buffer.byteLength(text);
    } else if (method === "POST") {
      headers["content-length"] = 0;
    }
    return new Promise((resolve) => {
      const target = { host: this.url.hostname.replace(/[[\]]/g, ""), port: this.url.port || 80 };
      const request = http.request({ ...target, method, path, headers, agent: this.agent });
      request.on("error", (error) => resolve({ status: 0, json: () => ({ error: String(error) }) }));
      request.on("response", (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", () => resolve({ status: 0, json: () => ({}) }));
        response.on("end", () =>
          resolve({
            status: response.statusCode,
            json: () => JSON.parse(Buffer.concat(chunks).toString()),
          }),
        );
      });
      request.end(text);
    });
  }

  close() {
    this.agent.destroy();
  }
}

// What a group of clients met.
export class Tally {
  statuses = new Map();
  milliseconds = [];

  count(status, began) {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.milliseconds.push(performance.now() - began);
  }

  // Answers with these statuses in a second.
  rate(seconds, ...statuses) {
    const answers = statuses.map((status) => this.statuses.get(status) ?? 0);
    return answers.reduce((sum, count) => sum + count, 0) / seconds;
  }

  percentile(share) {
    const sorted = this.milliseconds.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  }

  toString() {
    const statuses = [...this.statuses].sort(([a], [b]) => a - b);
    const counts = statuses.map(([status, count]) => `${status}: ${count}`).join(", ");
    const [p50, p99] = [0.5, 0.99].map((share) => this.percentile(share).toFixed(1));
    return `${counts}; p50 ${p50} ms, p99 ${p99} ms`;
  }
}

// Has every client send one request after the other until the time is up. `send` is given the client
// and how many it has sent.
export async function closedLoop(clients, seconds, send) {
  const tally = new Tally();
  const end = performance.now() + seconds * 1000;
  await Promise.all(
    clients.map(async (client) => {
      for (let sent = 0; performance.now() < end; sent += 1) {
        const began = performance.now();
        const { status } = await send(client, sent);
        tally.count(status, began);
      }
    }),
  );
  return tally;
}
