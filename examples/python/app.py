"""A service with FastAPI: python3 app.py PORT"""

import asyncio
import sys

import uvicorn
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

import metrics

app = FastAPI()
app.add_middleware(metrics.Red)
orders = {}


@app.get("/orders/{id}")
async def order(id: str):
    known = orders.get(id)
    (metrics.HITS if known else metrics.MISSES).labels("orders").inc()
    if not known:
        with metrics.QUERIES.labels("select").time():
            orders[id] = known = {"id": id}
    metrics.PENDING.labels("invoices").set(len(orders))
    return known


@app.get("/fail")
async def fail():
    return Response("out of order\n", status_code=500)


@app.get("/slow")
async def slow():
    await asyncio.sleep(0.3)
    return Response("at last\n")


@app.get("/metrics")
async def page():
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8004
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
