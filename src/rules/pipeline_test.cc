#include "rules/pipeline.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace tusk::rules {
namespace {

TEST(Pipeline, IsWhatIsInTheDocumentation) {
  std::string table = "| stage | what | why here |\n|---|---|---|\n";
  for (const Stage& stage : pipeline()) {
    table.append("| ").append(stage.name).append(" | ").append(stage.what);
    table.append(" | ").append(stage.why_here).append(" |\n");
  }
  std::ifstream file(TUSK_SOURCE_DIR "/docs/routing.md", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(table), std::string::npos) << "docs/routing.md lacks\n" << table;
}

}  // namespace
}  // namespace tusk::rules
