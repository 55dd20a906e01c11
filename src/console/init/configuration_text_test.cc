#include "console/init/configuration_text.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/file/toml_file.h"

namespace tusk::console::init {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> assigned(const std::string& text) {
  const auto content = config::file::parse_toml(text, "tusk.toml");
  EXPECT_TRUE(content.errors.empty()) << content.errors.front().message;
  std::vector<std::string> names;
  for (const auto& assignment : content.assignments)
    names.push_back(std::string(assignment.option->name) + "=" + assignment.texts.front());
  return names;
}

TEST(ConfigurationText, OfThePackageIsTheFileInPackaging) {
  std::ifstream file(TUSK_SOURCE_DIR "/packaging/etc/tusk.toml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(configuration_text(welcome_site()), text);
  EXPECT_THAT(assigned(text), Contains("slow_request=5s"));
}

TEST(ConfigurationText, HasThePresetAndTheCertificate) {
  Site site = welcome_site();
  site.application = {.name = "Laravel", .preset = "laravel", .document_root = "/srv/a \"b\""};
  site.listen = {":80", ":443"};
  site.host = "example.org";
  site.certificate = "/c.pem";
  site.key = "/k.pem";
  const auto names = assigned(configuration_text(site));
  EXPECT_THAT(names, testing::IsSupersetOf({"document_root=/srv/a \"b\"", "preset=laravel",
                                            "tls_cert=/c.pem", "tls_key=/k.pem",
                                            "https_redirect=308", "warm_up=https://example.org/"}));
}

TEST(ConfigurationText, OutsideTheServiceHasNoneOfItsDirectories) {
  Site site = welcome_site();
  site.service = false;
  site.application.front_controller = "index.php";
  const std::string text = configuration_text(site);
  EXPECT_THAT(text, Not(HasSubstr("/var/")));
  EXPECT_THAT(text, Not(HasSubstr("/run/")));
  EXPECT_THAT(assigned(text), Contains("index_file=index.php"));
}

}  // namespace
}  // namespace tusk::console::init
