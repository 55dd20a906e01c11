#include "php/crash/script_facts.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::php::crash {
namespace {

// A query may contain secrets.
TEST(ScriptFacts, ThePathHasNoQuery) {
  exec::Job job;
  job.head.target = job.store("/a/b?token=secret");
  EXPECT_EQ(script_facts(job).path, "/a/b");
  job.head.target = job.store("/a");
  EXPECT_EQ(script_facts(job).path, "/a");
}

TEST(ScriptFacts, NamesTheRequestAsLogsDo) {
  exec::Job job;
  job.request_id = 7;
  job.given_id = job.store(std::string(http::RequestId::kMaxBytes, 'x'));
  const observe::crash::ScriptFacts facts = script_facts(job);
  EXPECT_EQ(facts.request, 7U);
  EXPECT_EQ(base::process::text_of(facts.request_id), job.id().view());
}

}  // namespace
}  // namespace tusk::php::crash
