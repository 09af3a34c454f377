// Metrics of a service under the names that Flyball's dashboards and rules know.
"use strict";
const client = require("prom-client");

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const requests = new client.Counter({
  name: "http_requests_total", help: "Requests answered.", labelNames: ["method", "route", "code"],
});
const durations = new client.Histogram({
  name: "http_request_duration_seconds", help: "Durations of requests.",
  labelNames: ["method", "route"], buckets,
});
const active = new client.Gauge({
  name: "http_requests_active", help: "Requests being answered.", labelNames: ["method"],
});
const queries = new client.Histogram({
  name: "db_query_duration_seconds", help: "Durations of queries.", labelNames: ["operation"],
  buckets,
});
const hits = new client.Counter({
  name: "cache_hits_total", help: "Reads of a cache that found something.", labelNames: ["cache"],
});
const misses = new client.Counter({
  name: "cache_misses_total", help: "Reads of a cache that found nothing.", labelNames: ["cache"],
});
const sockets = new client.Gauge({
  name: "websocket_connections_active", help: "Open WebSockets.",
});
const pending = new client.Gauge({
  name: "queue_pending", help: "Jobs that wait.", labelNames: ["queue"],
});

/** Notes a request; call what it returns, once, with the route's pattern and the status. */
function begin(method) {
  active.inc({ method });
  const end = durations.startTimer({ method });
  let ended = false;
  return (route, code) => {
    if (ended) return;
    ended = true;
    active.dec({ method });
    const pattern = route || "unmatched";
    end({ route: pattern });
    requests.inc({ method, route: pattern, code: String(code) });
  };
}

/** Times a query of the database. */
async function timed(operation, query) {
  const end = queries.startTimer({ operation });
  try {
    return await query();
  } finally {
    end();
  }
}

module.exports = { begin, timed, hits, misses, sockets, pending, register: client.register };
