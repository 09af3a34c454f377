"""Metrics of a service under the names that Flyball's dashboards and rules know."""

import time

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# The library writes the `_total` itself.
REQUESTS = Counter("http_requests", "Requests answered.", ["method", "route", "code"])
DURATIONS = Histogram(
    "http_request_duration_seconds", "Durations of requests.", ["method", "route"], buckets=BUCKETS
)
ACTIVE = Gauge("http_requests_active", "Requests being answered.", ["method"])
QUERIES = Histogram(
    "db_query_duration_seconds", "Durations of queries.", ["operation"], buckets=BUCKETS
)
HITS = Counter("cache_hits", "Reads of a cache that found something.", ["cache"])
MISSES = Counter("cache_misses", "Reads of a cache that found nothing.", ["cache"])
SOCKETS = Gauge("websocket_connections_active", "Open WebSockets.")
PENDING = Gauge("queue_pending", "Jobs that wait.", ["queue"])


class Red:
    """ASGI middleware: rate, errors and duration of every request, WebSockets counted apart."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            with SOCKETS.track_inprogress():
                return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        method, code, begun = scope["method"], 500, time.perf_counter()

        async def told(message):
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        ACTIVE.labels(method).inc()
        try:
            await self.app(scope, receive, told)
        finally:
            ACTIVE.labels(method).dec()
            # The router leaves the route that matched in the scope.
            route = getattr(scope.get("route"), "path", "unmatched")
            DURATIONS.labels(method, route).observe(time.perf_counter() - begun)
            REQUESTS.labels(method, route, str(code)).inc()
