// A service with Express: node express.js PORT
"use strict";
const express = require("express");
const metrics = require("./metrics");

const app = express();
app.use((request, response, next) => {
  const end = metrics.begin(request.method);
  // "close" also comes when the client leaves before the answer.
  const tell = () => end(request.route && request.baseUrl + request.route.path, response.statusCode);
  response.on("finish", tell);
  response.on("close", tell);
  next();
});

const orders = new Map();
app.get("/orders/:id", async (request, response) => {
  const known = orders.get(request.params.id);
  (known ? metrics.hits : metrics.misses).inc({ cache: "orders" });
  const order = known || await metrics.timed("select", async () => ({ id: request.params.id }));
  orders.set(request.params.id, order);
  metrics.pending.set({ queue: "invoices" }, orders.size);
  response.json(order);
});
app.get("/fail", (request, response) => response.status(500).send("out of order\n"));
app.get("/slow", (request, response) => setTimeout(() => response.send("at last\n"), 300));
app.get("/metrics", async (request, response) => {
  response.type(metrics.register.contentType).send(await metrics.register.metrics());
});

metrics.sockets.set(0);
app.listen(Number(process.argv[2] || 8002), "127.0.0.1");
