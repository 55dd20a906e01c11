#include "server/telemetry/request_record.h"

#include <chrono>
#include <string>
#include <utility>

#include "http/path.h"
#include "observe/access/access_log.h"
#include "observe/metrics.h"
#include "observe/tracing/span_queue.h"
#include "server/active_request.h"
#include "server/telemetry/failure_event.h"
#include "server/telemetry/telemetry.h"

namespace tusk::server::telemetry {

namespace {

constexpr int kFirstServerError = 500;

class Header final : public observe::AccessRecord::Header {
 public:
  explicit Header(const http::RequestHead& head) : head_(head) {}
  std::string_view find(std::string_view name) const override { return head_.find(name); }

 private:
  const http::RequestHead& head_;
};

// Chooses by a number that looks random: what a client sends does not decide.
bool is_sampled(const ActiveRequest& request, std::uint64_t millionths) {
  if (millionths >= kWholeRatio) return true;
  constexpr unsigned kLane = 2;
  const std::uint64_t number = request.has_head() ? request.job().request_id : 0;
  return http::random_bits_of(number, kLane) % kWholeRatio < millionths;
}

bool is_excluded(const ActiveRequest& request, const rules::PathList& paths) {
  if (paths.empty() || !request.has_head()) return false;
  std::string path;
  const std::string_view raw = request.head().view(request.head().path);
  if (http::decode_path(raw, path).error != http::PathError::kNone) return false;
  return paths.contains(path);
}

bool is_logged(const ActiveRequest& request, base::Duration duration) {
  const Telemetry* const telemetry = request.listener.telemetry;
  if (telemetry == nullptr || request.response.status() >= kFirstServerError) return true;
  if (is_excluded(request, telemetry->access_excluded)) return false;
  return duration >= telemetry->access_slow || is_sampled(request, telemetry->access_sample);
}

void set_script_facts(const ActiveRequest& request, observe::AccessRecord& record) {
  const exec::Exchange& exchange = *request.exchange;
  record.script = exchange.job.view(exchange.job.script_filename);
  if (!exchange.has_started()) return;
  record.worker = static_cast<unsigned>(exchange.worker);
  record.queue_wait = exchange.started - exchange.job.enqueued;
  if (!request.exchange.reply_has(exec::Exchange::kFinished)) return;
  if (exchange.cost.ended.time_since_epoch().count() != 0) {
    record.php_time = exchange.cost.ended - exchange.started;
  }
  record.cpu_time = exchange.cost.cpu;
  record.memory_peak_bytes = exchange.cost.memory_peak_bytes;
}

void log_access(const ActiveRequest& request, base::Duration duration) {
  observe::AccessRecord record;
  record.tls_version = request.connection.tls.version;
  record.tls_cipher = request.connection.tls.cipher;
  record.status = request.response.status();
  record.body_bytes_sent = request.response.body_bytes();
  record.duration = duration;
  if (!request.has_head()) {
    record.remote_address = request.connection.peer.address;
    return observe::log_access(record);
  }
  const exec::Job& job = request.job();
  const http::RequestHead& head = job.head;
  const Header header(head);
  const http::RequestId id = job.id();
  record.header = &header;
  record.remote_address = job.view(job.origin.client_address);
  record.method = head.view(head.method);
  record.target = head.view(head.target);
  record.protocol = http::version_text(head.version);
  record.scheme = job.origin.tls ? "https" : "http";
  record.host = head.view(head.authority);
  record.request_id = id.view();
  record.request_number = job.request_id;
  const auto trace_id = http::trace_id_text(job.trace);
  const auto span_id = http::span_id_text(job.trace.span);
  if (job.trace.on()) {
    record.trace_id = {trace_id.data(), trace_id.size()};
    record.span_id = {span_id.data(), span_id.size()};
  }
  if (request.answered_by != observe::AnsweredBy::kNone) {
    record.answered_by = observe::kAnsweredBy[static_cast<std::size_t>(request.answered_by)];
  }
  set_script_facts(request, record);
  observe::log_access(record);
}

// --- spans ---

constexpr unsigned kQueueSpanLane = 6;
constexpr unsigned kPhpSpanLane = 7;

class WallClock {
 public:
  explicit WallClock(base::MonotonicTime now)
      : monotonic_(now), wall_(std::chrono::system_clock::now()) {}
  observe::tracing::SystemTime of(base::MonotonicTime time) const {
    using Duration = std::chrono::system_clock::duration;
    return wall_ - std::chrono::duration_cast<Duration>(monotonic_ - time);
  }

 private:
  base::MonotonicTime monotonic_;
  std::chrono::system_clock::time_point wall_;
};

std::string_view protocol_version(http::Version version) {
  switch (version) {
    case http::Version::kHttp10:
      return "1.0";
    case http::Version::kHttp11:
      return "1.1";
    case http::Version::kHttp2:
      return "2";
  }
  return {};
}

void set_script_spans(const ActiveRequest& request, const WallClock& clock,
                      observe::tracing::RequestTrace& trace) {
  const exec::Exchange& exchange = *request.exchange;
  if (!exchange.has_started()) return;
  const exec::Job& job = exchange.job;
  trace.script = job.view(job.script_filename);
  trace.worker = static_cast<unsigned>(exchange.worker);
  trace.queue = {.id = http::random_bits_of(job.request_id, kQueueSpanLane),
                 .begin = clock.of(job.enqueued),
                 .end = clock.of(exchange.started)};
  if (!request.exchange.reply_has(exec::Exchange::kFinished)) return;
  if (exchange.cost.ended.time_since_epoch().count() == 0) return;
  trace.php = {.id = http::random_bits_of(job.request_id, kPhpSpanLane),
               .begin = clock.of(exchange.started),
               .end = clock.of(exchange.cost.ended)};
  trace.memory_peak_bytes = exchange.cost.memory_peak_bytes;
}

// Many spans may wait for their collector, and clients choose these texts.
std::string_view clipped(std::string_view text) {
  constexpr std::size_t kMostBytes = 1024;
  return text.substr(0, kMostBytes);
}

void export_spans(const ActiveRequest& request, observe::tracing::SpanQueue& queue,
                  base::MonotonicTime now) {
  const exec::Job& job = request.job();
  const http::RequestHead& head = job.head;
  const WallClock clock(now);
  observe::tracing::RequestTrace trace;
  trace.trace_high = job.trace.trace_high;
  trace.trace_low = job.trace.trace_low;
  trace.span = job.trace.span;
  trace.parent = job.trace.parent;
  trace.begin = clock.of(request.received);
  trace.end = clock.of(now);
  trace.method = head.view(head.method);
  const std::string_view target = head.view(head.target);
  trace.path = clipped(target.substr(0, target.find('?')));
  trace.scheme = job.origin.tls ? "https" : "http";
  trace.host = clipped(head.view(head.authority));
  trace.client_address = job.view(job.origin.client_address);
  trace.user_agent = clipped(head.find("user-agent"));
  trace.protocol_version = protocol_version(head.version);
  trace.request_id = job.id().view();
  trace.status = request.response.status();
  trace.body_bytes_sent = request.response.body_bytes();
  set_script_spans(request, clock, trace);
  const std::uint64_t spans = trace.span_count();
  if (!queue.push(std::move(trace))) {
    request.loop.metrics.add<observe::Metric::kSpansDropped>(spans);
  }
}

}  // namespace

void record(ActiveRequest& request, base::MonotonicTime now) {
  const base::Duration duration = now - request.received;
  if (request.response.status() >= kFirstServerError) note_failure(request, duration);
  if (request.listener.access_log && is_logged(request, duration)) log_access(request, duration);
  const Telemetry* const telemetry = request.listener.telemetry;
  if (telemetry == nullptr || telemetry->spans == nullptr || !request.has_head()) return;
  if (request.job().trace.sampled()) export_spans(request, *telemetry->spans, now);
}

}  // namespace tusk::server::telemetry
