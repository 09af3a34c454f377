import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running server. */
const server = process.env.FLYBALL_URL ?? "http://127.0.0.1:1788";

/** Puts `.gz` and `.br` beside each text that becomes smaller, for the server to hand out as is. */
function compress() {
  return {
    name: "compress",
    apply: "build" as const,
    writeBundle({ dir = "dist" }: { dir?: string }) {
      const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
      for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
        if (!/\.(js|css|svg|json)$/.test(name) || name.startsWith(".vite")) continue;
        const plain = readFileSync(join(dir, name));
        const gzip = gzipSync(plain, { level: 9 });
        const brotli = brotliCompressSync(plain, { params: quality });
        if (gzip.length < plain.length) writeFileSync(join(dir, `${name}.gz`), gzip);
        if (brotli.length < plain.length) writeFileSync(join(dir, `${name}.br`), brotli);
      }
    },
  };
}

const FRAME =
  /node_modules\/(preact|@preact)\/|src\/(styles\/|app\/(?!palette|help|find|range_panel)|components\/(button|icon|lazy|menu|state|toast)|api\/(client|prometheus)|dashboards\/api)/;
const ALWAYS = /assets\/(frame|rolldown-runtime)-/;
const PARTS =
  /src\/(components\/(dialog|field|tabs|virtual)|pages\/parts\/(page_head|rows|labels|when|facts))\./;
const FIGURES = /src\/(format\/|panels\/(number|reduce)\.ts|charts\/(colors|theme))/;
const PANELS =
  /src\/(panels\/(display|frame|interpolate|links|macros|mappings|names|overrides|plan|prometheus_frames|query|step|tail|thresholds|variable_\w+)\.ts|panels\/views\/(timeseries|props|parts)\.tsx|panels\/panels\.css|dashboards\/dashboards\.css|dashboards\/(session|panel_status|annotations|layout|use_panel|together)\.)/;

export default defineConfig({
  // Addresses are relative to the page's <base>, so that any route prefix works.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [compress()],
  build: {
    target: "es2022",
    // Browsers that know light-dark().
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: {
      polyfill: false,
      // What every page has already need not be named by whoever loads a chunk.
      resolveDependencies: (_file, needed, { hostType }) =>
        hostType === "html" ? needed : needed.filter((file) => !ALWAYS.test(file)),
    },
    // Which chunk needs which others: read by the test of the sizes.
    manifest: true,
    rolldownOptions: {
      output: {
        chunkFileNames: ({ facadeModuleId, name }) => {
          const page = /pages\/([a-z-]+)\/page\.tsx$/.exec(facadeModuleId ?? "")?.[1];
          return `assets/${page ? `page-${page}` : name}-[hash].js`;
        },
        // Small parts that always come together are one file: it packs better, and is one request.
        codeSplitting: {
          groups: [
            { name: "frame", test: FRAME },
            { name: "figures", test: FIGURES },
            { name: "parts", test: PARTS },
            { name: "panels", test: PANELS },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      "/api": server,
      "/config/v1": server,
      "/-": server,
      "/metrics": server,
      "/grafana": server,
    },
  },
  test: { include: ["src/**/*.test.ts"], setupFiles: ["src/test-setup.ts"] },
});
