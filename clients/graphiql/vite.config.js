import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { licences } from "./licences.js";

const notices = licences("THIRD_PARTY_LICENSES.txt");

export default defineConfig({
  base: "./",
  plugins: [react(), notices.write()],
  worker: { format: "es", plugins: () => [notices.collect()] },
  build: {
    outDir: "../../gql_api/server/static/graphiql",
    emptyOutDir: true,
    // Nothing as "data:" and no injected script: the page's policy refuses both.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      // "use no memo" speaks to a compiler that has already run on these packages.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
});
