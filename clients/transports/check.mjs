// Runs graphql-ws, graphql-sse, urql and Apollo Client against a server with the schema of this suite.
//
//   node check.mjs URL
//
// Prints one line a check, then "N passed, N failed"; the exit status is 0 when nothing failed.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { BatchHttpLink } from "@apollo/client/link/batch-http";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client as UrqlClient, fetchExchange, subscriptionExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import { WebSocket } from "ws";

const url = process.argv[2];
const socketUrl = url.replace(/^http/, "ws");
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const QUERY = "query Folders { folders { totalCount } }";
const MUTATION = 'mutation Add($text: String!) { createNote(input: {text: $text}) { note { text } errors { code } } }';
const SUBSCRIPTION = "subscription Count { count(to: 3) }";
const INVALID = "query Invalid { nothing }";
const FIELD_ERROR = "query Broken { broken { text } }";
const COUNTED = [1, 2, 3];

const checks = [];
const check = (name, run) => checks.push([name, run]);

/** What an async iterable of results holds; as far as it goes. */
async function collect(results) {
  const found = [];
  for await (const each of results) found.push(each);
  return found;
}

/** The values of an observable. */
function values(observable) {
  return new Promise((resolve, reject) => {
    const found = [];
    observable.subscribe({ next: (each) => found.push(each), error: reject, complete: () => resolve(found) });
  });
}

/** The results of a source of urql. */
function urqlResults(source) {
  return new Promise((resolve) => {
    const found = [];
    source.subscribe((result) => {
      found.push(result);
      if (result.error || !result.hasNext || found.length === COUNTED.length) resolve(found);
    });
  });
}

for (const [name, make] of [
  ["graphql-ws", () => createWsClient({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 })],
  ["graphql-sse", () => createSseClient({ url, retryAttempts: 0 })],
]) {
  const iterate = (query, variables) => collect(make().iterate({ query, variables }));
  check(`${name}: query`, async () => {
    assert.deepEqual(await iterate(QUERY), [{ data: { folders: { totalCount: 1 } } }]);
  });
  check(`${name}: mutation`, async () => {
    const [{ data }] = await iterate(MUTATION, { text: name });
    assert.equal(data.createNote.note.text, name);
  });
  check(`${name}: subscription`, async () => {
    assert.deepEqual((await iterate(SUBSCRIPTION)).map((each) => each.data.count), COUNTED);
  });
  check(`${name}: field error`, async () => {
    const [{ data, errors }] = await iterate(FIELD_ERROR);
    assert.deepEqual([data, errors[0].extensions.code], [{ broken: null }, "INTERNAL_SERVER_ERROR"]);
  });
  check(`${name}: invalid document`, async () => {
    const errors = await iterate(INVALID).then(([result]) => result.errors, (error) => error);
    assert.equal(errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
  });
}

check("graphql-ws: reconnects", async () => {
  let sockets = 0;
  let socket;
  const client = createWsClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 3,
    retryWait: () => Promise.resolve(),
    on: { connected: (each) => { sockets += 1; socket = each; } },
  });
  const events = client.iterate({ query: "subscription { ticks }" });
  await events.next();
  socket.terminate();
  let event;
  do event = await events.next(); while (sockets < 2);
  assert.ok((event.value ?? (await events.next()).value).data.ticks >= 1);
  await events.return();
  await client.dispose();
});

check("graphql-ws: invalid credentials", async () => {
  const client = createWsClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: "Bearer nobody" },
  });
  await assert.rejects(collect(client.iterate({ query: QUERY })), { code: 4403 });
});

const makeUrql = (...exchanges) => new UrqlClient({ url, exchanges, preferGetMethod: false });

check("urql: query", async () => {
  const { data } = await makeUrql(fetchExchange).query(QUERY, {});
  assert.equal(data.folders.totalCount, 1);
});
check("urql: mutation", async () => {
  const { data } = await makeUrql(fetchExchange).mutation(MUTATION, { text: "urql" });
  assert.equal(data.createNote.note.text, "urql");
});
check("urql: error", async () => {
  const { error } = await makeUrql(fetchExchange).query(INVALID, {});
  assert.equal(error.graphQLErrors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
});
check("urql: persisted query", async () => {
  const persisted = persistedExchange({ preferGetForPersistedQueries: false });
  for (let round = 0; round < 2; round += 1) {
    const { data } = await makeUrql(persisted, fetchExchange).query("query Urql { folders { totalCount } }", {});
    assert.equal(data.folders.totalCount, 1);
  }
});
check("urql: subscription as events", async () => {
  const client = new UrqlClient({ url, exchanges: [fetchExchange], fetchSubscriptions: true, preferGetMethod: false });
  const results = await urqlResults(client.subscription(SUBSCRIPTION, {}));
  assert.deepEqual(results.map((each) => each.data?.count), COUNTED);
});
check("urql: subscription over WebSockets", async () => {
  const socket = createWsClient({ url: socketUrl, webSocketImpl: WebSocket });
  const forwardSubscription = (operation) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe(operation, sink) }),
  });
  const client = makeUrql(subscriptionExchange({ forwardSubscription }));
  const results = await urqlResults(client.subscription(SUBSCRIPTION, {}));
  assert.deepEqual(results.map((each) => each.data?.count), COUNTED);
  await socket.dispose();
});

const makeApollo = (link) => new ApolloClient({ link, cache: new InMemoryCache() });
const http = () => new HttpLink({ uri: url });

check("Apollo: query", async () => {
  const { data } = await makeApollo(http()).query({ query: gql(QUERY) });
  assert.equal(data.folders.totalCount, 1);
});
check("Apollo: mutation", async () => {
  const { data } = await makeApollo(http()).mutate({ mutation: gql(MUTATION), variables: { text: "apollo" } });
  assert.equal(data.createNote.note.text, "apollo");
});
check("Apollo: error", async () => {
  const { error } = await makeApollo(http()).query({ query: gql(INVALID), errorPolicy: "all" });
  assert.equal(error.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
});
check("Apollo: persisted query", async () => {
  const link = ApolloLink.from([new PersistedQueryLink({ sha256 }), http()]);
  for (let round = 0; round < 2; round += 1) {
    const { data } = await makeApollo(link).query({ query: gql("query Apollo { folders { totalCount } }") });
    assert.equal(data.folders.totalCount, 1);
  }
});
check("Apollo: batch", async () => {
  const bodies = [];
  const send = (uri, options) => (bodies.push(JSON.parse(options.body)), fetch(uri, options));
  const client = makeApollo(new BatchHttpLink({ uri: url, fetch: send }));
  const [counted, refused] = await Promise.all([
    client.query({ query: gql(QUERY) }),
    client.query({ query: gql(INVALID), errorPolicy: "all" }),
  ]);
  assert.equal(counted.data.folders.totalCount, 1);
  assert.equal(refused.error.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
  assert.deepEqual(bodies.map((each) => each.length), [2]);
});
check("Apollo: subscription over WebSockets", async () => {
  const socket = createWsClient({ url: socketUrl, webSocketImpl: WebSocket });
  const results = await values(makeApollo(new GraphQLWsLink(socket)).subscribe({ query: gql(SUBSCRIPTION) }));
  assert.deepEqual(results.map((each) => each.data.count), COUNTED);
  await socket.dispose();
});

let failed = 0;
for (const [name, run] of checks) {
  try {
    await Promise.race([run(), new Promise((_, reject) => setTimeout(reject, 15_000, new Error("no answer")).unref())]);
    console.log(`passed  ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error?.stack ?? JSON.stringify(error)}`);
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
