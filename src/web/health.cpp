#include "web/health.hpp"

#include <prometheus/text_serializer.h>

#include <vector>

#include "web/reply.hpp"

namespace qp::web {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type, std::uint64_t value) {
  ClientMetric metric;
  if (type == MetricType::Counter) {
    metric.counter.value = static_cast<double>(value);
  } else {
    metric.gauge.value = static_cast<double>(value);
  }
  return MetricFamily{std::move(name), std::move(help), type, {std::move(metric)}};
}

void add_server(const net::Server& server, std::vector<MetricFamily>& families) {
  const net::Server::Counters counters = server.counters();
  const auto add = [&](const char* name, const char* help, MetricType type, std::uint64_t value) {
    families.push_back(family(name, help, type, value));
  };
  add("quadpub_http_requests_total", "Requests read", MetricType::Counter, counters.requests);
  add("quadpub_http_rejected_total", "Requests and connections refused before a handler",
      MetricType::Counter, counters.rejected);
  add("quadpub_http_connections_total", "Connections accepted", MetricType::Counter,
      counters.connections);
  add("quadpub_http_open_connections", "Connections open now", MetricType::Gauge,
      counters.open_connections);
  add("quadpub_http_parked_requests", "Requests that wait for a key", MetricType::Gauge,
      counters.parked);
  add("quadpub_http_queue_full_total", "Requests answered 503 because the queue was full",
      MetricType::Counter, counters.queue_full);
  add("quadpub_http_body_bytes", "Bytes of requests' bodies that are held now", MetricType::Gauge,
      counters.body_bytes);
}

void add_delivery(const ap::Delivery& delivery, std::vector<MetricFamily>& families) {
  const ap::Delivery::Counters counters = delivery.counters();
  families.push_back(family("quadpub_deliveries_total", "Deliveries that arrived",
                            MetricType::Counter, counters.delivered));
  families.push_back(family("quadpub_delivery_failures_total", "Attempts that failed",
                            MetricType::Counter, counters.failed));
  families.push_back(family("quadpub_deliveries_dropped_total", "Deliveries given up",
                            MetricType::Counter, counters.dropped));
}

Result<void> add_store(store::Store& store, std::vector<MetricFamily>& families) {
  const store::Statistics statistics = QP_TRY(store.statistics());
  families.push_back(
      family("quadpub_store_quads", "Quads stored", MetricType::Gauge, statistics.quads));
  families.push_back(family("quadpub_store_documents", "Documents stored", MetricType::Gauge,
                            statistics.documents));
  families.push_back(family("quadpub_store_file_bytes", "Size of the store's file",
                            MetricType::Gauge, statistics.file_bytes));
  families.push_back(
      family("quadpub_queue_items", "Deliveries that wait", MetricType::Gauge, statistics.queued));
  return {};
}

}  // namespace

Result<net::Response> get_health(Context&, const Exchange&) {
  return reply(200, "ok\n", "text/plain; charset=utf-8");
}

Result<net::Response> get_readiness(Context& context, const Exchange&) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  return reply(200, "ready\n", "text/plain; charset=utf-8");
}

Result<net::Response> get_metrics(Context& context, const Exchange& exchange) {
  if (!exchange.request.loopback && !context.config.metrics_public) {
    return Error{Code::NotFound, "metrics asked for by " + exchange.request.peer, {}};
  }
  std::vector<MetricFamily> families;
  if (context.server) add_server(*context.server, families);
  if (context.delivery) add_delivery(*context.delivery, families);
  QP_TRY(add_store(context.store, families));
  net::Response response = reply(200, prometheus::TextSerializer().Serialize(families),
                                 "text/plain; version=0.0.4; charset=utf-8");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

}  // namespace qp::web
