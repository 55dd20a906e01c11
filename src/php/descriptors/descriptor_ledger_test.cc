#include "php/descriptors/descriptor_ledger.h"

#include <cstdio>
#include <thread>
#include <vector>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "php/script_thread.h"

namespace tusk::php::descriptors {
namespace {

std::vector<OpenedDescriptor> opened_in_request(const DescriptorLedger& ledger) {
  std::vector<OpenedDescriptor> found;
  ledger.for_each_of_this_request([&](const OpenedDescriptor& one) { found.push_back(one); });
  return found;
}

std::vector<int> numbers(const DescriptorLedger& ledger) {
  std::vector<int> found;
  for (const OpenedDescriptor& one : opened_in_request(ledger)) found.push_back(one.fd);
  return found;
}

// Runs `test` on a thread of its own, which runs scripts.
template <class Test>
void on_script_thread(Test test) {
  std::thread([&test] {
    ScriptThread thread;
    thread.begin_request();
    test(thread.descriptors);
  }).join();
}

TEST(DescriptorLedger, KnowsWhatTheRequestOpenedAndHasNotClosed) {
  on_script_thread([](DescriptorLedger& ledger) {
    EXPECT_TRUE(opened_in_request(ledger).empty());
    const int file = ::open("/dev/null", O_RDONLY);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const int copy = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
    const int event = ::eventfd(0, 0);
    FILE* const stream = std::fopen("/dev/null", "r");
    DIR* const directory = ::opendir("/");
    EXPECT_EQ(numbers(ledger), (std::vector<int>{file, ends[0], ends[1], copy, event,
                                                 ::fileno(stream), ::dirfd(directory)}));
    EXPECT_TRUE(ledger.owns(file));
    ::close(file);
    ::close(ends[0]);
    std::fclose(stream);
    ::closedir(directory);
    EXPECT_EQ(numbers(ledger), (std::vector<int>{ends[1], copy, event}));
    EXPECT_FALSE(ledger.owns(file));
    ::close(ends[1]);
    ::close(copy);
    ::close(event);
    EXPECT_TRUE(opened_in_request(ledger).empty());
  });
}

TEST(DescriptorLedger, AnEarlierRequestsAreTheThreadsButNotTheRequests) {
  on_script_thread([](DescriptorLedger& ledger) {
    const int persistent = ::open("/dev/null", O_RDONLY);
    ledger.begin_request();
    EXPECT_TRUE(opened_in_request(ledger).empty());
    EXPECT_TRUE(ledger.owns(persistent));
    EXPECT_FALSE(ledger.is_of_this_request(persistent));
    ::close(persistent);
  });
}

TEST(DescriptorLedger, AnotherThreadsAreNotOnes) {
  const int servers = ::open("/dev/null", O_RDONLY);
  on_script_thread([&](DescriptorLedger& ledger) {
    EXPECT_FALSE(ledger.owns(servers));
    const int own = ::open("/dev/null", O_RDONLY);
    on_script_thread([&](DescriptorLedger& other) { EXPECT_FALSE(other.owns(own)); });
    // Closed by a helper thread of a library, then given out again to the server.
    std::thread([&] {
      ::close(own);
      EXPECT_EQ(::open("/dev/null", O_RDONLY), own);
    }).join();
    EXPECT_FALSE(ledger.owns(own));
    ::close(own);
  });
  ::close(servers);
}

TEST(DescriptorLedger, ASocketIsKnownByMoreThanItsNumber) {
  on_script_thread([](DescriptorLedger& ledger) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const auto opened = opened_in_request(ledger);
    ASSERT_EQ(opened.size(), 2);
    EXPECT_TRUE(opened[0].is_still_open() && opened[1].is_still_open());
    EXPECT_NE(opened[0].socket, opened[1].socket);
    // Closes as a library does that the ledger does not see.
    const auto close_unseen = reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, "close"));
    close_unseen(ends[0]);
    EXPECT_FALSE(opened[0].is_still_open());
    ::dup2(ends[1], ends[0]);
    EXPECT_FALSE(opened[0].is_still_open()) << "another socket has the number now";
    EXPECT_EQ(opened_in_request(ledger)[0].socket, opened[1].socket);
    ::close(ends[0]);
    ::close(ends[1]);
  });
}

TEST(DescriptorLedger, DescriptorsThatCameInAMessageAreTheReceivers) {
  on_script_thread([](DescriptorLedger& ledger) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    char byte = 'x';
    iovec data{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    *reinterpret_cast<int*>(CMSG_DATA(part)) = STDIN_FILENO;
    ASSERT_EQ(::sendmsg(ends[0], &message, 0), 1);
    ASSERT_EQ(::recvmsg(ends[1], &message, 0), 1);
    EXPECT_EQ(opened_in_request(ledger).size(), 3);
    ledger.for_each_of_this_request([](const OpenedDescriptor& one) { ::close(one.fd); });
  });
}

}  // namespace
}  // namespace tusk::php::descriptors
