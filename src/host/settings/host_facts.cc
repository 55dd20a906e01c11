#include "host/settings/host_facts.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace tusk::host::inline settings {

namespace {

using Json = nlohmann::json;

Json findings_of(const php::Facts& facts) {
  Json findings = Json::array();
  for (const php::IniFinding& finding : facts.findings)
    findings.push_back({finding.directive, finding.message});
  return findings;
}

php::Facts facts_of(const Json& json) {
  php::Facts facts;
  json.at("build").get_to(facts.build);
  json.at("first_line_of_directives").get_to(facts.first_line_of_directives);
  json.at("name").get_to(facts.name);
  json.at("version").get_to(facts.version);
  json.at("description").get_to(facts.description);
  json.at("start_files").get_to(facts.start_files);
  json.at("extensions").get_to(facts.extensions);
  json.at("ini").get_to(facts.ini.loaded);
  json.at("scanned").get_to(facts.ini.scanned);
  json.at("directories").get_to(facts.ini.directories);
  json.at("preload").get_to(facts.preload.script);
  json.at("preload_user").get_to(facts.preload.user);
  json.at("validates").get_to(facts.validation.on);
  json.at("validation_seconds").get_to(facts.validation.seconds);
  json.at("ini_errors").get_to(facts.ini_errors);
  for (const Json& pair : json.at("findings"))
    facts.findings.push_back({pair.at(0).get<std::string>(), pair.at(1).get<std::string>()});
  return facts;
}

}  // namespace

std::string encode_facts(const HostFacts& facts) {
  const php::Facts& php = facts.php;
  const Json json = {{"failure", facts.failure},
                     {"build", php.build},
                     {"first_line_of_directives", php.first_line_of_directives},
                     {"name", php.name},
                     {"version", php.version},
                     {"description", php.description},
                     {"start_files", php.start_files},
                     {"extensions", php.extensions},
                     {"ini", php.ini.loaded},
                     {"scanned", php.ini.scanned},
                     {"directories", php.ini.directories},
                     {"preload", php.preload.script},
                     {"preload_user", php.preload.user},
                     {"validates", php.validation.on},
                     {"validation_seconds", php.validation.seconds},
                     {"ini_errors", php.ini_errors},
                     {"findings", findings_of(php)}};
  std::string bytes;
  Json::to_cbor(json, nlohmann::detail::output_adapter<char, std::string>(bytes));
  return bytes;
}

base::Result<HostFacts> decode_facts(std::string_view bytes) {
  try {
    const Json json = Json::from_cbor(bytes);
    HostFacts facts{.php = facts_of(json), .failure = {}};
    json.at("failure").get_to(facts.failure);
    return facts;
  } catch (const Json::exception& error) {
    return base::fail(std::string("a PHP host has answered what cannot be read: ") + error.what());
  }
}

}  // namespace tusk::host::inline settings
