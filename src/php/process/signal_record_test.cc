#include "php/process/signal_record.h"

#include <gtest/gtest.h>

namespace tusk::php::process {
namespace {

TEST(SignalRecord, KeepsDispositionsUntilItIsCleared) {
  SignalRecord record;
  EXPECT_TRUE(record.empty());
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  record.set(SIGUSR1, ignore);
  record.set(SignalRecord::kSignals - 1, ignore);
  EXPECT_FALSE(record.empty());
  EXPECT_TRUE(record.has(SIGUSR1));
  EXPECT_EQ(record.get(SIGUSR1).sa_handler, SIG_IGN);
  EXPECT_FALSE(record.has(SIGUSR2));
  record.clear();
  EXPECT_TRUE(record.empty());
  EXPECT_FALSE(record.has(SIGUSR1));
}

TEST(SignalRecord, AMaskCountsAlsoWhenItBlocksNothing) {
  SignalRecord record;
  EXPECT_EQ(sigismember(&record.mask(), SIGUSR1), 0);
  sigset_t mask;
  sigemptyset(&mask);
  record.set_mask(mask);
  EXPECT_FALSE(record.empty());
  sigaddset(&mask, SIGUSR1);
  record.set_mask(mask);
  EXPECT_EQ(sigismember(&record.mask(), SIGUSR1), 1);
  record.clear();
  EXPECT_EQ(sigismember(&record.mask(), SIGUSR1), 0);
  EXPECT_TRUE(record.empty());
}

}  // namespace
}  // namespace tusk::php::process
