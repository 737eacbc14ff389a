// Sends what the document allows and what it forbids to the running service, and holds every answer against
// it: schemathesis, with all its checks. `schemathesis.toml` says what it may find, and why.
//
// The command that runs schemathesis comes as arguments: `node fuzz.mjs st`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { publish, register, serving } from "./service.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

await serving(async (origin) => {
  // Somebody to be, and something to find.
  const token = await register(origin, "jacob");
  await publish(origin, token, "How to train your dragon");
  await register(origin, "celeb_ann");

  const [command, ...options] = process.argv.slice(2);
  const fuzzing = spawn(command, [...options, "run", `${origin}/openapi.json`], {
    cwd: HERE,
    env: { ...process.env, TOKEN: token },
    stdio: "inherit",
  });
  const [code] = await once(fuzzing, "exit");
  process.exitCode = code ?? 1;
});
