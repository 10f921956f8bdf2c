// Generates TypeScript from the committed schema and compiles an application's use of it.
//
//   node check.mjs [SCHEMA_PATH]
//
// Prints one line a check, then "N passed, N failed"; the exit status is 0 when nothing failed.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { generate } from "@graphql-codegen/cli";
import { buildSchema, isScalarType, isSpecifiedScalarType, Kind, parse } from "graphql";

import { scalars } from "./scalars.js";

const here = dirname(fileURLToPath(import.meta.url));
const schemaPath = resolve(process.argv[2] ?? join(here, "../../schema.graphql"));
const generated = join(here, "generated/");
const config = {
  schema: schemaPath,
  documents: [join(here, "src/*.ts")],
  silent: true,
  generates: {
    [generated]: {
      preset: "client",
      presetConfig: {
        fragmentMasking: { unmaskFunctionName: "readFragment" },
        persistedDocuments: { hashAlgorithm: "sha256" },
      },
      config: { scalars, strictScalars: true, enumsAsTypes: true, useTypeImports: true },
    },
  },
};

/** The operations written in the sources, by name. */
function listOperations() {
  const sources = readdirSync(join(here, "src")).map((name) =>
    readFileSync(join(here, "src", name), "utf8"),
  );
  const documents = sources.flatMap((source) => source.match(/(?<=graphql\(`)[^`]+(?=`\))/g) ?? []);
  return documents
    .flatMap((document) => parse(document).definitions)
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
}

function compileTypeScript() {
  const compiler = join(here, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "--project", join(here, "tsconfig.json")]);
}

const steps = {
  "every scalar of the schema has a TypeScript type": () => {
    const types = Object.values(buildSchema(readFileSync(schemaPath, "utf8")).getTypeMap());
    const own = types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
    const missing = own.map(({ name }) => name).filter((name) => !(name in scalars));
    if (missing.length > 0) throw new Error(`missing in scalars.js: ${missing.join(", ")}`);
  },
  "the documents fit the schema": async () => {
    rmSync(generated, { recursive: true, force: true });
    await generate(config, true);
  },
  "an application that uses the types compiles under strict rules": compileTypeScript,
  "every operation is in the list of trusted documents": () => {
    const trusted = readFileSync(join(generated, "persisted-documents.json"), "utf8");
    const hashes = Object.keys(JSON.parse(trusted));
    const count = listOperations().length;
    if (count === 0 || hashes.length !== count) {
      throw new Error(`${count} operations, ${hashes.length} trusted documents`);
    }
    const strange = hashes.filter((hash) => !/^(sha256:)?[0-9a-f]{64}$/.test(hash));
    if (strange.length > 0) throw new Error(`no SHA-256: ${strange.join(", ")}`);
  },
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    const details = error.errors?.map(({ message }) => message).join("\n");
    console.log(`FAILED  ${name}: ${details ?? error.stdout ?? error.message}`);
  }
}
console.log(`${Object.keys(steps).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
