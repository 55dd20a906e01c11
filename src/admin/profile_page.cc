#include "admin/profile_page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "exec/job.h"
#include "http/path.h"
#include "observe/profile/flame_graph.h"
#include "observe/profile/limits.h"
#include "rules/pattern.h"

namespace tusk::admin {

namespace {

namespace profile = observe::profile;
using exec::observation::Profiler;
using exec::observation::ProfileSampler;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kDefaultSeconds = "30";

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  const char lower = static_cast<char>(letter | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Decodes a form's value (application/x-www-form-urlencoded). A "%" that begins no escape stays.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                           hex_digit(text[i + 2]) >= 0;
    if (is_escape) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

struct Parameters {
  std::string seconds{kDefaultSeconds};
  std::string format{"flamegraph"};
  std::string clock{"wall"};
  std::string path;
  std::string script;
  std::string pool;
  std::string expires;  // milliseconds of the machine's monotonic clock; empty: never
};

base::Result<Parameters> parameters_of(std::string_view query) {
  Parameters parameters;
  const std::pair<std::string_view, std::string*> known[] = {
      {"seconds", &parameters.seconds}, {"format", &parameters.format},
      {"clock", &parameters.clock},     {"path", &parameters.path},
      {"script", &parameters.script},   {"pool", &parameters.pool},
      {"expires", &parameters.expires}};
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::string_view name = pair.substr(0, pair.find('='));
    std::string* value = nullptr;
    for (const auto& [its_name, its_value] : known) {
      if (its_name == name) value = its_value;
    }
    if (value == nullptr) {
      return base::fail(
          "unknown parameter: there are seconds, format, clock, path, script, pool and "
          "expires");
    }
    *value = decoded(pair.substr(std::min(pair.size(), name.size() + 1)));
  }
  return parameters;
}

// Whether the client has stopped waiting because this process was stopped meanwhile.
bool has_expired(std::string_view milliseconds) {
  std::int64_t number = 0;
  const char* const end = milliseconds.data() + milliseconds.size();
  const auto read = std::from_chars(milliseconds.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return false;
  return base::now().time_since_epoch() > std::chrono::milliseconds(number);
}

base::Result<rules::Pattern> pattern_of(const std::string& glob, rules::GlobKind kind) {
  const base::Result<rules::Glob> read = rules::read_glob(glob, kind);
  if (!read) return std::unexpected(read.error());
  return rules::Pattern::compile("^(?:" + read->regex + ")$");
}

base::Result<std::size_t> index_of(std::string_view pool, std::span<const std::string_view> pools) {
  const auto found = std::ranges::find(pools, pool);
  if (found != pools.end()) return static_cast<std::size_t>(found - pools.begin());
  std::string names;
  for (const std::string_view name : pools) names.append(names.empty() ? "" : ", ").append(name);
  return base::fail("pool: no pool has that name; there are: " + names);
}

// The globs and the pool, as far as they are given.
class RequestFilter {
 public:
  static base::Result<RequestFilter> compile(const Parameters& parameters,
                                             std::span<const std::string_view> pools) {
    RequestFilter filter;
    if (!parameters.pool.empty()) {
      const base::Result<std::size_t> pool = index_of(parameters.pool, pools);
      if (!pool) return std::unexpected(pool.error());
      filter.pool_ = *pool;
    }
    if (!parameters.path.empty()) {
      base::Result<rules::Pattern> pattern = pattern_of(parameters.path, rules::GlobKind::kPath);
      if (!pattern) return base::fail("path: " + pattern.error().message);
      filter.path_ = std::move(*pattern);
    }
    if (!parameters.script.empty()) {
      filter.script_is_name_ = parameters.script.find('/') == std::string::npos;
      base::Result<rules::Pattern> pattern =
          pattern_of(parameters.script,
                     filter.script_is_name_ ? rules::GlobKind::kName : rules::GlobKind::kPath);
      if (!pattern) return base::fail("script: " + pattern.error().message);
      filter.script_ = std::move(*pattern);
    }
    return filter;
  }

  bool takes_all() const { return !path_ && !script_ && !pool_; }

  // The path is matched as rules match it: decoded once.
  bool operator()(const exec::Job& job) {
    if (pool_ && job.pool != *pool_) return false;
    if (path_) {
      const http::DecodedPath path = http::decode_path(job.view(job.head.path), decoded_);
      if (path.error != http::PathError::kNone || !path_->matches(decoded_)) return false;
    }
    if (!script_) return true;
    std::string_view script = job.view(job.script_filename);
    if (script_is_name_) script.remove_prefix(script.rfind('/') + 1);
    return script_->matches(script);
  }

 private:
  std::optional<rules::Pattern> path_;
  std::optional<rules::Pattern> script_;
  std::optional<std::size_t> pool_;
  bool script_is_name_ = false;
  std::string decoded_;
};

Page text_page(int status, std::string body) {
  return {.status = status,
          .content_type = kText,
          .allow = {},
          .body = std::move(body) + "\n",
          .later = {}};
}

std::string file_name(const profile::FormatFacts& format) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> name{};
  std::strftime(name.data(), name.size(), "tusk-profile-%Y%m%dT%H%M%SZ", &utc);
  return std::string(name.data()) + std::string(format.file_ending);
}

}  // namespace

base::Result<ProfileQuery> read_profile_query(std::string_view query,
                                              std::span<const std::string_view> pools) {
  const base::Result<Parameters> parameters = parameters_of(query);
  if (!parameters) return std::unexpected(parameters.error());
  if (has_expired(parameters->expires)) return base::fail("expires: that time is over");
  const base::Result<double> seconds = profile::read_seconds(parameters->seconds);
  if (!seconds) return base::fail("seconds: " + seconds.error().message);
  const profile::FormatFacts* const format = profile::format_named(parameters->format);
  if (format == nullptr) {
    return base::fail("format: there are " + std::string(profile::kFormatNames));
  }
  ProfileQuery read{.length = base::Duration(static_cast<std::int64_t>(*seconds * 1e9)),
                    .format = format->format};
  if (parameters->clock == "cpu") {
    read.clock = profile::Clock::kCpu;
  } else if (parameters->clock != "wall") {
    return base::fail("clock: there are wall and cpu");
  }
  base::Result<RequestFilter> filter = RequestFilter::compile(*parameters, pools);
  if (!filter) return std::unexpected(filter.error());
  if (filter->takes_all()) return read;
  // Shared, because a std::function must be copyable; only the Profiler's thread calls it.
  read.wants = [shared = std::make_shared<RequestFilter>(std::move(*filter))](
                   const exec::Job& job) { return (*shared)(job); };
  return read;
}

Page profile_page(Profiler* profiler, std::string_view query,
                  std::span<const std::string_view> pools) {
  if (profiler == nullptr) return text_page(404, "not found");
  const base::Result<ProfileQuery> read = read_profile_query(query, pools);
  if (!read) return text_page(400, read.error().message);
  if (const std::optional<base::Duration> left = profiler->left()) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*left).count();
    Page busy = text_page(
        409, "another profile is being taken, which ends in " + std::to_string(seconds) + " s");
    busy.retry_after_seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 1));
    return busy;
  }
  const profile::FormatFacts& format = profile::facts_of(read->format);
  Page page{
      .status = 200, .content_type = format.content_type, .allow = {}, .body = {}, .later = {}};
  page.file_name = file_name(format);
  if (read->format == profile::Format::kFlameGraph) page.policy = profile::flame_graph_policy();
  page.begin = [profiler, read = *read](Page::Done done) {
    return profiler->start({.length = read.length, .wants = read.wants},
                           [read, done = std::move(done)](const profile::Profile& taken) mutable {
                             done(profile::render(taken, read.format, read.clock));
                           });
  };
  page.end_early = [profiler] { profiler->end(profile::Ended::kByClient); };
  return page;
}

}  // namespace tusk::admin
