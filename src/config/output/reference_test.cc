#include "config/output/reference.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "config/environment.h"
#include "config/field.h"
#include "config/file/toml_file.h"
#include "config/option_table.h"

namespace tusk::config::output {
namespace {

TEST(Reference, IsWhatIsInTheDocumentation) {
  const std::string path = TUSK_SOURCE_DIR "/docs/configuration.md";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), reference_markdown())
      << "The option table has changed: tusk config --reference > " << path;
}

TEST(Reference, NamesEveryOption) {
  const std::string text = reference_markdown();
  for (const Option& option : option_table()) {
    const std::string code = "`" + own_name(option) + "`";
    EXPECT_NE(text.find(code), std::string::npos) << code;
    EXPECT_NE(text.find("--" + std::string(option.flag)), std::string::npos) << option.flag;
  }
}

TEST(Reference, ListsTheOlderVariablesThatHaveAnotherName) {
  const std::string text = reference_markdown();
  EXPECT_NE(text.find("| `TUSK_WORKERS` | `PHP_WORKERS` |"), std::string::npos);
  EXPECT_NE(text.find("| `TUSK_DRAIN_TIMEOUT` | `DRAIN_TIMEOUT_SECS` |"), std::string::npos);
  EXPECT_EQ(text.find("| `TUSK_LOG_LEVEL` | `LOG_LEVEL` |"), std::string::npos);
  EXPECT_EQ(text.find("| `TUSK_CONFIG` | `"), std::string::npos);
}

TEST(Reference, ItsExampleIsRight) {
  const file::FileContent content = file::parse_toml(example_file(), "example");
  EXPECT_TRUE(content.errors.empty()) << content.errors[0].message;
  Settings settings;
  for (const Assignment& assignment : content.assignments) {
    for (const std::string& text : assignment.texts) {
      const auto done = assign(settings, *assignment.option, text, "/etc");
      EXPECT_TRUE(done) << done.error().message;
    }
  }
  EXPECT_EQ(settings.listen.size(), 2U);
  EXPECT_EQ(settings.php.size(), 2U);
}

}  // namespace
}  // namespace tusk::config::output
