#include "observe/tracing/otlp_json.h"

#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "observe/escape.h"

namespace tusk::observe::tracing {

namespace {

// SpanKind and StatusCode of trace.proto.
constexpr int kInternal = 1;
constexpr int kServer = 2;
constexpr int kError = 2;

constexpr int kFirstServerError = 500;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void begin_attributes() {
    out_.append(R"("attributes":[)");
    first_ = true;
  }
  void end_attributes() { out_.push_back(']'); }

  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    open(key);
    out_.append(R"({"stringValue":")");
    append_json_escaped(out_, value);
    out_.append("\"}}");
  }
  // 64-bit integers are strings in the JSON of protocol buffers.
  void number(std::string_view key, std::uint64_t value) {
    open(key);
    fmt::format_to(std::back_inserter(out_), R"({{"intValue":"{}"}}}})", value);
  }

  // Begins the object of a span: ids, name, kind and times.
  void begin_span(const RequestTrace& trace, const ChildSpan& span, std::uint64_t parent,
                  std::string_view name, int kind) {
    fmt::format_to(std::back_inserter(out_), R"({{"traceId":"{:016x}{:016x}","spanId":"{:016x}",)",
                   trace.trace_high, trace.trace_low, span.id);
    if (parent != 0) {
      fmt::format_to(std::back_inserter(out_), R"("parentSpanId":"{:016x}",)", parent);
    }
    out_.append(R"("name":")");
    append_json_escaped(out_, name);
    fmt::format_to(std::back_inserter(out_),
                   R"(","kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}",)", kind,
                   nanoseconds(span.begin), nanoseconds(span.end));
  }

 private:
  static std::int64_t nanoseconds(SystemTime time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  }

  void open(std::string_view key) {
    if (!first_) out_.push_back(',');
    first_ = false;
    out_.append(R"({"key":")").append(key).append(R"(","value":)");
  }

  std::string& out_;
  bool first_ = true;
};

// The name of a span stands for many requests: the script, and not the path.
std::string name_of(const RequestTrace& trace) {
  const std::size_t slash = trace.script.rfind('/');
  if (trace.script.empty()) return trace.method;
  return trace.method + " " + trace.script.substr(slash == std::string::npos ? 0 : slash + 1);
}

// "shop.example:8080", "[::1]:8080": the port is an attribute of its own.
void append_host(Writer& writer, std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == host.npos;
  writer.text("server.address", host.substr(0, has_port ? colon : host.size()));
  std::uint16_t port = 0;
  if (!has_port) return;
  const char* const end = host.data() + host.size();
  const auto read = std::from_chars(host.data() + colon + 1, end, port);
  if (read.ec == std::errc{} && read.ptr == end) writer.number("server.port", port);
}

void append_request(std::string& out, const RequestTrace& trace) {
  Writer writer(out);
  writer.begin_span(trace, {trace.span, trace.begin, trace.end}, trace.parent, name_of(trace),
                    kServer);
  writer.begin_attributes();
  writer.text("http.request.method", trace.method);
  writer.text("url.path", trace.path);
  writer.text("url.scheme", trace.scheme);
  append_host(writer, trace.host);
  writer.text("client.address", trace.client_address);
  writer.text("network.protocol.version", trace.protocol_version);
  writer.text("user_agent.original", trace.user_agent);
  if (trace.status != 0) {
    writer.number("http.response.status_code", static_cast<std::uint64_t>(trace.status));
  }
  writer.number("http.response.body.size", trace.body_bytes_sent);
  writer.text("tusk.request_id", trace.request_id);
  if (trace.status >= kFirstServerError) writer.text("error.type", std::to_string(trace.status));
  writer.end_attributes();
  if (trace.status >= kFirstServerError) {
    fmt::format_to(std::back_inserter(out), R"(,"status":{{"code":{}}})", kError);
  }
  out.push_back('}');
}

void append_queue(std::string& out, const RequestTrace& trace) {
  Writer writer(out);
  out.push_back(',');
  writer.begin_span(trace, *trace.queue, trace.span, "queue", kInternal);
  out.append(R"("attributes":[]})");
}

void append_php(std::string& out, const RequestTrace& trace) {
  Writer writer(out);
  out.push_back(',');
  writer.begin_span(trace, *trace.php, trace.span, "php", kInternal);
  writer.begin_attributes();
  writer.text("code.file.path", trace.script);
  if (trace.worker) writer.number("tusk.worker", *trace.worker);
  if (trace.memory_peak_bytes) writer.number("tusk.memory_peak", *trace.memory_peak_bytes);
  writer.end_attributes();
  out.push_back('}');
}

}  // namespace

Resource resource_of_process(std::string service_name) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host.front() = '\0';
  return {.service_name = std::move(service_name), .version = TUSK_VERSION, .host = host.data()};
}

std::string to_otlp_json(std::span<const RequestTrace> traces, const Resource& resource) {
  std::string out = R"({"resourceSpans":[{"resource":{)";
  Writer writer(out);
  writer.begin_attributes();
  writer.text("service.name", resource.service_name);
  writer.text("telemetry.sdk.name", "tusk");
  writer.text("telemetry.sdk.language", "cpp");
  writer.text("telemetry.sdk.version", resource.version);
  writer.text("host.name", resource.host);
  writer.number("process.pid", static_cast<std::uint64_t>(::getpid()));
  writer.end_attributes();
  out.append(R"(},"scopeSpans":[{"scope":{"name":"tusk","version":")");
  append_json_escaped(out, resource.version);
  out.append(R"("},"spans":[)");
  bool first = true;
  for (const RequestTrace& trace : traces) {
    if (!first) out.push_back(',');
    first = false;
    append_request(out, trace);
    if (trace.queue) append_queue(out, trace);
    if (trace.php) append_php(out, trace);
  }
  out.append("]}]}]}");
  return out;
}

}  // namespace tusk::observe::tracing
