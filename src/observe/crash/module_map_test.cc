#include "observe/crash/module_map.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/process/sanitizer_build.h"

namespace tusk::observe::crash {
namespace {

int data = 0;

TEST(ModuleMap, KnowsWhoseCodeItIs) {
  ModuleMap::refresh();
  const auto of = [](auto* function) {
    return ModuleMap::owner_of(reinterpret_cast<std::uintptr_t>(function));
  };
  EXPECT_EQ(of(&ModuleMap::refresh), CodeOwner::kProgram);
  if (!TUSK_SANITIZER_BUILD) {
    EXPECT_EQ(of(&::strtol), CodeOwner::kRuntime);
  }
  EXPECT_EQ(ModuleMap::owner_of(reinterpret_cast<std::uintptr_t>(&data)), CodeOwner::kUnknown)
      << "data is no code";
  const CodeModule* const program =
      ModuleMap::find(reinterpret_cast<std::uintptr_t>(&ModuleMap::refresh));
  ASSERT_NE(program, nullptr);
  // addr2line is to be given that file.
  const std::string executed = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_EQ(program->path, executed);
  EXPECT_EQ(program->file(), executed.substr(executed.rfind('/') + 1).substr(0, 47));
  EXPECT_GT(program->build_id_bytes, 0U);
}

}  // namespace
}  // namespace tusk::observe::crash
