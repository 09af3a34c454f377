// A service with Fastify: node fastify.js PORT
"use strict";
const fastify = require("fastify");
const metrics = require("./metrics");

const app = fastify();
app.addHook("onRequest", async (request, reply) => {
  const end = metrics.begin(request.method);
  const tell = () => end(request.routeOptions.url, reply.raw.statusCode);
  reply.raw.on("finish", tell);
  // Also comes when the client leaves before the answer.
  reply.raw.on("close", tell);
});

const orders = new Map();
app.get("/orders/:id", async (request) => {
  const known = orders.get(request.params.id);
  (known ? metrics.hits : metrics.misses).inc({ cache: "orders" });
  const order = known || await metrics.timed("select", async () => ({ id: request.params.id }));
  orders.set(request.params.id, order);
  metrics.pending.set({ queue: "invoices" }, orders.size);
  return order;
});
app.get("/fail", async (request, reply) => reply.code(500).send("out of order\n"));
app.get("/slow", async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return "at last\n";
});
app.get("/metrics", async (request, reply) => {
  return reply.type(metrics.register.contentType).send(await metrics.register.metrics());
});

metrics.sockets.set(0);
app.listen({ port: Number(process.argv[2] || 8003), host: "127.0.0.1" });
