// Starts the application as its users do, on a free port and on stores that go with it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs `cargo jenny up` while `use` is busy with what it serves, and ends it afterwards. The components are
 * built before: `cargo jenny build`. Another folder's application can be served, by another program, with
 * variables set in the environment.
 */
export async function serving(use, { folder = PROJECT, command = ["cargo", "jenny"], env = {} } = {}) {
  const options = ["up", "--no-build", "--quiet", "--listen", "127.0.0.1:0", "--state-dir", ""];
  // However slow the machine is.
  options.push("--request-timeout", "60m");
  const [program, ...first] = command;
  const child = spawn(program, [...first, ...options], {
    cwd: folder,
    env: { ...process.env, ...env },
    // A group of its own, to be ended as one.
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const end = () => {
    if (child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, "SIGTERM");
    }
  };
  process.on("exit", end);
  try {
    await use(await origin(child));
  } finally {
    end();
    await ended;
    process.off("exit", end);
  }
}

async function origin(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^Serving (http\S+)/.exec(line);
    if (address) {
      // Whatever else it prints is not kept, and does not fill the pipe.
      child.stdout.resume();
      return address[1];
    }
  }
  throw new Error("`cargo jenny up` ended before it served anything");
}

/** Registers a user, and returns the token. */
export async function register(origin, username) {
  const user = { username, email: `${username}@example.com`, password: "correct horse" };
  const { user: registered } = await send(origin, "/api/users", undefined, { user });
  return registered.token;
}

/** Publishes an article, and returns it. */
export async function publish(origin, token, title) {
  const article = { title, description: "How it is done", body: "Gently.", tagList: ["dragons"] };
  return (await send(origin, "/api/articles", token, { article })).article;
}

async function send(origin, path, token, body) {
  const response = await fetch(origin + path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
  return response.json();
}
