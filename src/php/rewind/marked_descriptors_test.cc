#include "php/rewind/marked_descriptors.h"

#include <csignal>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "php/rewind/test_worker.h"

namespace tusk::php::rewind {
namespace {

int open_null() { return ::open("/dev/null", O_RDWR | O_CLOEXEC); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

class MarkedDescriptorsTest : public ::testing::Test {
 protected:
  void SetUp() override { TUSK_SKIP_UNDER_SANITIZER(); }

  TestHost host_;
};

TEST_F(MarkedDescriptorsTest, ThoseOfARequestAreClosedAndThoseOfTheMarkAreLeft) {
  host_.expect([](TestWorker& worker) {
    const int of_mark = open_null();
    const int gap = open_null();
    const int highest = ::fcntl(of_mark, F_DUPFD_CLOEXEC, 100);
    ::close(gap);
    const int round = worker.mark();
    worker.check(is_open(of_mark) && is_open(highest), "of the mark");
    worker.check(!is_open(gap), "a number that was free at the mark");
    worker.check(!is_open(highest + 1) && !is_open(500), "above the mark's highest");
    worker.check(worker.snapshot().replacement() == Replacement::kNone, "replacement");
    if (round == 3) return;
    ::dup2(of_mark, gap);
    ::dup2(of_mark, highest + 1);
    ::dup2(of_mark, 500);
    worker.snapshot().closing_descriptor(highest + 1);  // as close() does; not of the mark
    worker.snapshot().closing_descriptor(-1);
    worker.snapshot().closing_descriptor(1'000'000);
    worker.rewind();
  });
}

TEST_F(MarkedDescriptorsTest, OneOfTheMarkThatIsClosedAsksForAnotherWorker) {
  host_.expect([](TestWorker& worker) {
    const int of_mark = open_null();
    const int round = worker.mark();
    if (round == 1) {
      worker.check(worker.snapshot().replacement() == Replacement::kDescriptor, "replacement");
      return;
    }
    worker.snapshot().closing_descriptor(of_mark);
    ::close(of_mark);
    worker.rewind();
  });
}

}  // namespace
}  // namespace tusk::php::rewind
