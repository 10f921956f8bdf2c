/**
 * Reads what the server wrote into the page's data block.
 *
 * `endpoint` is a path on this origin; the socket endpoint is the same path with the socket scheme.
 */
export function readConfig(document, location) {
  const { endpoint = "/graphql", defaultQuery } = JSON.parse(
    document.getElementById("gql-config").textContent,
  );
  const socketScheme = location.protocol === "https:" ? "wss:" : "ws:";
  return {
    endpoint,
    subscriptionEndpoint: `${socketScheme}//${location.host}${endpoint}`,
    defaultQuery: defaultQuery ?? undefined,
  };
}

/** Reads the operation of a shared link: `?query=…&variables=…`; absent parts are undefined. */
export function readSharedOperation(location) {
  const parameters = new URLSearchParams(location.search);
  return {
    query: parameters.get("query") ?? undefined,
    variables: parameters.get("variables") ?? undefined,
  };
}
