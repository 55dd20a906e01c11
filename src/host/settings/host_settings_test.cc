#include "host/settings/host_settings.h"

#include <gtest/gtest.h>

namespace tusk::host {
namespace {

HostSettings some_settings() {
  HostSettings settings;
  settings.php.method = php::Method::kEvaluate;
  settings.php.stack_bytes = std::uint64_t{16} << 30;
  settings.php.ini_path = "/etc/php.ini";
  settings.php.directives = {{.name = "memory_limit", .value = "64M"}};
  settings.php.sapi_name = "fpm-fcgi";
  settings.php.server_software = "nginx";
  settings.php.limits = {.sse = std::chrono::seconds(5)};
  settings.php.doctor.on = true;
  settings.php.preload.list_file = "/var/lib/tusk/preload.json";
  settings.php.info = {{.name = "executor", .value = "ext"}};
  settings.php.document_root = "/srv";
  settings.php.request_body_bytes = 7;
  settings.reply.buffer_bytes = 1;
  settings.reply.memory_bytes = 2;
  settings.reply.spool_bytes = 3;
  settings.reply.spool.memory_bytes = 4;
  settings.reply.spool.disk_bytes = 5;
  settings.reply.spool.directory = "/var/tmp";
  settings.compression.scripts = {http::ContentCoding::kZstd, http::ContentCoding::kGzip};
  settings.compression.levels = {.gzip = 9, .brotli = 11, .zstd = 19};
  settings.compression.min_bytes = 10;
  settings.compression.max_bytes = 20;
  settings.compression.types = http::coding::MediaTypes({"text/*", "application/json"});
  settings.compression.stream_types = http::coding::MediaTypes({"text/event-stream"});
  // A value of a variable is any bytes.
  settings.scripts.pool = "api";
  settings.scripts.index = 2;
  settings.scripts.resident_script = "/srv/worker.php";
  settings.scripts.mode = exec::ScriptMode::kRewind;
  settings.scripts.document_root = "/srv/public";
  settings.scripts.request_limit = std::chrono::seconds(3);
  settings.scripts.cpu_limit = std::chrono::seconds(2);
  settings.scripts.environment = {{"SECRET", "\xff\xfe\x01"}};
  settings.scripts.directives = {{"precision", "3"}};
  settings.scripts.warm_up = {{.target = "/up?a", .host = "shop.example", .https = true}};
  settings.region = {.request_bytes = 8192, .response_bytes = 16384};
  settings.log.format = observe::LogFormat::kJson;
  settings.log.level = observe::Level::kDebug;
  settings.log.service_name = "shop";
  settings.log.message_name = observe::MessageName::kMsg;
  settings.log_file = "/var/log/tusk.log";
  settings.request_id_keys = {1, 2, 3, ~std::uint64_t{0}};
  settings.user = {.user = "shop", .group = "www"};
  settings.chroot = "/srv/jail";
  settings.seccomp = base::process::Seccomp::kNoExec;
  return settings;
}

TEST(HostSettings, AreTheSameAfterDecoding) {
  const HostSettings before = some_settings();
  const auto decoded = decode(encode(before));
  ASSERT_TRUE(decoded) << decoded.error().message;
  // Each part that encode() knows: it would differ if decode() forgot it.
  EXPECT_EQ(encode(*decoded), encode(before));
  EXPECT_NE(encode(*decoded), encode(HostSettings()));
  EXPECT_EQ(decoded->php.process, php::ProcessKind::kHost);
  EXPECT_EQ(decoded->scripts.mode, exec::ScriptMode::kRewind);
  EXPECT_EQ(decoded->php.directives, before.php.directives);
  EXPECT_EQ(decoded->scripts.environment, before.scripts.environment);
  EXPECT_EQ(decoded->php.limits.sse, before.php.limits.sse);
  EXPECT_EQ(decoded->scripts.request_limit, std::chrono::seconds(3));
  EXPECT_EQ(decoded->reply.spool.directory, "/var/tmp");
  EXPECT_TRUE(decoded->compression.types.contain("text/html"));
  EXPECT_FALSE(decoded->compression.types.contain("image/png"));
  EXPECT_EQ(decoded->region.response_bytes, 16384U);
  EXPECT_EQ(decoded->chroot, "/srv/jail");
  EXPECT_EQ(decoded->seccomp, base::process::Seccomp::kNoExec);
  EXPECT_EQ(decoded->log.message_name, observe::MessageName::kMsg);
  EXPECT_EQ(decoded->log.writer, observe::LogWriter::kCaller);
}

TEST(HostSettings, WhatIsNoSettingsIsRefused) {
  const std::string bytes = encode(some_settings());
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode("{}"));
  for (std::size_t length = 1; length < bytes.size(); length += 7)
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, length)));
}

}  // namespace
}  // namespace tusk::host
