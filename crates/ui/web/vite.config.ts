import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running server. */
const server = process.env.FLYBALL_URL ?? "http://127.0.0.1:1788";

export default defineConfig({
  // Addresses are relative to the page's <base>, so that any route prefix works.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // Browsers that know light-dark().
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": server, "/-": server, "/metrics": server, "/grafana": server } },
  test: { include: ["src/**/*.test.ts"], setupFiles: ["src/test-setup.ts"] },
});
