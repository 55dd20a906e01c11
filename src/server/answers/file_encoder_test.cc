#include "server/answers/file_encoder.h"

#include <future>
#include <latch>
#include <memory>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http/coding/test_decoder.h"

namespace tusk::server::answers {
namespace {

using http::ContentCoding;

class FileEncoderTest : public ::testing::Test {
 protected:
  static files::RepresentationRef in_memory(std::string content) {
    auto original = std::make_shared<files::Representation>();
    original->size_bytes = content.size();
    original->bytes = std::move(content);
    return original;
  }
  // Whether its size on the disk is what its description says.
  static files::RepresentationRef in_file(std::string_view content, bool current) {
    auto original = std::make_shared<files::Representation>();
    original->fd.reset(::memfd_create("tusk-test", MFD_CLOEXEC));
    EXPECT_EQ(::write(original->fd.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    original->info = files::file_info(original->fd.get());
    original->size_bytes = content.size();
    if (!current) {
      EXPECT_EQ(::ftruncate(original->fd.get(), static_cast<off_t>(content.size() + 1)), 0);
    }
    return original;
  }

  std::string encode(files::RepresentationRef original, ContentCoding coding) {
    std::promise<std::string> result;
    EXPECT_TRUE(encoder_.submit(std::move(original), coding,
                                [&](std::string bytes) { result.set_value(std::move(bytes)); }));
    return result.get_future().get();
  }

  http::coding::Policy policy_;
  observe::MetricsShard metrics_;
  FileEncoder encoder_{policy_, metrics_};
};

TEST_F(FileEncoderTest, FromMemoryAndFromADescriptor) {
  const std::string content(100'000, 'x');
  for (const ContentCoding coding :
       {ContentCoding::kGzip, ContentCoding::kBrotli, ContentCoding::kZstd}) {
    EXPECT_EQ(http::coding::decoded(coding, encode(in_memory(content), coding)), content);
    EXPECT_EQ(http::coding::decoded(coding, encode(in_file(content, true), coding)), content);
  }
}

TEST_F(FileEncoderTest, NothingComesOfAFileThatChangedOrDoesNotGetSmaller) {
  EXPECT_EQ(encode(in_file(std::string(5000, 'x'), false), ContentCoding::kGzip), "");
  EXPECT_EQ(encode(in_memory("short"), ContentCoding::kGzip), "");
}

TEST_F(FileEncoderTest, MoreThanMayWaitAreRefusedAndTheEndDoesNotWaitForThem) {
  // The encoder's thread may still be in wait() when this function ends.
  struct Latches {
    std::latch running{1};
    std::latch go_on{1};
  };
  const auto latches = std::make_shared<Latches>();
  ASSERT_TRUE(encoder_.submit(in_memory("x"), ContentCoding::kGzip, [latches](const std::string&) {
    latches->running.count_down();
    latches->go_on.wait();
  }));
  latches->running.wait();
  for (std::size_t i = 0; i < FileEncoder::kMaxPending; ++i) {
    EXPECT_TRUE(encoder_.submit(in_memory("x"), ContentCoding::kGzip, [](const std::string&) {}));
  }
  EXPECT_FALSE(encoder_.submit(in_memory("x"), ContentCoding::kGzip, [](const std::string&) {}));
  latches->go_on.count_down();
}

}  // namespace
}  // namespace tusk::server::answers
