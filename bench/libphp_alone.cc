// libphp_alone measures the cost of a request in PHP itself: start-up, the script from OPcache,
// shutdown, on one thread, one request after the other, without a server. It is the lower bound of
// tusk's figures.
//
// It shares only the way to include PHP's headers with src/php: the reference must not change with
// the code that is compared with it. PHP is used unchanged, including its execution timers.
//
//   libphp_alone [OPTION]... --seconds N SCRIPT      runs SCRIPT for N seconds; prints JSON
//   libphp_alone [OPTION]... --requests N SCRIPT     runs it N times; the same
//   libphp_alone [OPTION]... --print SCRIPT...       runs each once and prints its output
//   -c FILE: php.ini   -d NAME=VALUE: a directive of it
//
// Thread: main only.

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "php/zend.h"

ZEND_TSRMLS_CACHE_DEFINE()

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kWarmUpRequests = 2000;  // OPcache is filled, caches and branches are warm
constexpr std::uint64_t kRequestsPerLook = 64;   // between two looks at the clock

struct CommandLine {
  std::string ini_path;
  std::string ini_entries = "zend_extension=opcache\n";
  std::vector<std::string> scripts;
  std::uint64_t seconds = 0;
  std::uint64_t requests = 0;
  bool print = false;
};

// The request, which is always the same. PHP needs some of it as char*.
struct Request {
  char method[4] = "GET";
  char query[1] = "";
  std::string uri;
  std::string script;
  std::string document_root;
};

Request the_request;
std::string the_output;  // of the current request; keeps its memory

struct Variable {
  const char* name;
  std::string_view value;
};

// --- SAPI ---

int start_up(sapi_module_struct* module) noexcept { return php_module_startup(module, nullptr); }

size_t write_output(const char* bytes, size_t length) noexcept {
  the_output.append(bytes, length);
  return length;
}

int send_headers(sapi_headers_struct* /*headers*/) noexcept {
  return SAPI_HEADER_SENT_SUCCESSFULLY;
}

size_t read_body(char* /*buffer*/, size_t /*size*/) noexcept { return 0; }

char* read_cookies() noexcept { return nullptr; }

// PHP calls this only if a script names $_SERVER.
void register_server_variables(zval* array) noexcept {
  const Variable variables[] = {
      {"SERVER_SOFTWARE", "libphp_alone"},
      {"SERVER_PROTOCOL", "HTTP/1.1"},
      {"GATEWAY_INTERFACE", "CGI/1.1"},
      {"REQUEST_METHOD", the_request.method},
      {"REQUEST_URI", the_request.uri},
      {"QUERY_STRING", ""},
      {"DOCUMENT_ROOT", the_request.document_root},
      {"SCRIPT_NAME", the_request.uri},
      {"SCRIPT_FILENAME", the_request.script},
      {"PHP_SELF", the_request.uri},
      {"SERVER_NAME", "127.0.0.1"},
      {"SERVER_PORT", "80"},
      {"REMOTE_ADDR", "127.0.0.1"},
      {"HTTP_HOST", "127.0.0.1"},
  };
  for (const Variable& variable : variables) {
    php_register_variable_safe(variable.name, variable.value.data(), variable.value.size(), array);
  }
}

void log_message(const char* message, int /*syslog_priority*/) noexcept {
  std::fprintf(stderr, "%s\n", message);
}

char kName[] = "cli-server";  // a name under which OPcache starts
char kPrettyName[] = "libphp alone";

sapi_module_struct make_module() {
  sapi_module_struct module{};
  module.name = kName;
  module.pretty_name = kPrettyName;
  module.startup = start_up;
  module.shutdown = php_module_shutdown_wrapper;
  module.ub_write = write_output;
  module.sapi_error = zend_error;
  module.send_headers = send_headers;
  module.read_post = read_body;
  module.read_cookies = read_cookies;
  module.register_server_variables = register_server_variables;
  module.log_message = log_message;
  module.php_ini_ignore_cwd = 1;
  return module;
}

sapi_module_struct the_module = make_module();

bool start_php(CommandLine& line) {
  if (!php_tsrm_startup_ex(1)) return false;
  ZEND_TSRMLS_CACHE_UPDATE();
  zend_signal_startup();
  sapi_startup(&the_module);
  the_module.ini_entries = line.ini_entries.c_str();  // after sapi_startup(), which clears it
  if (!line.ini_path.empty()) the_module.php_ini_path_override = line.ini_path.data();
  return the_module.startup(&the_module) == SUCCESS;
}

void stop_php() {
  php_module_shutdown();
  sapi_shutdown();
  tsrm_shutdown();
}

// --- requests ---

void set_script(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  the_request.script = path;
  the_request.document_root = slash == std::string::npos ? "." : path.substr(0, slash);
  the_request.uri = slash == std::string::npos ? "/" + path : path.substr(slash);
}

void fill_request_info() noexcept {
  sapi_request_info& info = SG(request_info);
  info.request_method = the_request.method;
  info.query_string = the_request.query;
  info.request_uri = the_request.uri.data();
  info.path_translated = the_request.script.data();
  info.content_length = 0;
  SG(sapi_headers).http_response_code = 200;
}

bool run_request() noexcept {
  the_output.clear();
  SG(server_context) = &the_request;
  fill_request_info();
  volatile bool fine = false;
  zend_first_try {
    if (php_request_startup() == SUCCESS) {
      zend_file_handle file;
      zend_stream_init_filename(&file, SG(request_info).path_translated);
      file.primary_script = 1;
      fine = php_execute_script(&file);
      zend_destroy_file_handle(&file);
    }
  }
  zend_end_try();
  php_request_shutdown(nullptr);
  sapi_request_info& info = SG(request_info);
  info.request_method = nullptr;
  info.query_string = nullptr;
  info.request_uri = nullptr;
  info.path_translated = nullptr;
  SG(server_context) = nullptr;
  return fine;
}

bool run_requests(std::uint64_t count) noexcept {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!run_request()) return false;
  }
  return true;
}

// --- measuring ---

double microseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

long pss_kib() {
  std::FILE* const file = std::fopen("/proc/self/smaps_rollup", "re");
  if (file == nullptr) return -1;
  char line[256];
  long kib = -1;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "Pss: %ld", &kib) == 1) break;
  }
  std::fclose(file);
  return kib;
}

bool measure(const CommandLine& line) {
  set_script(line.scripts.front());
  if (line.seconds > 0 && !run_requests(kWarmUpRequests)) return false;
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_THREAD, &before);
  const Clock::time_point start = Clock::now();
  const Clock::time_point end = start + std::chrono::seconds(line.seconds);
  std::uint64_t done = 0;
  if (line.seconds == 0) {
    if (!run_requests(line.requests)) return false;
    done = line.requests;
  } else {
    while (Clock::now() < end) {
      if (!run_requests(kRequestsPerLook)) return false;
      done += kRequestsPerLook;
    }
  }
  const std::chrono::duration<double, std::micro> wall = Clock::now() - start;
  ::getrusage(RUSAGE_THREAD, &after);
  std::printf(
      "{\"requests\": %llu, \"wall_us\": %.0f, \"user_us\": %.0f, \"system_us\": %.0f, "
      "\"pss_kib\": %ld}\n",
      static_cast<unsigned long long>(done), wall.count(),
      microseconds(after.ru_utime) - microseconds(before.ru_utime),
      microseconds(after.ru_stime) - microseconds(before.ru_stime), pss_kib());
  return true;
}

bool print(const CommandLine& line) {
  for (const std::string& script : line.scripts) {
    set_script(script);
    if (!run_request()) return false;
    std::fwrite(the_output.data(), 1, the_output.size(), stdout);
    std::fputc('\n', stdout);
  }
  return true;
}

// --- command line ---

bool to_count(std::string_view text, std::uint64_t& count) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() && count > 0;
}

bool parse(int argc, char** argv, CommandLine& line) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--print") {
      line.print = true;
    } else if (!argument.starts_with("-")) {
      line.scripts.emplace_back(argument);
    } else {
      if (++i == argc) return false;
      const std::string_view value = argv[i];
      if (argument == "-c") {
        line.ini_path = value;
      } else if (argument == "-d") {
        line.ini_entries.append(value).append("\n");
      } else if (argument == "--seconds") {
        if (!to_count(value, line.seconds)) return false;
      } else if (argument == "--requests") {
        if (!to_count(value, line.requests)) return false;
      } else {
        return false;
      }
    }
  }
  const int modes = int{line.print} + int{line.seconds > 0} + int{line.requests > 0};
  return modes == 1 && (line.print ? !line.scripts.empty() : line.scripts.size() == 1);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  if (!parse(argc, argv, line)) {
    std::fputs(
        "usage: libphp_alone [-c PHP.INI] [-d NAME=VALUE]... "
        "(--seconds N SCRIPT | --requests N SCRIPT | --print SCRIPT...)\n",
        stderr);
    return 2;
  }
  if (!start_php(line)) {
    std::fputs("libphp_alone: PHP does not start\n", stderr);
    return 1;
  }
  const bool fine = line.print ? print(line) : measure(line);
  std::fflush(stdout);
  if (!fine) std::fputs("libphp_alone: the script failed\n", stderr);
  stop_php();
  return fine ? 0 : 1;
}
