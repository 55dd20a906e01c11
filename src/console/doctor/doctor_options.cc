#include "console/doctor/doctor_options.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "config/output/help.h"
#include "config/value.h"

namespace tusk::console::doctor {

namespace {

constexpr std::size_t kMostRequests = 1000;  // in a round
constexpr std::uint64_t kMostRounds = 100'000;
constexpr std::uint64_t kMostSent = 1'000'000;
// What grows is known after a window of rounds (php/resident/doctor/growth.h).
constexpr std::uint64_t kLeastRounds = 9;
constexpr std::uint64_t kLeastWarmUp = 3;
constexpr std::chrono::hours kLongest{24};

constexpr auto kOne = config::Switch::Value::kOne;
constexpr auto kMany = config::Switch::Value::kMany;
constexpr config::Switch kSwitches[] = {
    {.flag = "help", .short_flag = 'h'}, {.flag = "json"},
    {.flag = "pool", .value = kOne},     {.flag = "path", .value = kMany},
    {.flag = "paths", .value = kOne},    {.flag = "header", .value = kMany},
    {.flag = "requests", .value = kOne}, {.flag = "warm-up-requests", .value = kOne},
    {.flag = "ignore", .value = kMany},  {.flag = "time-limit", .value = kOne}};

struct OptionLine {
  std::string_view usage;
  std::string_view doc;
};
constexpr OptionLine kOptions[] = {
    {"--path REQUEST",
     "What to request: /path, 'METHOD /path' or 'METHOD /path BODY', such as "
     "'POST /login name=a&password=b'. Can be repeated: the requests are sent in turns. "
     "Default: /"},
    {"--paths FILE", "The same from a file, one request in a line; # begins a comment"},
    {"--header 'NAME: VALUE'",
     "Sent with each request, such as 'Cookie: session=1'. Can be repeated"},
    {"--requests N", "How often each request is sent and compared: 9 to 100000. Default: 20"},
    {"--warm-up-requests N",
     "How often each is sent before, while caches fill: 3 to 100000. Default: 3"},
    {"--pool NAME", "The pool whose script is examined. Default: the only one with a script"},
    {"--ignore GLOB",
     "Leaves out findings with a matching name, such as 'App\\Cache::$*', and with rewind lines "
     "that "
     "match, such as 'x-request-id: *'. Can be repeated"},
    {"--time-limit TIME", "When to end in any case. Default: 5m"},
    {"--json", "Print the report as JSON"},
};

class Reader {
 public:
  explicit Reader(const config::Flags& flags) : flags_(flags) {}

  std::expected<DoctorOptions, std::vector<std::string>> run() {
    options_.pool = value("pool").value_or("");
    options_.json = std::ranges::find(flags_.switches, "json") != flags_.switches.end();
    options_.ignored = list("ignore");
    for (const std::string& text : list("path")) add_request("--path", text);
    read_file();
    if (options_.requests.empty()) options_.requests.push_back({.target = "/"});
    read_headers();
    read_number("requests", kLeastRounds, options_.rounds);
    read_number("warm-up-requests", kLeastWarmUp, options_.warm_up_rounds);
    read_time_limit();
    check_size();
    if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
    return std::move(options_);
  }

 private:
  std::optional<std::string> value(std::string_view flag) const {
    const auto found = flags_.values.find(flag);
    return found != flags_.values.end() ? std::optional(found->second) : std::nullopt;
  }

  std::vector<std::string> list(std::string_view flag) const {
    const auto found = flags_.lists.find(flag);
    return found != flags_.lists.end() ? found->second : std::vector<std::string>();
  }

  void add_request(const std::string& where, std::string_view text) {
    base::Result<PlannedRequest> request = read_request(text);
    if (request) {
      options_.requests.push_back(std::move(*request));
    } else {
      mistakes_.push_back(where + ": " + request.error().message);
    }
  }

  void read_file() {
    const auto name = value("paths");
    if (!name) return;
    std::ifstream file(*name);
    std::string line;
    const std::size_t before = options_.requests.size();
    for (std::size_t number = 1; std::getline(file, line); ++number) {
      if (line.ends_with('\r')) line.pop_back();
      const std::size_t begin = line.find_first_not_of(" \t");
      if (begin == std::string::npos || line[begin] == '#') continue;
      add_request("--paths " + *name + ":" + std::to_string(number), line);
      if (options_.requests.size() > kMostRequests) return;
    }
    if (!file.eof()) {
      mistakes_.push_back("--paths: cannot read " + *name);
    } else if (options_.requests.size() == before && mistakes_.empty()) {
      mistakes_.push_back("--paths: " + *name + " has no request");
    }
  }

  void read_headers() {
    options_.headers = list("header");
    for (const std::string& header : options_.headers) {
      const base::Result<void> checked = check_header(header);
      if (!checked) mistakes_.push_back("--header: " + checked.error().message);
    }
  }

  void read_number(std::string_view flag, std::uint64_t least, std::uint64_t& number) {
    const auto text = value(flag);
    if (!text) return;
    const base::Result<std::uint64_t> read = config::parse_count(*text);
    if (read && *read >= least && *read <= kMostRounds) {
      number = *read;
    } else {
      mistakes_.push_back("--" + std::string(flag) + " " + *text + ": must be from " +
                          std::to_string(least) + " to " + std::to_string(kMostRounds));
    }
  }

  void read_time_limit() {
    const auto text = value("time-limit");
    if (!text) return;
    const base::Result<std::chrono::milliseconds> read = config::parse_duration(*text);
    if (read && *read > std::chrono::milliseconds(0) && *read <= kLongest) {
      options_.time_limit = *read;
    } else {
      mistakes_.push_back("--time-limit " + *text +
                          ": must be a time such as 30s or 5m, up to 24h");
    }
  }

  void check_size() {
    const std::uint64_t requests = options_.requests.size();
    if (requests > kMostRequests)
      mistakes_.push_back("more than " + std::to_string(kMostRequests) + " different requests");
    if (requests * (options_.rounds + options_.warm_up_rounds) > kMostSent)
      mistakes_.push_back("more than " + std::to_string(kMostSent) + " requests in all");
  }

  const config::Flags& flags_;
  DoctorOptions options_;
  std::vector<std::string> mistakes_;
};

}  // namespace

std::span<const config::Switch> switches() { return kSwitches; }

std::expected<DoctorOptions, std::vector<std::string>> read_options(const config::Flags& flags) {
  return Reader(flags).run();
}

std::string options_help() {
  constexpr std::size_t kIndent = 6;
  std::string text = "Options:\n";
  for (const OptionLine& option : kOptions) {
    text += "  " + std::string(option.usage) + "\n";
    text += config::output::wrap(option.doc, kIndent);
  }
  return text;
}

std::string help_text() {
  std::string text =
      "Usage: tusk doctor resident [--path REQUEST]... [--pool NAME] [--json] [options]\n"
      "       tusk doctor rewind [--path REQUEST]... [--pool NAME] [--json] [options]\n\n";
  const auto add = [&text](std::string_view paragraph) {
    text += config::output::wrap(paragraph, 0) + "\n";
  };
  add("resident finds what a resident script leaks: it starts a server process for itself with one "
      "worker of the pool, on an address of its own, sends it requests, and says what grows with "
      "the requests and what one request leaves for the next: memory, static properties, global "
      "variables, objects, descriptors, transactions.");
  add("rewind finds what mode = \"rewind\" would change: it starts one server process with plain "
      "requests and then one whose pool rewinds, sends both the same requests, and shows where "
      "status, header or body differ but for numbers, tokens and times.");
  add("A running tusk is not touched, but the application's database is used as always. The "
      "options "
      "of tusk say where the script is: --config FILE, or --root DIR --resident FILE.");
  text += config::output::wrap(
      "The exit status is 0 if nothing was found, 1 if something was found or could not be "
      "examined, 2 if the command is wrong or the script does not boot.",
      0);
  text += "\n" + options_help();
  return text;
}

}  // namespace tusk::console::doctor
