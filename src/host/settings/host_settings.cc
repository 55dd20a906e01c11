#include "host/settings/host_settings.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace tusk::host::inline settings {

namespace {

using Json = nlohmann::json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Json json_of(const php::Settings& php) {
  Json directives = Json::array();
  for (const config::PhpDirective& directive : php.directives)
    directives.push_back({directive.name, directive.value});
  Json info = Json::array();
  for (const php::InfoRow& row : php.info) info.push_back({row.name, row.value});
  return {{"method", static_cast<int>(php.method)},
          {"stack_bytes", php.stack_bytes},
          {"ini_path", php.ini_path},
          {"directives", std::move(directives)},
          {"sapi_name", php.sapi_name},
          {"server_software", php.server_software},
          {"sse_timeout_ns", php.limits.sse.count()},
          {"doctor", Json::array({php.doctor.on, php.doctor.warm_up, php.doctor.round})},
          {"preload_list", php.preload.list_file},
          {"info", std::move(info)},
          {"document_root", php.document_root},
          {"request_body_bytes", php.request_body_bytes}};
}

php::Settings php_of(const Json& json) {
  php::Settings php;
  php.process = php::ProcessKind::kHost;
  php.method = static_cast<php::Method>(json.at("method").get<int>());
  json.at("stack_bytes").get_to(php.stack_bytes);
  json.at("ini_path").get_to(php.ini_path);
  for (const Json& pair : json.at("directives"))
    php.directives.push_back({pair.at(0).get<std::string>(), pair.at(1).get<std::string>()});
  json.at("sapi_name").get_to(php.sapi_name);
  json.at("server_software").get_to(php.server_software);
  php.limits.sse = base::Duration(json.at("sse_timeout_ns").get<std::int64_t>());
  const Json& doctor = json.at("doctor");
  doctor.at(0).get_to(php.doctor.on);
  doctor.at(1).get_to(php.doctor.warm_up);
  doctor.at(2).get_to(php.doctor.round);
  for (const Json& pair : json.at("info"))
    php.info.push_back({pair.at(0).get<std::string>(), pair.at(1).get<std::string>()});
  json.at("preload_list").get_to(php.preload.list_file);
  json.at("document_root").get_to(php.document_root);
  json.at("request_body_bytes").get_to(php.request_body_bytes);
  return php;
}

Json json_of(const exec::ReplyLimits& limits) {
  return {
      {"buffer_bytes", limits.buffer_bytes},       {"memory_bytes", limits.memory_bytes},
      {"spool_bytes", limits.spool_bytes},         {"all_memory_bytes", limits.spool.memory_bytes},
      {"all_disk_bytes", limits.spool.disk_bytes}, {"directory", limits.spool.directory}};
}

exec::ReplyLimits reply_of(const Json& json) {
  exec::ReplyLimits limits;
  json.at("buffer_bytes").get_to(limits.buffer_bytes);
  json.at("memory_bytes").get_to(limits.memory_bytes);
  json.at("spool_bytes").get_to(limits.spool_bytes);
  json.at("all_memory_bytes").get_to(limits.spool.memory_bytes);
  json.at("all_disk_bytes").get_to(limits.spool.disk_bytes);
  json.at("directory").get_to(limits.spool.directory);
  return limits;
}

Json json_of(const http::coding::Policy& policy) {
  Json scripts = Json::array();
  for (const http::ContentCoding coding : policy.scripts)
    scripts.push_back(static_cast<int>(coding));
  return {{"scripts", std::move(scripts)},  {"gzip", policy.levels.gzip},
          {"brotli", policy.levels.brotli}, {"zstd", policy.levels.zstd},
          {"min_bytes", policy.min_bytes},  {"max_bytes", policy.max_bytes},
          {"types", policy.types.texts()},  {"stream_types", policy.stream_types.texts()}};
}

http::coding::Policy policy_of(const Json& json) {
  http::coding::Policy policy;
  for (const Json& coding : json.at("scripts"))
    policy.scripts.push_back(static_cast<http::ContentCoding>(coding.get<int>()));
  json.at("gzip").get_to(policy.levels.gzip);
  json.at("brotli").get_to(policy.levels.brotli);
  json.at("zstd").get_to(policy.levels.zstd);
  json.at("min_bytes").get_to(policy.min_bytes);
  json.at("max_bytes").get_to(policy.max_bytes);
  using Texts = std::vector<std::string>;
  policy.types = http::coding::MediaTypes(json.at("types").get<Texts>());
  policy.stream_types = http::coding::MediaTypes(json.at("stream_types").get<Texts>());
  return policy;
}

Json json_of(const exec::PoolScripts& scripts) {
  Json warm_up = Json::array();
  for (const exec::WarmUpPage& page : scripts.warm_up)
    warm_up.push_back(Json::array({page.target, page.host, page.https}));
  return {{"pool", scripts.pool},
          {"index", scripts.index},
          {"warm_up", std::move(warm_up)},
          {"resident_script", scripts.resident_script},
          {"rewind", scripts.mode == exec::ScriptMode::kRewind},
          {"document_root", scripts.document_root},
          {"request_limit_ns", scripts.request_limit.count()},
          {"cpu_limit_ns", scripts.cpu_limit.count()},
          {"environment", scripts.environment},
          {"directives", scripts.directives}};
}

exec::PoolScripts scripts_of(const Json& json) {
  exec::PoolScripts scripts;
  json.at("pool").get_to(scripts.pool);
  json.at("resident_script").get_to(scripts.resident_script);
  if (json.at("rewind").get<bool>()) scripts.mode = exec::ScriptMode::kRewind;
  json.at("document_root").get_to(scripts.document_root);
  scripts.request_limit = base::Duration(json.at("request_limit_ns").get<std::int64_t>());
  scripts.cpu_limit = base::Duration(json.at("cpu_limit_ns").get<std::int64_t>());
  json.at("index").get_to(scripts.index);
  for (const Json& page : json.at("warm_up"))
    scripts.warm_up.push_back({.target = page.at(0), .host = page.at(1), .https = page.at(2)});
  scripts.environment = json.at("environment").get<Pairs>();
  scripts.directives = json.at("directives").get<Pairs>();
  return scripts;
}

Json json_of(const observe::LogSettings& log) {
  return {{"format", static_cast<int>(log.format)},
          {"level", static_cast<int>(log.level)},
          {"service_name", log.service_name},
          {"priority_prefix", static_cast<int>(log.priority_prefix)},
          {"message_name", static_cast<int>(log.message_name)}};
}

observe::LogSettings log_of(const Json& json) {
  observe::LogSettings log;
  log.format = static_cast<observe::LogFormat>(json.at("format").get<int>());
  log.level = static_cast<observe::Level>(json.at("level").get<int>());
  json.at("service_name").get_to(log.service_name);
  log.priority_prefix = static_cast<observe::PriorityPrefix>(json.at("priority_prefix").get<int>());
  log.message_name = static_cast<observe::MessageName>(json.at("message_name").get<int>());
  // A process that is forked has no other threads.
  log.writer = observe::LogWriter::kCaller;
  return log;
}

}  // namespace

std::string encode(const HostSettings& settings) {
  const Json json = {{"version", TUSK_VERSION},
                     {"php", json_of(settings.php)},
                     {"reply", json_of(settings.reply)},
                     {"compression", json_of(settings.compression)},
                     {"scripts", json_of(settings.scripts)},
                     {"request_bytes", settings.region.request_bytes},
                     {"response_bytes", settings.region.response_bytes},
                     {"log", json_of(settings.log)},
                     {"log_file", settings.log_file},
                     {"request_id_keys", settings.request_id_keys},
                     {"user", settings.user.user},
                     {"group", settings.user.group},
                     {"chroot", settings.chroot},
                     {"seccomp", static_cast<int>(settings.seccomp)}};
  std::string bytes;
  Json::to_cbor(json, nlohmann::detail::output_adapter<char, std::string>(bytes));
  return bytes;
}

base::Result<HostSettings> decode(std::string_view bytes) {
  try {
    const Json json = Json::from_cbor(bytes.begin(), bytes.end());
    const auto version = json.at("version").get<std::string>();
    if (version != TUSK_VERSION)
      return base::fail("the server is tusk " + version + ", its PHP host " TUSK_VERSION);
    HostSettings settings;
    settings.php = php_of(json.at("php"));
    settings.reply = reply_of(json.at("reply"));
    settings.compression = policy_of(json.at("compression"));
    settings.scripts = scripts_of(json.at("scripts"));
    json.at("request_bytes").get_to(settings.region.request_bytes);
    json.at("response_bytes").get_to(settings.region.response_bytes);
    settings.log = log_of(json.at("log"));
    json.at("log_file").get_to(settings.log_file);
    json.at("request_id_keys").get_to(settings.request_id_keys);
    json.at("user").get_to(settings.user.user);
    json.at("group").get_to(settings.user.group);
    json.at("chroot").get_to(settings.chroot);
    settings.seccomp = static_cast<base::process::Seccomp>(json.at("seccomp").get<int>());
    return settings;
  } catch (const Json::exception& error) {
    return base::fail(std::string("the server's settings cannot be read: ") + error.what());
  }
}

}  // namespace tusk::host::inline settings
