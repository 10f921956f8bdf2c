// Workers first: the editor looks for them as soon as it is imported.
import "graphiql/setup-workers/vite";
// The parts of "graphiql/style.css" without its inlined fonts, which a strict policy refuses.
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { readConfig, readSharedOperation } from "./config.js";
import { createHeaderlessStorage } from "./storage.js";

const config = readConfig(document, window.location);
const shared = readSharedOperation(window.location);

// No fixed socket client: the fetcher opens one per subscription with the typed headers.
const fetcher = createGraphiQLFetcher({
  url: config.endpoint,
  subscriptionUrl: config.subscriptionEndpoint,
});

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    storage={createHeaderlessStorage(config.endpoint)}
    plugins={[HISTORY_PLUGIN, explorerPlugin()]}
    defaultQuery={config.defaultQuery}
    initialQuery={shared.query}
    initialVariables={shared.variables}
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>gql_api</GraphiQL.Logo>
  </GraphiQL>,
);
