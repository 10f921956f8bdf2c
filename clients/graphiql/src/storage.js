import { createLocalStorage } from "@graphiql/toolkit";

/** The entries that may hold headers: open tabs, history, favourites. */
const ENTRIES_WITH_HEADERS = /(^|:)(tabState|queries|favorites)$/;

/** Replaces the value of every `headers` key; tabs must keep the key itself. */
function withoutHeaders(text) {
  return JSON.stringify(JSON.parse(text), (key, value) => (key === "headers" ? null : value));
}

/**
 * Storage of one endpoint in the browser that never keeps typed headers.
 *
 * GraphiQL leaves headers out of stored tabs, but its history keeps them: a bearer token would
 * outlive the page.
 */
export function createHeaderlessStorage(endpoint) {
  const storage = createLocalStorage({ namespace: `gql_api:${endpoint}` });
  const { setItem } = storage;
  storage.setItem = (key, value) => {
    if (/(^|:)headers$/.test(key)) return;
    setItem(key, ENTRIES_WITH_HEADERS.test(key) ? withoutHeaders(value) : value);
  };
  return storage;
}
