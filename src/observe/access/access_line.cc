#include "observe/access/access_line.h"

#include <ctime>
#include <iterator>

#include <fmt/format.h>
#include <unistd.h>

#include "observe/escape.h"

namespace tusk::observe::inline access {
namespace {

using base::access::AccessField;
using base::access::AccessValue;
using std::chrono::system_clock;

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::tm utc(system_clock::time_point when) {
  const std::time_t time = system_clock::to_time_t(when);
  thread_local std::time_t last_time = 0;  // many lines are in the same second
  thread_local std::tm last{};
  if (time != last_time || last.tm_mday == 0) {
    gmtime_r(&time, &last);
    last_time = time;
  }
  return last;
}

std::int64_t milliseconds_of(system_clock::time_point when) {
  return std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

// "0.001234". Not through a double, whose formatting costs more than the rest of the line.
void append_seconds(std::string& out, base::Duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const auto positive = static_cast<std::uint64_t>(us > 0 ? us : 0);
  fmt::format_to(std::back_inserter(out), "{}.{:06}", positive / 1'000'000, positive % 1'000'000);
}

void append_iso_time(std::string& out, system_clock::time_point when) {
  const std::tm at = utc(when);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                 at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec,
                 milliseconds_of(when) % 1000);
}

// nginx's: 31/Jan/2026:12:00:00 +0000
void append_local_time(std::string& out, system_clock::time_point when) {
  const std::tm at = utc(when);
  fmt::format_to(std::back_inserter(out), "{:02}/{}/{}:{:02}:{:02}:{:02} +0000", at.tm_mday,
                 kMonths[at.tm_mon], at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}

template <class Number>
void append_number(std::string& out, Number number) {
  fmt::format_to(std::back_inserter(out), "{}", number);
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

class Line {
 public:
  Line(std::string& out, const AccessRecord& record, std::string_view service_name,
       system_clock::time_point when)
      : out_(out), record_(record), service_name_(service_name), when_(when) {}

  void append(const AccessFormat& format) {
    switch (format.kind) {
      case AccessFormat::Kind::kText:
        return append_text(format);
      case AccessFormat::Kind::kJson:
        return append_json(format);
      case AccessFormat::Kind::kCaddy:
        return append_caddy();
    }
  }

 private:
  using Part = AccessFormat::Part;

  void append_text(const AccessFormat& format) {
    for (const Part& part : format.parts) {
      if (!part.is_field) {
        out_.append(part.text);
        continue;
      }
      const std::size_t before = out_.size();
      if (part.field == AccessField::kRequest) {
        append_request_line(append_ascii_escaped);
      } else if (is_number(part.field)) {
        append_number_of(part.field);
      } else if (!append_time(part.field)) {
        append_ascii_escaped(out_, text_of(part));
      }
      if (out_.size() == before) out_.push_back('-');
    }
    out_.push_back('\n');
  }

  // A member without a value is left out.
  void append_json(const AccessFormat& format) {
    out_.append(R"({"type":"access")");
    for (const Part& part : format.parts) {
      const std::size_t before = out_.size();
      const bool quoted = !is_number(part.field);
      out_.append(",\"").append(part.text).append(quoted ? "\":\"" : "\":");
      const std::size_t value = out_.size();
      if (part.field == AccessField::kRequest) {
        append_request_line(
            [](std::string& out, std::string_view text) { append_json_escaped(out, text); });
      } else if (!quoted) {
        append_number_of(part.field);
      } else if (!append_time(part.field)) {
        append_json_escaped(out_, text_of(part));
      }
      if (out_.size() == value) {
        out_.resize(before);
      } else if (quoted) {
        out_.push_back('"');
      }
    }
    out_.append("}\n");
  }

  void append_json_text(std::string_view name, std::string_view text) {
    out_.append("\"").append(name).append("\":\"");
    append_json_escaped(out_, text);
    out_.push_back('"');
  }

  void append_caddy() {
    constexpr int kLeastError = 500;
    out_.push_back('{');
    append_json_text("level", record_.status >= kLeastError ? "error" : "info");
    out_.append(",\"ts\":");
    append_number_of(AccessField::kMsec);
    out_.append(R"(,"logger":"http.log.access","msg":"handled request","request":{)");
    append_json_text("remote_ip", record_.remote_address);
    out_.push_back(',');
    append_json_text("proto", record_.protocol);
    out_.push_back(',');
    append_json_text("method", record_.method);
    out_.push_back(',');
    append_json_text("host", record_.host);
    out_.push_back(',');
    append_json_text("uri", record_.target);
    out_.append(R"(},"duration":)");
    append_seconds(out_, record_.duration);
    out_.append(",\"size\":");
    append_number(out_, record_.body_bytes_sent);
    out_.append(",\"status\":");
    append_number(out_, record_.status);
    out_.append("}\n");
  }

  static bool is_number(AccessField field) {
    if (field == AccessField::kHeader) return false;
    return base::access::names_of(field).value == AccessValue::kNumber;
  }

  template <class Escape>
  void append_request_line(Escape escape) {
    if (record_.method.empty()) return;
    escape(out_, record_.method);
    out_.push_back(' ');
    escape(out_, record_.target);
    out_.push_back(' ');
    escape(out_, record_.protocol);
  }

  bool append_time(AccessField field) {
    if (field == AccessField::kTimestamp) append_iso_time(out_, when_);
    if (field == AccessField::kTimeLocal) append_local_time(out_, when_);
    return field == AccessField::kTimestamp || field == AccessField::kTimeLocal;
  }

  // Nothing where there is no value.
  void append_number_of(AccessField field) {
    switch (field) {
      case AccessField::kMsec:
        fmt::format_to(std::back_inserter(out_), "{}.{:03}", milliseconds_of(when_) / 1000,
                       milliseconds_of(when_) % 1000);
        break;
      case AccessField::kStatus:
        return append_number(out_, record_.status);
      case AccessField::kBodyBytesSent:
        return append_number(out_, record_.body_bytes_sent);
      case AccessField::kDuration:
        return append_seconds(out_, record_.duration);
      case AccessField::kQueueWait:
        if (record_.queue_wait) append_seconds(out_, *record_.queue_wait);
        break;
      case AccessField::kPhpTime:
        if (record_.php_time) append_seconds(out_, *record_.php_time);
        break;
      case AccessField::kCpuTime:
        if (record_.cpu_time) append_seconds(out_, *record_.cpu_time);
        break;
      case AccessField::kMemoryPeak:
        if (record_.memory_peak_bytes) append_number(out_, *record_.memory_peak_bytes);
        break;
      case AccessField::kWorker:
        if (record_.worker) append_number(out_, *record_.worker);
        break;
      case AccessField::kRequestNumber:
        if (record_.request_number != 0) append_number(out_, record_.request_number);
        break;
      case AccessField::kProcessId:
        return append_number(out_, ::getpid());
      default:
        break;
    }
  }

  std::string_view text_of(const Part& part) const {
    switch (part.field) {
      case AccessField::kRemoteAddress:
        return record_.remote_address;
      case AccessField::kMethod:
        return record_.method;
      case AccessField::kTarget:
        return record_.target;
      case AccessField::kPath:
        return path_of(record_.target);
      case AccessField::kQuery:
        return query_of(record_.target);
      case AccessField::kProtocol:
        return record_.protocol;
      case AccessField::kScheme:
        return record_.scheme;
      case AccessField::kHost:
        return record_.host;
      case AccessField::kScript:
        return record_.script;
      case AccessField::kAnsweredBy:
        return record_.answered_by;
      case AccessField::kTlsVersion:
        return record_.tls_version;
      case AccessField::kTlsCipher:
        return record_.tls_cipher;
      case AccessField::kReferer:
        return header("referer");
      case AccessField::kUserAgent:
        return header("user-agent");
      case AccessField::kRequestId:
        return record_.request_id;
      case AccessField::kTraceId:
        return record_.trace_id;
      case AccessField::kSpanId:
        return record_.span_id;
      case AccessField::kServiceName:
        return service_name_;
      case AccessField::kHeader:
        return header(part.header);
      default:  // kRemoteUser: what Authorization has is never logged
        return {};
    }
  }

  std::string_view header(std::string_view name) const {
    return record_.header != nullptr ? record_.header->find(name) : std::string_view();
  }

  std::string& out_;
  const AccessRecord& record_;
  const std::string_view service_name_;
  const system_clock::time_point when_;
};

}  // namespace

void append_access_line(std::string& out, const AccessRecord& record, const AccessFormat& format,
                        std::string_view service_name, system_clock::time_point when) {
  Line(out, record, service_name, when).append(format);
}

}  // namespace tusk::observe::inline access
