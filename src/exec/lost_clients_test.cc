#include "exec/lost_clients.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::exec {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Job job_of(std::string_view address) {
  Job job;
  job.origin.client_address = job.store(address);
  return job;
}

base::MonotonicTime at(base::Duration since) { return base::MonotonicTime(seconds(600)) + since; }

constexpr base::Duration kNone{};

TEST(LostClients, AClientHasSoManyAndOthersAreFree) {
  LostClients lost({.per_client = 2, .remember_for = minutes(10)});
  const Job one = job_of("192.0.2.1");
  lost.add(one, at(seconds(0)));
  EXPECT_EQ(lost.refused_for(one, at(seconds(1))), kNone);
  lost.add(job_of("192.0.2.2"), at(seconds(2)));
  EXPECT_EQ(lost.refused_for(one, at(seconds(3))), kNone) << "somebody else's";
  lost.add(one, at(seconds(60)));
  EXPECT_EQ(lost.refused_for(one, at(seconds(60))), minutes(9)) << "then the first is forgotten";
  EXPECT_EQ(lost.refused_for(job_of("192.0.2.2"), at(seconds(60))), kNone);
  EXPECT_EQ(lost.refused_for(one, at(minutes(10))), kNone);
  lost.add(one, at(minutes(10)));
  EXPECT_EQ(lost.refused_for(one, at(minutes(10))), minutes(1)) << "the second still counts";
}

TEST(LostClients, OneThatRunsCountsUntilItIsBack) {
  LostClients lost({.per_client = 1, .remember_for = minutes(10)});
  const Job one = job_of("192.0.2.1");
  const LostClients::Loss loss = lost.add(one, at(seconds(0)));
  for (int minute = 1; minute <= 60; ++minute) {
    lost.renew(loss, at(minutes(minute)));
    ASSERT_EQ(lost.refused_for(one, at(minutes(minute))), minutes(10));
  }
  EXPECT_EQ(lost.refused_for(one, at(minutes(69))), minutes(1));
  EXPECT_EQ(lost.refused_for(one, at(minutes(70))), kNone);
}

TEST(LostClients, AClientIsANetworkOfIPv6) {
  LostClients lost({.per_client = 2});
  lost.add(job_of("2001:db8:0:1::1"), at(kNone));
  lost.add(job_of("2001:db8:0:1::2"), at(kNone));
  EXPECT_GT(lost.refused_for(job_of("2001:db8:0:1:ffff::3"), at(kNone)), kNone);
  EXPECT_EQ(lost.refused_for(job_of("2001:db8:0:2::1"), at(kNone)), kNone);
}

TEST(LostClients, WhoMayBeManyIsNeverRefused) {
  LostClients lost({.per_client = 1});
  Job shared = job_of("127.0.0.1");
  shared.origin.sharing = http::RequestOrigin::Sharing::kPerhapsMany;
  Job unix = job_of("unix:");
  for (const Job* const job : {&shared, &unix}) {
    EXPECT_EQ(lost.add(*job, at(kNone)), LostClients::kNoLoss);
    EXPECT_EQ(lost.refused_for(*job, at(kNone)), kNone);
  }
  // The same address, from a trusted proxy.
  lost.add(job_of("127.0.0.1"), at(kNone));
  EXPECT_GT(lost.refused_for(job_of("127.0.0.1"), at(kNone)), kNone);
  EXPECT_EQ(lost.refused_for(shared, at(kNone)), kNone);
}

TEST(LostClients, WithoutALimitNobodyIsRefused) {
  LostClients lost({.per_client = 0});
  for (int i = 0; i < 100; ++i) lost.add(job_of("192.0.2.1"), at(kNone));
  EXPECT_EQ(lost.refused_for(job_of("192.0.2.1"), at(kNone)), kNone);
}

TEST(LostClients, AFloodOfAddressesDoesNotMakeItGrow) {
  LostClients lost({.per_client = 1});
  const Job first = job_of("192.0.2.1");
  lost.add(first, at(kNone));
  for (int i = 0; i < 5000; ++i) {
    lost.add(job_of("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)), at(kNone));
  }
  EXPECT_GT(lost.refused_for(job_of("10.0.19.1"), at(kNone)), kNone);
  lost.add(first, at(minutes(20)));
  EXPECT_GT(lost.refused_for(first, at(minutes(20))), kNone);
}

}  // namespace
}  // namespace tusk::exec
