// Drives GraphiQL in a real browser: loads it with every other host blocked, runs a query and a
// mutation, opens the Explorer, and saves a picture of the page.
//
//   node graphiql.mjs URL SCREENSHOT_PATH
//
// What to run comes from the environment:
//   GRAPHIQL_QUERY, GRAPHIQL_QUERY_ANSWER        a document, and a text of its answer
//   GRAPHIQL_MUTATION, GRAPHIQL_MUTATION_ANSWER  the same for a mutation; without it none is run
//   GRAPHIQL_TOKEN                               typed into the headers editor as a bearer token
//   CHROMIUM                                     the browser, by default /usr/bin/chromium
//
// Prints one line a check, then "N passed, N failed"; the exit status is 0 when nothing failed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const WAIT_MS = 20_000;
const LIMIT_MS = 120_000;
const SETTLE_MS = 1_000;
const BROWSER_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const FOREIGN_HOST = "foreign.invalid";

class Checks {
  passed = 0;
  failed = 0;

  /** Runs one check; a check that throws has failed, and the next one still runs. */
  async run(name, body) {
    try {
      await body();
      this.passed += 1;
      console.log(`ok      ${name}`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAILED  ${name}: ${error.message}`);
    }
  }

  get summary() {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

/** Blocks and records every request and socket that leaves for a host other than `allowedHost`. */
async function guardNetwork(context, allowedHost) {
  const foreign = [];
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.host === allowedHost) return route.continue();
    foreign.push(url.href);
    return route.abort();
  });
  await context.routeWebSocket(/.*/, (socket) => {
    if (new URL(socket.url()).host === allowedHost) return socket.connectToServer();
    foreign.push(socket.url());
    return socket.close();
  });
  return foreign;
}

/** Records what a page reports as an error, refusals by its policy included. */
function watchErrors(page) {
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  return errors;
}

/** The text of an editor as a reader sees it, without blanks: the editor wraps and indents. */
function squeeze(text) {
  return text.replace(/\s+/gu, "");
}

class Explorer {
  constructor(page) {
    this.page = page;
    this.operation = page.locator(".graphiql-query-editor .monaco-editor").first();
    this.response = page.locator(".graphiql-response .view-lines");
  }

  /** The document that the server chose for the first tab, if any. */
  async readDefaultQuery() {
    const config = await this.page.locator("#gql-config").textContent();
    return JSON.parse(config).defaultQuery ?? null;
  }

  async replaceText(editor, text) {
    await editor.locator(".view-lines").click();
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.press("Delete");
    await this.page.keyboard.insertText(text);
    await this.waitForText(editor.locator(".view-lines"), text);
  }

  /** A tab of its own: an edited one keeps its former operation name for a moment. */
  async openTab() {
    const count = await this.page.getByRole("tab").count();
    await this.page.getByRole("button", { name: "New tab" }).click();
    await this.page.getByRole("tab").nth(count).waitFor();
  }

  async typeOperation(text) {
    await this.replaceText(this.operation, text);
  }

  async typeHeaders(headers) {
    await this.page.getByRole("button", { name: "Headers", exact: true }).click();
    const editor = this.page.locator(".graphiql-editor-tool .monaco-editor:visible").first();
    await this.replaceText(editor, JSON.stringify(headers));
  }

  async execute() {
    // The tab and the history learn of typed text a little later; a reader is slower still.
    await this.page.waitForTimeout(SETTLE_MS);
    await this.page.getByRole("button", { name: /execute query/i }).click();
  }

  /** Reads an editor's lines from top to bottom: the document keeps them in another order. */
  async readLines(lines) {
    const texts = await lines.locator(".view-line").evaluateAll((elements) =>
      elements
        .map((element) => [parseFloat(element.style.top), element.textContent])
        .sort(([a], [b]) => a - b)
        .map(([, text]) => text),
    );
    return squeeze(texts.join("\n"));
  }

  async waitForText(lines, text) {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const seen = await this.readLines(lines);
      if (seen.includes(squeeze(text))) return;
      if (Date.now() > deadline) throw new Error(`expected ${text}, read ${seen.slice(0, 400)}`);
      await this.page.waitForTimeout(100);
    }
  }

  async openPanel() {
    await this.page.getByRole("button", { name: "Show GraphiQL Explorer" }).click();
    await this.page.locator(".graphiql-explorer-root").first().waitFor({ timeout: WAIT_MS });
  }
}

function assertEmpty(what, items) {
  if (items.length > 0) throw new Error(`${items.length} ${what}: ${items.join(" | ")}`);
}

async function proveGuard(context, foreign) {
  const blank = await context.newPage();
  await blank.evaluate((host) => fetch(`http://${host}/`).catch(() => null), FOREIGN_HOST);
  await blank.close();
  const seen = foreign.splice(0);
  if (!seen.some((url) => url.includes(FOREIGN_HOST))) throw new Error("a foreign request passed");
}

async function checkGraphiQL(context, { url, screenshotPath, settings }) {
  const checks = new Checks();
  const foreign = await guardNetwork(context, new URL(url).host);
  await checks.run("a foreign request is blocked and recorded", () => proveGuard(context, foreign));

  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const errors = watchErrors(page);
  const explorer = new Explorer(page);

  await checks.run("the page loads", async () => {
    await page.goto(url);
    await page.locator(".graphiql-query-editor .view-lines").waitFor();
    if ((await page.title()) !== "gql_api") throw new Error(`its title is ${await page.title()}`);
  });
  if (await explorer.readDefaultQuery()) {
    await checks.run("the first tab holds a working operation", async () => {
      await explorer.execute();
      await explorer.waitForText(explorer.response, '{ "data": {');
      const answer = await explorer.readLines(explorer.response);
      if (answer.includes('"errors"')) throw new Error(`it reads ${answer}`);
    });
  }
  await checks.run("a query is answered", async () => {
    await explorer.openTab();
    await explorer.typeOperation(settings.query);
    await explorer.execute();
    await explorer.waitForText(explorer.response, settings.queryAnswer);
  });
  await checks.run("the Explorer opens", () => explorer.openPanel());
  if (settings.mutation) {
    await checks.run("a mutation is answered", async () => {
      await explorer.openTab();
      if (settings.token) await explorer.typeHeaders({ Authorization: `Bearer ${settings.token}` });
      await explorer.typeOperation(settings.mutation);
      await explorer.execute();
      await explorer.waitForText(explorer.response, settings.mutationAnswer);
    });
  }
  await page.screenshot({ path: screenshotPath });
  await checks.run("tabs and history come back, the token does not", async () => {
    await page.reload();
    const last = settings.mutation ?? settings.query;
    await explorer.waitForText(explorer.operation.locator(".view-lines"), last);
    const stored = await page.evaluate(() => ({ ...localStorage }));
    const history = Object.entries(stored).find(([key]) => key.endsWith(":queries"));
    if (!history?.[1].includes(JSON.stringify(last).slice(1, -1))) throw new Error("no history");
    const leak = Object.entries(stored).find(([, value]) => value.includes(settings.token));
    if (settings.token && leak) throw new Error(`the token is stored in ${leak[0]}`);
  });
  await checks.run("no error in the console", () => assertEmpty("errors", errors));
  await checks.run("no request to another host", () => assertEmpty("requests", foreign));
  return checks;
}

async function main([url, screenshotPath]) {
  if (!url || !screenshotPath) throw new Error("usage: node graphiql.mjs URL SCREENSHOT_PATH");
  const { env } = process;
  const settings = {
    query: env.GRAPHIQL_QUERY ?? "{ __typename }",
    queryAnswer: env.GRAPHIQL_QUERY_ANSWER ?? '"__typename": "Query"',
    mutation: env.GRAPHIQL_MUTATION,
    mutationAnswer: env.GRAPHIQL_MUTATION_ANSWER ?? '"data"',
    token: env.GRAPHIQL_TOKEN,
  };
  const profile = await mkdtemp(join(tmpdir(), "gql-api-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: BROWSER_ARGUMENTS,
    viewport: { width: 1440, height: 900 },
  });
  const limit = setTimeout(() => context.close(), LIMIT_MS);
  try {
    const checks = await checkGraphiQL(context, { url, screenshotPath, settings });
    console.log(checks.summary);
    return checks.failed === 0 ? 0 : 1;
  } finally {
    clearTimeout(limit);
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.log(`FAILED  ${error.message}\n0 passed, 1 failed`);
  return 1;
});
