#include "server/answers/file_encodings.h"

#include <latch>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "files/temp_tree.h"
#include "http/coding/test_decoder.h"
#include "server/test/services.h"

namespace tusk::server::answers {
namespace {

using http::ContentCoding;

class FileEncodingsTest : public ::testing::Test {
 protected:
  const files::ServedFile& open(const std::string& path) {
    const files::FileCache::Answer found = services_.files.open(root_, path);
    EXPECT_NE(found.file, nullptr) << path;
    return *found.file;
  }
  // The coding that a client which accepts gzip should wait for.
  ContentCoding wanted(const std::string& path) {
    http::RequestHead request;
    request.method = request.append("GET");
    request.add_field("Accept-Encoding", "gzip");
    return encodings_.wanted(request, open(path));
  }
  bool make(const std::string& path, FileEncodings::Wait& wait) {
    const files::RepresentationRef original = open(path).identity();
    return encodings_.make(root_.id(), path, original, ContentCoding::kGzip, wait);
  }
  void run_until_done(const FileEncodings::Wait& wait) {
    while (!wait.done()) services_.loop.run_one();
  }

  files::TempTree tree_;
  files::DocumentRoot root_ = tree_.open();
  test::TestServices services_;
  FileEncodings& encodings_ = services_.encodings;
  net::Wakeup wakeup_;
};

TEST_F(FileEncodingsTest, AFileIsCompressedOnceForAllWhoWait) {
  const std::string content(10'000, 'x');
  tree_.write("a.txt", content);
  ASSERT_EQ(wanted("/a.txt"), ContentCoding::kGzip);
  FileEncodings::Wait first(encodings_, wakeup_);
  FileEncodings::Wait second(encodings_, wakeup_);
  ASSERT_TRUE(make("/a.txt", first));
  ASSERT_TRUE(make("/a.txt", second));
  run_until_done(first);
  ASSERT_TRUE(second.done());
  ASSERT_NE(first.result(), nullptr);
  EXPECT_EQ(first.result(), second.result());
  EXPECT_EQ(http::coding::decoded(ContentCoding::kGzip, first.result()->bytes), content);
  EXPECT_EQ(wanted("/a.txt"), ContentCoding::kIdentity) << "the cache has it now";
}

TEST_F(FileEncodingsTest, AFileThatDoesNotGetSmallerIsNotTriedAgain) {
  std::string content;
  for (std::uint32_t i = 0, state = 1; i < 1000; ++i) {
    state = state * 1664525 + 1013904223;
    content.push_back(static_cast<char>(state >> 24));
  }
  tree_.write("a.txt", content);
  ASSERT_EQ(wanted("/a.txt"), ContentCoding::kGzip);
  FileEncodings::Wait wait(encodings_, wakeup_);
  ASSERT_TRUE(make("/a.txt", wait));
  run_until_done(wait);
  EXPECT_EQ(wait.result(), nullptr);
  EXPECT_EQ(wanted("/a.txt"), ContentCoding::kIdentity);
}

TEST_F(FileEncodingsTest, ATransactionMayStopWaiting) {
  tree_.write("a.txt", std::string(10'000, 'x'));
  FileEncodings::Wait stays(encodings_, wakeup_);
  {
    FileEncodings::Wait leaves(encodings_, wakeup_);
    ASSERT_TRUE(make("/a.txt", leaves));
    ASSERT_TRUE(make("/a.txt", stays));
  }
  run_until_done(stays);
  EXPECT_NE(stays.result(), nullptr);
}

TEST_F(FileEncodingsTest, ATextIsItsCallersToKeep) {
  auto text = std::make_shared<files::Representation>();
  text->bytes = std::string(10'000, 'x');
  text->size_bytes = text->bytes.size();
  FileEncodings::Wait wait(encodings_, wakeup_);
  ASSERT_TRUE(encodings_.make(text, ContentCoding::kGzip, wait));
  run_until_done(wait);
  ASSERT_NE(wait.result(), nullptr);
  EXPECT_EQ(wait.result()->coding, ContentCoding::kGzip);
  EXPECT_EQ(http::coding::decoded(ContentCoding::kGzip, wait.result()->bytes), text->bytes);
}

TEST_F(FileEncodingsTest, MoreThanMayWaitAreRefused) {
  std::latch held(1);
  std::latch go_on(1);
  auto text = std::make_shared<files::Representation>();
  text->bytes = "x";
  text->size_bytes = 1;
  ASSERT_TRUE(services_.encoder->submit(text, ContentCoding::kGzip, [&](const std::string&) {
    held.count_down();
    go_on.wait();
  }));
  held.wait();
  for (std::size_t i = 0; i < FileEncoder::kMaxPending; ++i) {
    ASSERT_TRUE(services_.encoder->submit(text, ContentCoding::kGzip, [](const std::string&) {}));
  }
  FileEncodings::Wait refused(encodings_, wakeup_);
  EXPECT_FALSE(encodings_.make(text, ContentCoding::kGzip, refused));
  EXPECT_FALSE(refused.done());
  go_on.count_down();
  services_.encoder.reset();  // the latches end here
}

}  // namespace
}  // namespace tusk::server::answers
