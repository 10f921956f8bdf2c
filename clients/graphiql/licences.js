import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const NOTICE_NAME = /^(licen[cs]e|copying|notice|thirdpartynotices)(\.(md|txt))?$/i;

const MIT_TERMS = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

/** Returns the folder of the npm package that a bundled module comes from, or null for own files. */
function packageFolder(moduleId) {
  const path = moduleId.replace(/^\0+/, "").split("?")[0];
  if (!path.includes("/node_modules/")) return null;
  for (let folder = dirname(path); folder.includes("/node_modules/"); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    // Folders inside a package may hold a nameless package.json that only sets the module type.
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version) return folder;
  }
  return null;
}

function describePackage(folder) {
  const { name, version, license, author } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  const notices = readdirSync(folder)
    .filter((file) => NOTICE_NAME.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").replace(/\r\n/g, "\n").trim());
  const title = `${name} ${version} (${license})`;
  if (notices.length > 0) return { title, text: notices.join("\n\n") };
  if (license !== "MIT") throw new Error(`${title} ships no licence text: add one here`);
  // Some packages name the licence but leave its text in their repository's root.
  const holder = (typeof author === "string" ? author : author?.name) ?? `the ${name} contributors`;
  return { title, text: `MIT License\n\nCopyright (c) ${holder}\n\n${MIT_TERMS}` };
}

/**
 * Collects every package that ends in the bundle, workers included, and writes their licences.
 *
 * Use `collect()` for the workers' plugins and `write()` for the page's: workers are bundled first.
 */
export function licences(fileName) {
  const folders = new Set();
  const collectFrom = (bundle) => {
    for (const output of Object.values(bundle)) {
      for (const moduleId of [...Object.keys(output.modules ?? {}), ...(output.originalFileNames ?? [])]) {
        const folder = packageFolder(moduleId);
        if (folder) folders.add(folder);
      }
    }
  };
  const text = () => {
    const packages = [...folders].map(describePackage);
    const unique = new Map(packages.map((entry) => [entry.title, entry.text]));
    const sections = [...unique].sort(([a], [b]) => (a < b ? -1 : 1));
    const rule = "=".repeat(80);
    return sections.map(([title, body]) => `${rule}\n${title}\n${rule}\n\n${body}\n`).join("\n");
  };
  return {
    collect: () => ({ name: "licences-collect", generateBundle: (_, bundle) => collectFrom(bundle) }),
    write: () => ({
      name: "licences-write",
      // Styles leave the module graph early; the graph of the page still knows them.
      generateBundle(_, bundle) {
        collectFrom(bundle);
        for (const moduleId of this.getModuleIds()) {
          const folder = /\.css($|\?)/.test(moduleId) ? packageFolder(moduleId) : null;
          if (folder) folders.add(folder);
        }
        this.emitFile({ type: "asset", fileName, source: text() });
      },
    }),
  };
}
