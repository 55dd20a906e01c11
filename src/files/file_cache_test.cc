#include "files/file_cache.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "files/temp_tree.h"

namespace tusk::files {
namespace {

constexpr FileCache::Limits kLong{.validity = std::chrono::hours(1)};
constexpr std::int64_t kOld = 1'000'000'000;

class FileCacheTest : public testing::Test {
 protected:
  // The content, or the outcome as a word.
  static std::string content(const FileCache::Answer& answer) {
    switch (answer.outcome) {
      case LookupOutcome::kFile:
        break;
      case LookupOutcome::kDirectory:
        return "directory";
      case LookupOutcome::kNotFound:
        return "not found";
      default:
        return "error";
    }
    const Representation& file = *answer.file->identity();
    if (!file.fd) return file.bytes;
    std::string bytes(file.size_bytes, '?');
    EXPECT_EQ(::pread(file.fd.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    return bytes;
  }

  // In place, so the inode stays.
  void overwrite(std::string_view name, std::string_view content) const {
    tree_.write(name, content);
  }
  void write_old(std::string_view name, std::string_view content = "content") const {
    tree_.write(name, content);
    tree_.set_modified(name, kOld);
  }
  void remove(std::string_view name) const { std::filesystem::remove(tree_.root() / name); }

  TempTree tree_;
  DocumentRoot root_ = tree_.open();
};

TEST_F(FileCacheTest, WhatWasFoundIsTrustedForAWhile) {
  write_old("a.txt", "one");
  FileCache cache(kLong, FileLoader({}));
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "one");
  write_old("a.txt", "two!");
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "one");
  remove("a.txt");
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "one");
  EXPECT_EQ(cache.find_script(root_, "/a.txt").outcome, LookupOutcome::kFile);
}

TEST_F(FileCacheTest, WithoutValidityEveryChangeIsSeen) {
  FileCache cache({.validity = std::chrono::seconds(0)}, FileLoader({}));
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "not found");
  write_old("a.txt", "one");
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "one");
  write_old("a.txt", "two");  // the same size and modification time
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "two");
  remove("a.txt");
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "not found");
  tree_.make_directory("a.txt");
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "directory");
}

TEST_F(FileCacheTest, AScriptsAnswerEndsTheTrust) {
  write_old("a.txt", "one");
  FileCache cache(kLong, FileLoader({}));
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "one");
  EXPECT_EQ(content(cache.open(root_, "/new.txt")), "not found");
  write_old("a.txt", "two!");
  write_old("new.txt", "new");
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "one");
  EXPECT_EQ(content(cache.open(root_, "/new.txt")), "not found");
  cache.note_script_answer();
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "two!");
  EXPECT_EQ(content(cache.open(root_, "/new.txt")), "new");
  remove("a.txt");
  cache.note_script_answer();
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "not found");
}

TEST_F(FileCacheTest, AScriptThatWasFoundStaysFound) {
  write_old("a.php", "<?php");
  FileCache cache(kLong, FileLoader({}));
  EXPECT_EQ(cache.find_script(root_, "/a.php").outcome, LookupOutcome::kFile);
  cache.note_script_answer();
  remove("a.php");
  EXPECT_EQ(cache.find_script(root_, "/a.php").outcome, LookupOutcome::kFile);
  cache.note_missing_script();
  EXPECT_EQ(cache.find_script(root_, "/a.php").outcome, LookupOutcome::kNotFound);
}

TEST_F(FileCacheTest, AMissingScriptIsLookedForEachTime) {
  FileCache cache(kLong, FileLoader({}));
  EXPECT_EQ(cache.find_script(root_, "/a.php").outcome, LookupOutcome::kNotFound);
  write_old("a.php", "<?php");
  EXPECT_EQ(cache.find_script(root_, "/a.php").outcome, LookupOutcome::kFile);
}

TEST_F(FileCacheTest, NeverSendsPhpSource) {
  write_old("a.php", "<?php");
  write_old("b.php~", "<?php");
  FileCache cache(kLong, FileLoader({}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(content(cache.open(root_, "/a.php")), "not found");
    EXPECT_EQ(cache.find_script(root_, "/a.php").outcome, LookupOutcome::kFile);
    EXPECT_EQ(content(cache.open(root_, "/b.php~")), "not found");
  }
}

TEST_F(FileCacheTest, TellsRootsApart) {
  TempTree other;
  tree_.write("a.txt", "here");
  other.write("a.txt", "there");
  const DocumentRoot second = other.open();
  FileCache cache(kLong, FileLoader({}));
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "here");
  EXPECT_EQ(content(cache.open(second, "/a.txt")), "there");
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "here");
  const DocumentRoot again = tree_.open();
  EXPECT_NE(again.id(), root_.id());
}

TEST_F(FileCacheTest, AFileInADescriptorIsLookedAtEachTime) {
  write_old("large.bin", std::string(100, 'a'));
  FileCache cache(kLong, FileLoader({.memory_file_bytes = 10}));
  EXPECT_EQ(content(cache.open(root_, "/large.bin")), std::string(100, 'a'));
  EXPECT_EQ(cache.counters().descriptors, 1U);
  overwrite("large.bin", std::string(50, 'b'));
  EXPECT_EQ(content(cache.open(root_, "/large.bin")), std::string(50, 'b'));
  EXPECT_EQ(cache.counters().descriptors, 1U);
}

TEST_F(FileCacheTest, KeepsSmallFilesWithoutDescriptors) {
  write_old("a.txt", std::string(1000, 'a'));
  FileCache cache(kLong, FileLoader({}));
  const FileCache::Answer answer = cache.open(root_, "/a.txt");
  ASSERT_EQ(answer.outcome, LookupOutcome::kFile);
  EXPECT_FALSE(answer.file->identity()->fd);
  EXPECT_EQ(cache.counters().descriptors, 0U);
  EXPECT_GT(cache.counters().memory_bytes, 1000U);
  EXPECT_EQ(cache.counters().entries, 1U);
}

TEST_F(FileCacheTest, KeepsItsLimits) {
  FileCache cache(
      {.entries = 10, .memory_bytes = 20'000, .descriptors = 3, .validity = std::chrono::hours(1)},
      FileLoader({.memory_file_bytes = 500}));
  for (int i = 0; i < 40; ++i) {
    const std::string small = "small" + std::to_string(i) + ".txt";
    const std::string large = "large" + std::to_string(i) + ".txt";
    write_old(small, std::string(400, 'a'));
    write_old(large, std::string(600, 'b'));
    EXPECT_EQ(content(cache.open(root_, "/" + small)), std::string(400, 'a'));
    EXPECT_EQ(content(cache.open(root_, "/" + large)), std::string(600, 'b'));
    EXPECT_EQ(content(cache.open(root_, "/none" + std::to_string(i))), "not found");
    EXPECT_LE(cache.counters().entries, 10U);
    EXPECT_LE(cache.counters().memory_bytes, 20'000U);
    EXPECT_LE(cache.counters().descriptors, 3U);
  }
  EXPECT_GT(cache.counters().entries, 5U);
}

TEST_F(FileCacheTest, CountsWhatItAnswersAndHolds) {
  observe::MetricsShard metrics;
  const auto value_of = [&](observe::Metric metric) {
    return metrics.slot(observe::slot_of(metric));
  };
  FileCache cache({.entries = 3, .validity = std::chrono::hours(1)}, FileLoader({}), &metrics);
  write_old("a.txt", "one");
  write_old("script.php", "<?php");
  for (const std::uint64_t rounds : {0U, 1U}) {
    cache.open(root_, "/a.txt");
    cache.open(root_, "/none.txt");
    cache.find_script(root_, "/script.php");
    EXPECT_EQ(value_of(observe::Metric::kFileCacheMisses), 3U);
    EXPECT_EQ(value_of(observe::Metric::kFileCacheHits), 3 * rounds);
  }
  cache.note_script_answer();
  cache.open(root_, "/none.txt");  // is checked, and still holds
  EXPECT_EQ(value_of(observe::Metric::kFileCacheMisses), 3U);
  EXPECT_EQ(value_of(observe::Metric::kFileCacheHits), 4U);
  EXPECT_EQ(value_of(observe::Metric::kFileCacheEvictions), 0U);
  cache.open(root_, "/other.txt");
  EXPECT_EQ(value_of(observe::Metric::kFileCacheEvictions), 1U);
  EXPECT_EQ(value_of(observe::Metric::kFileCacheEntries), 3U);
  EXPECT_EQ(value_of(observe::Metric::kFileCacheBytes), cache.counters().memory_bytes);
  EXPECT_EQ(value_of(observe::Metric::kFileCacheDescriptors), 0U);
}

TEST_F(FileCacheTest, ForgetsWhatWasNotUsed) {
  FileCache cache({.entries = 4, .validity = std::chrono::hours(1)}, FileLoader({}));
  write_old("kept.txt", "kept");
  cache.open(root_, "/kept.txt");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(content(cache.open(root_, "/kept.txt")), "kept");
    cache.open(root_, "/other" + std::to_string(i));
  }
  remove("kept.txt");
  EXPECT_EQ(content(cache.open(root_, "/kept.txt")), "kept");
}

TEST_F(FileCacheTest, WorksWithoutKeepingAnything) {
  FileCache cache({.entries = 0}, FileLoader({}));
  write_old("a.txt", "one");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(content(cache.open(root_, "/a.txt")), "one");
  EXPECT_EQ(cache.find_script(root_, "/a.txt").outcome, LookupOutcome::kFile);
  EXPECT_EQ(cache.find_script(root_, "/").outcome, LookupOutcome::kDirectory);
  EXPECT_EQ(cache.counters().entries, 0U);
  FileCache tiny({.entries = 1, .memory_bytes = 1, .descriptors = 0},
                 FileLoader({.memory_file_bytes = 1}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(content(tiny.open(root_, "/a.txt")), "one");
  EXPECT_EQ(tiny.counters().descriptors, 0U);
}

TEST_F(FileCacheTest, DoesNotKeepLongPaths) {
  FileCache cache(kLong, FileLoader({}));
  EXPECT_EQ(content(cache.open(root_, "/" + std::string(3000, 'x'))), "not found");
  EXPECT_EQ(cache.counters().entries, 0U);
}

TEST_F(FileCacheTest, WhatIsBeingSentOutlivesTheEntry) {
  write_old("a.txt", "one");
  FileCache cache({.validity = std::chrono::seconds(0)}, FileLoader({}));
  const RepresentationRef sent = cache.open(root_, "/a.txt").file->identity();
  write_old("a.txt", "two!");
  EXPECT_EQ(content(cache.open(root_, "/a.txt")), "two!");
  EXPECT_EQ(sent->bytes, "one");
}

TEST_F(FileCacheTest, SiblingsOlderThanTheFileAreNotUsed) {
  tree_.write("a.css", "new");
  tree_.set_modified("a.css", kOld + 10);
  tree_.write("a.css.gz", "gzip");
  tree_.set_modified("a.css.gz", kOld);
  FileCache cache({.validity = std::chrono::seconds(0)}, FileLoader({}));
  EXPECT_FALSE(cache.open(root_, "/a.css").file->varies());
  tree_.set_modified("a.css.gz", kOld + 10);
  EXPECT_TRUE(cache.open(root_, "/a.css").file->varies());
  remove("a.css.gz");
  EXPECT_FALSE(cache.open(root_, "/a.css").file->varies());
}

TEST_F(FileCacheTest, SiblingsThatGoAreNoticed) {
  write_old("a.css", "plain");
  write_old("a.css.gz", "gzip");
  FileCache cache(kLong, FileLoader({}));
  EXPECT_TRUE(cache.open(root_, "/a.css").file->varies());
  remove("a.css.gz");
  EXPECT_TRUE(cache.open(root_, "/a.css").file->varies());
  cache.note_script_answer();
  EXPECT_FALSE(cache.open(root_, "/a.css").file->varies());
}

TEST_F(FileCacheTest, NoSiblingsOfWhatIsCompressedAlready) {
  tree_.write("a.png", "png");
  tree_.write("a.png.gz", "gzip");
  FileCache cache(kLong, FileLoader({}));
  EXPECT_FALSE(cache.open(root_, "/a.png").file->varies());
  tree_.write("a.css", "css");
  tree_.write("a.css.gz", "gzip");
  FileCache without(kLong, FileLoader({.precompressed = false}));
  EXPECT_FALSE(without.open(root_, "/a.css").file->varies());
}

TEST_F(FileCacheTest, KeepsWhatWasCompressedHere) {
  write_old("a.css", "content");
  http::coding::Policy compression;
  compression.files = {http::ContentCoding::kBrotli};
  compression.types = http::coding::MediaTypes({"text/css"});
  compression.min_bytes = 1;
  FileCache cache(kLong, FileLoader({.compression = compression}));
  const auto add = [&](std::string_view path, const RepresentationRef& original) {
    return cache.add_coding(root_.id(), path, original, http::ContentCoding::kBrotli, "br");
  };
  const RepresentationRef original = cache.open(root_, "/a.css").file->identity();
  EXPECT_EQ(original->head.find("Vary"), "Accept-Encoding");
  const RepresentationRef made = add("/a.css", original);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->head.find("Content-Encoding"), "br");
  EXPECT_EQ(made->head.find("ETag"), made->tag);
  EXPECT_FALSE(made->head.contains("Accept-Ranges"));
  EXPECT_NE(made->tag, original->tag);
  EXPECT_EQ(cache.open(root_, "/a.css").file->in[2], made);
  // Made from an old version: usable for the client that asked for it, but not kept.
  write_old("a.css", "other");
  cache.note_script_answer();
  EXPECT_EQ(cache.open(root_, "/a.css").file->in[2], nullptr);
  EXPECT_NE(add("/a.css", original), nullptr);
  EXPECT_EQ(cache.open(root_, "/a.css").file->in[2], nullptr);
  EXPECT_NE(add("/none", original), nullptr);
}

TEST_F(FileCacheTest, FilesThatResponsesHoldAreLimited) {
  tree_.write("a", std::string(100, 'a'));
  tree_.write("b", std::string(100, 'b'));
  tree_.write("c", std::string(100, 'c'));
  ContentUsage usage({.cached = {}, .held = {.descriptors = 2, .bytes = 1000}});
  FileCache cache(kLong, FileLoader({.memory_file_bytes = 10}, &usage));
  const RepresentationRef held = cache.open(root_, "/a").file->identity();
  EXPECT_EQ(cache.open(root_, "/b").outcome, LookupOutcome::kFile);
  EXPECT_EQ(cache.open(root_, "/c").outcome, LookupOutcome::kFile) << "the cache drops /b";
  const RepresentationRef also_held = cache.open(root_, "/c").file->identity();
  const FileCache::Answer refused = cache.open(root_, "/b");
  EXPECT_EQ(refused.outcome, LookupOutcome::kExhausted);
  EXPECT_EQ(refused.error_number, kManyHeld);
}

TEST_F(FileCacheTest, SmallFilesAreOpenWhereMemoryIsUsedUp) {
  tree_.write("a", std::string(100, 'a'));
  ContentUsage usage({.cached = {}, .held = {.descriptors = 2, .bytes = 150}});
  FileCache cache(kLong, FileLoader({}, &usage));
  const auto others = usage.force({.bytes = 100});
  const FileCache::Answer answer = cache.open(root_, "/a");
  ASSERT_EQ(answer.outcome, LookupOutcome::kFile);
  EXPECT_TRUE(answer.file->identity()->fd);
  EXPECT_TRUE(answer.file->identity()->bytes.empty());
}

}  // namespace
}  // namespace tusk::files
