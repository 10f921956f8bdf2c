// Writes package-lock.json of the given client folders anew, with hashes and without any address:
// where packages come from is the business of whoever installs them.
//
//   node lock.mjs graphiql browser codegen relay transports
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const clients = dirname(fileURLToPath(import.meta.url));

for (const name of process.argv.slice(2)) {
  const folder = join(clients, name);
  const lockPath = join(folder, "package-lock.json");
  const arguments_ = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved"];
  execFileSync("npm", arguments_, { cwd: folder, stdio: "inherit" });
  const lock = JSON.parse(readFileSync(lockPath, "utf8"));
  for (const entry of Object.values(lock.packages)) {
    delete entry.resolved;
    delete entry.funding;
    delete entry.deprecated;
  }
  writeFileSync(lockPath, JSON.stringify(lock, null, 2) + "\n");
}
