import { defineConfig } from "vitest/config";

function included(): string {
  if (process.env.FLYBALL_UI_BENCH) return "e2e/bench{,_large}.ts";
  return process.env.FLYBALL_SCREENSHOTS ? "e2e/screenshots.ts" : "e2e/**/*.e2e.ts";
}

/** Tests in a real browser against the real binary; one file after another, as two cores allow. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: [included()],
    fileParallelism: false,
    // A browser on a busy machine may lose a click; a defect fails three times.
    retry: 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
