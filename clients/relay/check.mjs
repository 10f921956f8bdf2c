// Compiles a Relay application's documents against the committed schema.
//
//   node check.mjs [SCHEMA_PATH]
//
// Prints one line a check, then "N passed, N failed"; the exit status is 0 when nothing failed.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import compiler from "relay-compiler";

const here = dirname(fileURLToPath(import.meta.url));
const schemaPath = resolve(process.argv[2] ?? join(here, "../../schema.graphql"));
const generated = join(here, "generated");
const OPERATIONS = [
  "PostCommentsPaginationQuery",
  "PostDetailQuery",
  "PostDetailRefetchQuery",
  "PostListPaginationQuery",
  "PostListQuery",
  "PostMutationsCreateMutation",
  "PostMutationsDeleteMutation",
  "PostMutationsUpdateMutation",
];

function compile(...options) {
  execFileSync(compiler, [...options, "relay.config.json"], { cwd: here, stdio: "pipe" });
}

function readArtifact(name) {
  return readFileSync(join(generated, "artifacts", `${name}.graphql.ts`), "utf8");
}

/** The documents that a server may trust: what Relay really sends, by operation name. */
function readPersisted() {
  const texts = Object.values(JSON.parse(readFileSync(join(generated, "persisted.json"), "utf8")));
  return Object.fromEntries(texts.map((text) => [/(?:query|mutation) (\w+)/.exec(text)[1], text]));
}

function expect(name, text, pattern) {
  if (!pattern.test(text)) throw new Error(`${name} does not hold ${pattern}`);
}

const steps = {
  "the documents fit the schema": () => {
    rmSync(generated, { recursive: true, force: true });
    mkdirSync(join(generated, "artifacts"), { recursive: true });
    // The compiler reads nothing outside its project and writes this list only where one is.
    copyFileSync(schemaPath, join(generated, "schema.graphql"));
    writeFileSync(join(generated, "persisted.json"), "{}");
    compile();
  },
  "every operation is in the list of trusted documents": () => {
    const names = Object.keys(readPersisted()).sort();
    if (names.join() !== OPERATIONS.join()) throw new Error(`it holds ${names.join(", ")}`);
  },
  "a fragment on an object is read again through node": () => {
    const text = readPersisted().PostDetailRefetchQuery;
    expect("PostDetailRefetchQuery", text, /node\(id: \$id\)[^]*__typename/);
  },
  "a connection of a root field pages forwards": () => {
    const text = readPersisted().PostListPaginationQuery;
    expect("PostListPaginationQuery", text, /posts\([^)]*after: \$cursor[^]*cursor/);
    expect("PostListPaginationQuery", text, /pageInfo {\s*endCursor\s*hasNextPage/);
    expect("PostListPaginationQuery", readArtifact("PostListPaginationQuery"), /"key": "PostList_posts"/);
  },
  "a connection of an object pages backwards through node": () => {
    const text = readPersisted().PostCommentsPaginationQuery;
    expect("PostCommentsPaginationQuery", text, /node\(id: \$id\)/);
    expect("PostCommentsPaginationQuery", text, /pageInfo {\s*hasPreviousPage\s*startCursor/);
  },
  "mutations change the lists on the page": () => {
    const created = readArtifact("PostMutationsCreateMutation");
    const deleted = readArtifact("PostMutationsDeleteMutation");
    expect("PostMutationsCreateMutation", created, /"handle": "prependEdge"/);
    expect("PostMutationsDeleteMutation", deleted, /"handle": "deleteEdge"/);
  },
  "no scalar is left untyped": () => {
    const artifacts = readdirSync(join(generated, "artifacts"));
    const names = artifacts.map((file) => file.replace(".graphql.ts", ""));
    if (names.length === 0) throw new Error("nothing was generated");
    const untyped = names.filter((name) => /: any\b/.test(readArtifact(name)));
    if (untyped.length > 0) throw new Error(`any in ${untyped.join(", ")}`);
  },
  "a second run changes nothing": () => compile("--validate"),
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    step();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    const output = [error.stdout, error.stderr].filter(Boolean).join("\n");
    console.log(`FAILED  ${name}: ${output || error.message}`);
  }
}
console.log(`${Object.keys(steps).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
