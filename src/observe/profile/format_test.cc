#include "observe/profile/format.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "observe/profile/flame_graph.h"
#include "observe/profile/gzip_container.h"
#include "observe/profile/limits.h"
#include "observe/profile/source_hash.h"

namespace tusk::observe::profile {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kHostile = "a;b</title><script>alert(\"1\")&\xE2\x80\xAE\xEF\xBF\xBF";

Profile example() {
  Profile profile;
  profile.seconds = 3;
  profile.samples = 297;
  CallTree& tree = profile.tree;
  const auto main = tree.child(0, "{main} /a.php", "/a.php", 1);
  const auto f = tree.child(main, "f", "/a.php", 10);
  tree.add(f, {.wall_ns = 2'000'000'000, .cpu_ns = 1'000'000'000});
  tree.add(tree.child(main, "f", "/a.php", 11), {.wall_ns = 500'000'000, .cpu_ns = 500'000'000});
  const auto wait = tree.child(tree.child(f, "usleep", "", 0), "[waits in clock_nanosleep]", "", 0);
  tree.add(wait, {.wall_ns = 1'000'000'000});
  tree.add(tree.child(main, kHostile, "/b.php", 5), {.wall_ns = 1'500'000});
  return profile;
}

TEST(ProfileFormat, Folded) {
  EXPECT_EQ(render(example(), Format::kFolded),
            "{main} /a.php;a:b</title><script>alert(\"1\")&\xE2\x80\xAE\xEF\xBF\xBF 1500\n"
            "{main} /a.php;f 2500000\n"
            "{main} /a.php;f;usleep;[waits in clock_nanosleep] 1000000\n");
  EXPECT_EQ(render(example(), Format::kFolded, Clock::kCpu), "{main} /a.php;f 1500000\n");
  EXPECT_EQ(render(Profile(), Format::kFolded), "");
}

TEST(ProfileFormat, SpeedscopeHasBothClocks) {
  const Json json = Json::parse(render(example(), Format::kSpeedscope));
  EXPECT_EQ(json["$schema"], "https://www.speedscope.app/file-format-schema.json");
  const Json& frames = json["shared"]["frames"];
  ASSERT_EQ(json["profiles"].size(), 2U);
  const auto share_of = [&](const Json& profile, std::string_view name) {
    double sum = 0;
    for (std::size_t i = 0; i < profile["samples"].size(); ++i) {
      std::set<std::string> names;
      for (const Json& frame : profile["samples"][i]) {
        names.insert(frames.at(frame.get<std::size_t>())["name"].get<std::string>());
      }
      if (names.contains(std::string(name))) sum += profile["weights"][i].get<double>();
    }
    return sum;
  };
  const Json& wall = json["profiles"][0];
  const Json& cpu = json["profiles"][1];
  EXPECT_EQ(wall["type"], "sampled");
  EXPECT_EQ(wall["unit"], "seconds");
  EXPECT_EQ(wall["samples"].size(), wall["weights"].size());
  EXPECT_DOUBLE_EQ(wall["endValue"].get<double>(), 3.5015);
  EXPECT_DOUBLE_EQ(share_of(wall, "f"), 3.5);
  EXPECT_DOUBLE_EQ(share_of(wall, "usleep"), 1);
  EXPECT_DOUBLE_EQ(share_of(cpu, "f"), 1.5);
  EXPECT_EQ(share_of(cpu, "usleep"), 0);
  EXPECT_DOUBLE_EQ(share_of(wall, kHostile), 0.0015);
  const Json empty = Json::parse(render(Profile(), Format::kSpeedscope));
  EXPECT_TRUE(empty["profiles"][0]["samples"].empty());
  EXPECT_TRUE(empty["tusk"]["notes"][0].get<std::string>().starts_with("no script ran"));
}

// Reads the fields of a message: numbers as they are, bytes as text.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : left_(bytes) {
    while (!left_.empty()) {
      const std::uint64_t tag = varint();
      if ((tag & 7U) == 0) {
        numbers[tag >> 3U].push_back(varint());
      } else {
        const std::uint64_t size = varint();
        texts[tag >> 3U].emplace_back(left_.substr(0, size));
        left_.remove_prefix(size);
      }
    }
  }
  static std::vector<std::uint64_t> packed(std::string_view bytes) {
    Fields fields{std::string_view()};
    fields.left_ = bytes;
    std::vector<std::uint64_t> values;
    while (!fields.left_.empty()) values.push_back(fields.varint());
    return values;
  }
  std::map<std::uint64_t, std::vector<std::uint64_t>> numbers;
  std::map<std::uint64_t, std::vector<std::string>> texts;

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(left_.at(0));
      left_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
  }
  std::string_view left_;
};

// Returns the content of the stored blocks that gzip_container() makes.
std::string content_of(std::string_view gzip) {
  std::string content;
  gzip.remove_prefix(10);
  for (bool last = false; !last;) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(gzip.at(i)); };
    last = byte(0) == 1;
    const std::size_t size = byte(1) | static_cast<std::size_t>(byte(2)) << 8U;
    content.append(gzip.substr(5, size));
    gzip.remove_prefix(5 + size);
  }
  EXPECT_EQ(gzip.size(), 8U);
  return content;
}

TEST(ProfileFormat, PprofNamesEachFunctionAndLine) {
  const Fields profile(content_of(render(example(), Format::kPprof)));
  const std::vector<std::string>& texts = profile.texts.at(6);
  EXPECT_EQ(texts.at(0), "");
  std::vector<std::string> units;
  for (const std::string& type : profile.texts.at(1)) {
    const Fields fields(type);
    units.push_back(texts.at(fields.numbers.at(1)[0]) + " " + texts.at(fields.numbers.at(2)[0]));
  }
  EXPECT_EQ(units, (std::vector<std::string>{"wall nanoseconds", "cpu nanoseconds"}));
  std::map<std::uint64_t, std::string> functions;
  for (const std::string& function : profile.texts.at(5)) {
    const Fields fields(function);
    functions[fields.numbers.at(1)[0]] = texts.at(fields.numbers.at(2)[0]);
  }
  std::map<std::uint64_t, std::string> locations;
  for (const std::string& location : profile.texts.at(4)) {
    const Fields fields(location);
    const Fields line(fields.texts.at(4)[0]);
    locations[fields.numbers.at(1)[0]] =
        functions.at(line.numbers.at(1)[0]) + ":" + std::to_string(line.numbers.at(2)[0]);
  }
  std::map<std::string, std::vector<std::uint64_t>> samples;
  for (const std::string& sample : profile.texts.at(2)) {
    const Fields fields(sample);
    std::string stack;
    for (const std::uint64_t id : Fields::packed(fields.texts.at(1)[0])) {
      stack += locations.at(id) + " ";
    }
    samples[stack] = Fields::packed(fields.texts.at(2)[0]);
  }
  EXPECT_EQ(samples.size(), 4U);
  EXPECT_EQ(samples["f:11 {main} /a.php:1 "],
            (std::vector<std::uint64_t>{500'000'000, 500'000'000}));
  EXPECT_EQ(samples["[waits in clock_nanosleep]:0 usleep:0 f:10 {main} /a.php:1 "],
            (std::vector<std::uint64_t>{1'000'000'000, 0}));
  EXPECT_EQ(profile.numbers.at(10)[0], 3'000'000'000U);
}

TEST(ProfileFormat, GzipHasBlocksAndAChecksum) {
  // `printf 123456789 | gzip` has the same checksum: it is the check value of CRC-32.
  const std::string small = gzip_container("123456789");
  EXPECT_EQ(content_of(small), "123456789");
  EXPECT_EQ(small.substr(small.size() - 8), std::string("\x26\x39\xF4\xCB\x09\0\0\0", 8));
  const std::string large(200'000, 'x');
  EXPECT_EQ(content_of(gzip_container(large)), large);
  EXPECT_EQ(content_of(gzip_container("")), "");
}

TEST(ProfileFormat, TheFlameGraphShowsNoMarkupOfNames) {
  const std::string page = render(example(), Format::kFlameGraph);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(page.find("a;b&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&amp;??"),
            std::string::npos);
  EXPECT_NE(page.find(">usleep</text>"), std::string::npos);
  EXPECT_NE(page.find("<title>usleep\n\n1.000 s (28.6 % of all)"), std::string::npos);
  EXPECT_EQ(page.find("http://", page.find("<body>")), page.find("http://www.w3.org/2000/svg"));
  // Its own policy allows its own script and style.
  const std::string policy(flame_graph_policy());
  EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'sha256-"));
  EXPECT_NE(page.find(policy.substr(0, policy.find("; frame-ancestors"))), std::string::npos);
  EXPECT_NE(render(Profile(), Format::kFlameGraph).find("no script ran"), std::string::npos);
}

TEST(ProfileFormat, ATreeWithoutEndIsDrawnInPart) {
  Profile profile;
  for (int i = 0; i < 20'000; ++i) {
    profile.tree.add(profile.tree.child(0, "f" + std::to_string(i), "/a", 1), {.wall_ns = 1000});
  }
  const auto deep = [&] {
    CallTree::NodeId node = 0;
    for (int i = 0; i < 500; ++i) node = profile.tree.child(node, "r", "/a", 1);
    return node;
  }();
  profile.tree.add(deep, {.wall_ns = 50'000'000});
  const std::string page = flame_graph(profile);
  EXPECT_LT(page.size(), 3'000'000U);
  EXPECT_NE(page.find("are not drawn"), std::string::npos);
}

TEST(ProfileFormat, HasTheHashesThatBrowsersCompute) {
  // FIPS 180-4's examples.
  constexpr auto kAbc = source_hash("abc");
  EXPECT_EQ(std::string_view(kAbc.data(), kAbc.size()),
            "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  constexpr auto kTwoBlocks = sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
  EXPECT_EQ(kTwoBlocks[0], 0x24);
  EXPECT_EQ(kTwoBlocks[31], 0xC1);
}

TEST(ProfileFormat, NamesAndSeconds) {
  EXPECT_EQ(format_named("pprof")->format, Format::kPprof);
  EXPECT_EQ(format_named("PPROF"), nullptr);
  EXPECT_EQ(*read_seconds("2.5"), 2.5);
  for (const char* const wrong : {"", "0", "-1", "3601", "1e2", "nan", "inf", "5s", " 5"}) {
    EXPECT_FALSE(read_seconds(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace tusk::observe::profile
