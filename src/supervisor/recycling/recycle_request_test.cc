#include "supervisor/recycling/recycle_request.h"

#include <gtest/gtest.h>

namespace tusk::supervisor::recycling {
namespace {

using observe::ProcessRecycling;

TEST(RecycleRequest, IsReadAsItWasWritten) {
  for (const ProcessRecycling reason :
       {ProcessRecycling::kMemory, ProcessRecycling::kAge, ProcessRecycling::kLostWorkers,
        ProcessRecycling::kRestarts, ProcessRecycling::kPreloaded}) {
    const RecycleRequest request{.reason = reason, .measured = 1ULL << 40U, .limit = 7};
    EXPECT_EQ(parse_recycle_request(to_text(request)), request);
  }
  EXPECT_EQ(to_text({.reason = ProcessRecycling::kLostWorkers, .measured = 3, .limit = 2}),
            "lost_workers 3 2");
}

TEST(RecycleRequest, AnythingElseIsNone) {
  for (const char* text :
       {"", "memory", "memory 1", "memory 1 2 3", "memory -1 2", "memory 1 x", "moon 1 2",
        " memory 1 2", "memory 99999999999999999999 2", "memory  1 2"}) {
    EXPECT_FALSE(parse_recycle_request(text)) << text;
  }
}

}  // namespace
}  // namespace tusk::supervisor::recycling
