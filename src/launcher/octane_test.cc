#include "launcher/octane.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::launcher {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// What octane:start of laravel/octane 2.13 sets.
std::map<std::string, std::string> octane_environment() {
  return {{"APP_ENV", "local"},
          {"APP_BASE_PATH", "/srv/app"},
          {"APP_PUBLIC_PATH", "/srv/app/public"},
          {"LARAVEL_OCTANE", "1"},
          {"MAX_REQUESTS", "500"},
          {"REQUEST_MAX_EXECUTION_TIME", "30"},
          {"CADDY_GLOBAL_OPTIONS", "auto_https disable_redirects"},
          {"CADDY_SERVER_ADMIN_PORT", "2020"},
          {"CADDY_SERVER_ADMIN_HOST", "localhost"},
          {"CADDY_SERVER_LOG_LEVEL", "INFO"},
          {"CADDY_SERVER_LOGGER", "json"},
          {"CADDY_SERVER_SERVER_NAME", "http://:8001"},
          {"CADDY_SERVER_WORKER_COUNT", "3"},
          {"CADDY_SERVER_WORKER_DIRECTIVE", "num 3"}};
}

constexpr const char* kCaddyfile = "/srv/app/vendor/laravel/octane/src/Commands/stubs/Caddyfile";

struct Octane : testing::Test {
  base::Result<OctaneCommand> call(const std::vector<std::string>& words) {
    const OctaneCall call{
        .variable =
            [this](const char* name) {
              const auto found = environment.find(name);
              return found == environment.end() ? std::string() : found->second;
            },
        .real_path = [](const std::string& path) { return path == "gone" ? "" : path; },
        .can_watch = can_watch,
        .control_socket = [] { return "/run/tusk/control-7.sock"; }};
    return octane_command(words, call);
  }
  std::vector<std::string> words() {
    const auto command = call({"run", "-c", kCaddyfile});
    EXPECT_TRUE(command) << command.error().message;
    return command ? command->words : std::vector<std::string>();
  }
  std::string refusal(const std::vector<std::string>& words) {
    const auto command = call(words);
    EXPECT_FALSE(command);
    return command ? "" : command.error().message;
  }

  std::map<std::string, std::string> environment = octane_environment();
  bool can_watch = true;
};

TEST_F(Octane, ProgramNames) {
  EXPECT_TRUE(is_octane_name("frankenphp"));
  EXPECT_TRUE(is_octane_name("/srv/app/frankenphp"));
  EXPECT_FALSE(is_octane_name("tusk"));
  EXPECT_FALSE(is_octane_name("/srv/frankenphp/tusk"));
}

TEST_F(Octane, TheEnvironmentBecomesOptions) {
  EXPECT_THAT(words(), testing::ElementsAre(
                           "serve", "--listen=:8001", "--root=/srv/app/public",
                           "--resident=/srv/app/public/frankenphp-worker.php",
                           "--index-file=frankenphp-worker.php", "--resident-workers=3",
                           "--workers=1", "--internal-addr=127.0.0.1:2020", "--octane-admin=on",
                           "--control-socket=/run/tusk/control-7.sock", "--log-format=json",
                           "--access-log-format=caddy", "--log-level=info", "--access-log=on"));
}

TEST_F(Octane, TheConfigurationHasThreeSpellings) {
  EXPECT_TRUE(call({"run", "--config", kCaddyfile}));
  EXPECT_TRUE(call({"run", std::string("--config=") + kCaddyfile, "--adapter", "caddyfile"}));
}

TEST_F(Octane, WorkersAreAutomaticWithoutANumber) {
  environment["CADDY_SERVER_WORKER_COUNT"] = "";
  EXPECT_THAT(words(), Not(Contains(HasSubstr("--resident-workers"))));
}

TEST_F(Octane, VariablesOfTuskWin) {
  environment["TUSK_LISTEN"] = "127.0.0.1:8001";
  environment["TUSK_LOG_FORMAT"] = "text";
  EXPECT_THAT(words(), Not(Contains(HasSubstr("--listen"))));
  environment.erase("TUSK_LISTEN");
  EXPECT_THAT(words(), Contains(HasSubstr("--listen")));
  environment["TUSK_LISTEN_ADDR"] = "127.0.0.1:8001";
  EXPECT_THAT(words(), Not(Contains(HasSubstr("--listen"))));
  EXPECT_THAT(words(), Not(Contains(HasSubstr("--log-format"))));
}

TEST_F(Octane, RequestsAreLoggedFromTheLevelInfo) {
  environment["CADDY_SERVER_LOG_LEVEL"] = "WARN";
  EXPECT_THAT(words(), Contains("--access-log=off"));
  environment["CADDY_SERVER_LOG_LEVEL"] = "DEBUG";
  EXPECT_THAT(words(), Contains("--access-log=on"));
  EXPECT_THAT(words(), Contains("--log-level=debug"));
}

TEST_F(Octane, TheAdminAddressMayBeIPv6) {
  environment["CADDY_SERVER_ADMIN_HOST"] = "::1";
  EXPECT_THAT(words(), Contains("--internal-addr=[::1]:2020"));
  environment.erase("CADDY_SERVER_ADMIN_HOST");
  environment.erase("CADDY_SERVER_ADMIN_PORT");
  EXPECT_THAT(words(), Contains("--internal-addr=127.0.0.1:2019"));
}

TEST_F(Octane, WatchedFiles) {
  environment["CADDY_SERVER_WATCH_DIRECTIVES"] = "\t\twatch /srv/app/app\n\t\twatch /srv/app/.env";
  EXPECT_THAT(words(), testing::IsSupersetOf({"--watch=/srv/app/app", "--watch=/srv/app/.env"}));
  environment["CADDY_SERVER_WATCH_DIRECTIVES"] = "\t\twatch";
  EXPECT_THAT(words(), Contains("--watch=default"));
  can_watch = false;
  const auto command = call({"run", "-c", kCaddyfile});
  EXPECT_THAT(command->words, Not(Contains(HasSubstr("--watch"))));
  EXPECT_THAT(command->warnings, Contains(HasSubstr("not watched")));
}

TEST_F(Octane, HttpsNeedsACertificate) {
  environment["CADDY_SERVER_SERVER_NAME"] = "https://example.test:8443";
  EXPECT_THAT(refusal({"run", "-c", kCaddyfile}), HasSubstr("TUSK_TLS_CERT"));
  environment["TUSK_TLS_CERT"] = "/etc/certificate.pem";
  EXPECT_THAT(words(), Contains("--listen=https://example.test:8443"));
}

TEST_F(Octane, WhatTuskCannotDoIsRefused) {
  EXPECT_THAT(refusal({"run", "-c", "/srv/app/Caddyfile"}), HasSubstr("not the Caddyfile of"));
  EXPECT_THAT(refusal({"run", "-c", "gone"}), HasSubstr("there is no gone"));
  EXPECT_THAT(refusal({"run"}), HasSubstr("without -c"));
  EXPECT_THAT(refusal({"run", "-c"}), HasSubstr("needs a path"));
  EXPECT_THAT(refusal({"run", "--watch", "-c", kCaddyfile}), HasSubstr("'--watch'"));
  EXPECT_THAT(refusal({"php-server"}), HasSubstr("frankenphp php-server: by the name"));
  EXPECT_THAT(refusal({}), HasSubstr("without a command"));
  environment["CADDY_SERVER_EXTRA_DIRECTIVES"] = "mercure {\n}";
  EXPECT_THAT(refusal({"run", "-c", kCaddyfile}), HasSubstr("Mercure"));
  environment["CADDY_SERVER_EXTRA_DIRECTIVES"] = "";
  environment["CADDY_SERVER_SERVER_NAME"] = "";
  EXPECT_THAT(refusal({"run", "-c", kCaddyfile}), HasSubstr("CADDY_SERVER_SERVER_NAME"));
  environment["APP_PUBLIC_PATH"] = "";
  EXPECT_THAT(refusal({"run", "-c", kCaddyfile}), HasSubstr("APP_PUBLIC_PATH"));
}

TEST_F(Octane, TheVersionIsNotTheOneOfFrankenPhp) {
  EXPECT_THAT(call({"version"})->output, HasSubstr("tusk"));
  EXPECT_THAT(call({"build-info"})->output, Not(HasSubstr("dep")));
}

}  // namespace
}  // namespace tusk::launcher
