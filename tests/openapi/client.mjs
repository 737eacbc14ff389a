// Generates a TypeScript client, as docs/api.md tells its readers to, checks the example there against it, and
// runs the example against the running service.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { serving } from "./service.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (program, ...options) =>
  execFileSync(at(`node_modules/.bin/${program}`), options, { cwd: at("."), stdio: "inherit" });

/** The one example of a page that is TypeScript. */
function example(page) {
  const [, code, ...others] = page.split(/^```ts\n([^]*?)^```$/m).filter((_, index) => index === 0 || index % 2);
  if (!code || others.length > 0) {
    throw new Error("docs/api.md should have one example in TypeScript");
  }
  return code;
}

mkdirSync(at("generated"), { recursive: true });
run("openapi-typescript", "../../openapi.json", "--output", "generated/api.d.ts");
writeFileSync(at("generated/example.ts"), example(readFileSync(at("../../docs/api.md"), "utf8")));
run("tsc", "--project", "tsconfig.json");

await serving(async (origin) => {
  process.env.ORIGIN = origin;
  const said = [];
  const log = console.log;
  console.log = (...words) => said.push(words.join(" "));
  try {
    await import("./generated/example.js");
  } finally {
    console.log = log;
  }
  const expected = ["How to train your dragon, by jacob", "404: There is no article with this slug."];
  if (said.join("\n") !== expected.join("\n")) {
    throw new Error(`the example says\n${said.join("\n")}\nand not\n${expected.join("\n")}`);
  }
  console.log("The example of docs/api.md compiles and does what it says");
});
