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

TEST(SignalRecord, GoesBackToWhatWasKept) {
  SignalRecord record;
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  record.keep();
  record.set(SIGUSR1, ignore);
  record.put_back();
  EXPECT_TRUE(record.empty());
  record.set(SIGUSR1, ignore);
  record.keep();
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGTERM);
  record.set_mask(mask);
  record.set(SIGUSR1, {});
  record.set(SIGUSR2, ignore);
  record.put_back();
  EXPECT_EQ(record.get(SIGUSR1).sa_handler, SIG_IGN);
  EXPECT_FALSE(record.has(SIGUSR2));
  EXPECT_EQ(sigismember(&record.mask(), SIGTERM), 0);
}

}  // namespace
}  // namespace tusk::php::process
