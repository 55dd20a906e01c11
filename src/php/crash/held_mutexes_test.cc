#include "php/crash/held_mutexes.h"

#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <time.h>

#include "base/process/sanitizer_build.h"

namespace tusk::php::crash {
namespace {

class HeldMutexes : public ::testing::Test {
 protected:
  void SetUp() override {
    if (TUSK_SANITIZER_BUILD) GTEST_SKIP() << "nothing is counted under sanitizers";
    before_ = held_mutexes();
  }
  int more() const { return held_mutexes() - before_; }

  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_rwlock_t lock_ = PTHREAD_RWLOCK_INITIALIZER;
  int before_ = 0;
};

TEST_F(HeldMutexes, CountsMutexesOfTheCallingThread) {
  ASSERT_EQ(pthread_mutex_lock(&mutex_), 0);
  EXPECT_EQ(more(), 1);
  std::thread([] { EXPECT_EQ(held_mutexes(), 0); }).join();
  ASSERT_EQ(pthread_mutex_unlock(&mutex_), 0);
  EXPECT_EQ(more(), 0);
}

TEST_F(HeldMutexes, AFailedLockIsNotCounted) {
  ASSERT_EQ(pthread_mutex_lock(&mutex_), 0);
  EXPECT_NE(pthread_mutex_trylock(&mutex_), 0);
  const timespec past{};
  EXPECT_NE(pthread_mutex_timedlock(&mutex_, &past), 0);
  EXPECT_NE(pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &past), 0);
  EXPECT_EQ(more(), 1);
  pthread_mutex_unlock(&mutex_);
}

TEST_F(HeldMutexes, CountsReadersAndWriters) {
  ASSERT_EQ(pthread_rwlock_rdlock(&lock_), 0);
  ASSERT_EQ(pthread_rwlock_tryrdlock(&lock_), 0);
  EXPECT_EQ(more(), 2);
  EXPECT_NE(pthread_rwlock_trywrlock(&lock_), 0);
  EXPECT_EQ(more(), 2);
  pthread_rwlock_unlock(&lock_);
  pthread_rwlock_unlock(&lock_);
  ASSERT_EQ(pthread_rwlock_wrlock(&lock_), 0);
  EXPECT_EQ(more(), 1);
  pthread_rwlock_unlock(&lock_);
  EXPECT_EQ(more(), 0);
}

}  // namespace
}  // namespace tusk::php::crash
