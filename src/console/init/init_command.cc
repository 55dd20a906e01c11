#include "console/init/init_command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/result.h"
#include "console/init/configuration_text.h"
#include "console/init/init_options.h"

namespace tusk::console::init {

namespace {

namespace fs = std::filesystem;

constexpr int kFailed = 1;
constexpr int kWrongUse = 2;
constexpr const char* kServiceFile = "/etc/tusk/tusk.toml";
constexpr const char* kServiceState = "/var/lib/tusk";
constexpr const char* kServiceUser = "tusk";

int failed(const std::string& message) {
  std::fprintf(stderr, "tusk: %s\n", message.c_str());
  return kFailed;
}

// Asks on the terminal; the answer, or `by_default` for an empty line and at the end of input.
std::string ask(const std::string& question, const std::string& by_default) {
  std::printf("%s%s: ", question.c_str(),
              by_default.empty() ? "" : (" [" + by_default + "]").c_str());
  std::fflush(stdout);
  std::string line;
  std::getline(std::cin, line);
  return line.empty() ? by_default : line;
}

std::string absolute(const std::string& path) {
  std::error_code failed;
  const fs::path result = fs::absolute(path, failed);
  return failed ? path : result.lexically_normal().string();
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

bool exists(const std::string& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

// Writes a new file beside the other and renames it, so that the file is whole at any time.
base::Result<void> write_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return base::fail_errno("cannot write " + fresh, errno);
  if (::chmod(fresh.c_str(), 0644) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)
    return base::fail_errno("cannot write " + path, errno);
  return {};
}

// In the child: as the service's user, whose rights decide what can be served.
void become_service_user() {
  const passwd* const user = ::getpwnam(kServiceUser);
  if (user == nullptr || ::geteuid() != 0) return;
  if (::initgroups(kServiceUser, user->pw_gid) != 0 || ::setgid(user->pw_gid) != 0 ||
      ::setuid(user->pw_uid) != 0)
    std::fputs("tusk: cannot check as the user tusk; checking as root\n", stderr);
}

// Runs `tusk check`, which prints what it finds, and returns its exit status.
int check(const std::string& program, const std::string& file, bool service) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    if (service) become_service_user();
    const char* const arguments[] = {program.c_str(), "check", "--config", file.c_str(), nullptr};
    ::execv(program.c_str(), const_cast<char* const*>(arguments));
    std::fprintf(stderr, "tusk: cannot execute %s: %s\n", program.c_str(), std::strerror(errno));
    ::_exit(kFailed);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return kFailed;
  return WEXITSTATUS(status);
}

class Init {
 public:
  Init(InitOptions options, std::string program)
      : options_(std::move(options)),
        program_(std::move(program)),
        asks_(!options_.yes && ::isatty(STDIN_FILENO) != 0) {}

  int run() {
    if (const auto found = find_application(); !found) return failed(found.error().message);
    choose_host();
    choose_output();
    choose_addresses();
    const std::string text = configuration_text(site_);
    if (output_ == "-") {
      std::fputs(text.c_str(), stdout);
      return 0;
    }
    if (const auto free = make_room(); !free) return failed(free.error().message);
    if (const auto written = write_file(output_, text); !written)
      return failed(written.error().message);
    std::printf("%s is written: %s in %s\n", output_.c_str(), site_.application.name.c_str(),
                site_.application.document_root.c_str());
    const int status = check(program_, output_, site_.service);
    say_what_is_next(status);
    return status == 0 ? 0 : kFailed;
  }

 private:
  base::Result<void> find_application() {
    if (!options_.root && !asks_) return base::fail("--root DIR is needed");
    std::string directory = absolute(
        options_.root ? *options_.root : ask("Directory of the application", "/var/www/html"));
    std::error_code error;
    if (!fs::is_directory(directory, error)) return base::fail(directory + " is not a directory");
    if (options_.preset) {
      site_.application = with_preset(*options_.preset, directory);
      return {};
    }
    auto application = recognise(directory);
    if (!application)
      return base::fail("there is no application in " + directory +
                        ": it has neither an index.php nor an index.html; with --preset none it is "
                        "served as it is");
    site_.application = std::move(*application);
    if (asks_)
      std::printf("This is %s; %s is served.\n", site_.application.name.c_str(),
                  site_.application.document_root.c_str());
    return {};
  }

  void choose_host() {
    site_.host = options_.host ? *options_.host
                 : asks_       ? ask("Host name of the site (empty: any)", "")
                               : std::string();
    site_.certificate = options_.certificate;
    site_.key = options_.key;
    const std::string live = "/etc/letsencrypt/live/" + site_.host;
    if (site_.host.empty() || !site_.certificate.empty() || !exists(live + "/fullchain.pem"))
      return;
    site_.certificate = live + "/fullchain.pem";
    site_.key = live + "/privkey.pem";
  }

  void choose_output() {
    output_ = options_.output;
    if (output_.empty())
      output_ = exists(fs::path(kServiceFile).parent_path()) ? kServiceFile : "tusk.toml";
    site_.service = output_ == kServiceFile && exists(kServiceState);
  }

  void choose_addresses() {
    site_.listen = options_.listen;
    if (!site_.listen.empty()) return;
    const bool any_port = site_.service || ::geteuid() == 0;
    site_.listen.emplace_back(any_port ? ":80" : ":8080");
    if (!site_.certificate.empty()) site_.listen.emplace_back(any_port ? ":443" : ":8443");
  }

  // For the new file: the package's own may go, another is kept under another name.
  base::Result<void> make_room() {
    const auto before = read_file(output_);
    if (!before || *before == configuration_text(welcome_site())) return {};
    bool replaces = options_.force;
    if (!replaces && asks_) {
      const std::string answer =
          ask(output_ + " exists. Replace it? It is kept as " + output_ + ".old (yes, no)", "no");
      replaces = answer == "yes" || answer == "y";
    }
    if (!replaces) return base::fail(output_ + " exists; --force replaces it");
    if (::rename(output_.c_str(), (output_ + ".old").c_str()) != 0)
      return base::fail_errno("cannot rename " + output_, errno);
    return {};
  }

  void say_what_is_next(int status) const {
    if (status != 0) return;
    if (!site_.service) {
      std::printf("Next: tusk --config %s\n", output_.c_str());
      return;
    }
    const std::string& root = site_.application.document_root;
    const bool writable = root.starts_with("/srv/") || root.starts_with("/var/www/");
    if (!writable) {
      std::printf(
          "The service may write only below /srv and /var/www. If the application writes "
          "elsewhere, run `systemctl edit tusk`, name each such directory (%s, or what "
          "Debian's package has below /var/lib), and restart tusk:\n"
          "[Service]\nReadWritePaths=DIRECTORY ...\n",
          root.c_str());
    }
    std::puts(writable ? "Next: systemctl reload tusk"
                       : "Next: systemctl reload tusk, or restart after systemctl edit");
  }

  InitOptions options_;
  std::string program_;
  bool asks_;
  Site site_{};
  std::string output_;
};

}  // namespace

bool is_command(std::span<const std::string> words) {
  return !words.empty() && words.front() == "init";
}

int run(std::span<const std::string> words, const std::string& own_program) {
  auto options = read_options(words);
  if (!options) {
    for (const std::string& mistake : options.error()) (void)failed(mistake);
    return kWrongUse;
  }
  if (options->help) {
    std::fputs(help_text().c_str(), stdout);
    return 0;
  }
  return Init(std::move(*options), own_program).run();
}

}  // namespace tusk::console::init
