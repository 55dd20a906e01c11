#include "observe/profile/pprof.h"

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "observe/profile/gzip_container.h"

namespace tusk::observe::profile {

namespace {

// The numbers of the fields in profile.proto.
enum ProfileField : std::uint32_t {
  kSampleType = 1,
  kSample = 2,
  kLocation = 4,
  kFunction = 5,
  kStringTable = 6,
  kTimeNanos = 9,
  kDurationNanos = 10,
  kComment = 13,
  kDefaultSampleType = 14,
};

// Protocol Buffers' wire format: varints, and fields with a length.
class Message {
 public:
  void add_number(std::uint32_t field, std::uint64_t value) {
    append_varint(field << 3U);
    append_varint(value);
  }
  void add_bytes(std::uint32_t field, std::string_view bytes) {
    append_varint(field << 3U | 2U);
    append_varint(bytes.size());
    bytes_.append(bytes);
  }
  void append_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_.push_back(static_cast<char>(value | 0x80U));
    bytes_.push_back(static_cast<char>(value));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class Encoder {
 public:
  explicit Encoder(const Profile& profile) : profile_(profile) { (void)text({}); }

  std::string run() {
    for (const char* const type : {"wall", "cpu"}) {
      Message value_type;
      value_type.add_number(1, text(type));
      value_type.add_number(2, text("nanoseconds"));
      out_.add_bytes(kSampleType, value_type.bytes());
    }
    add_samples();
    add_functions();
    const auto began = std::chrono::nanoseconds(profile_.began.time_since_epoch());
    out_.add_number(kTimeNanos, static_cast<std::uint64_t>(began.count()));
    out_.add_number(kDurationNanos, static_cast<std::uint64_t>(profile_.seconds * 1e9));
    out_.add_number(kComment, text(title_of(profile_)));
    for (const std::string& note : notes_of(profile_)) out_.add_number(kComment, text(note));
    out_.add_number(kDefaultSampleType, text("wall"));
    for (const std::string& each : texts_) out_.add_bytes(kStringTable, each);
    return out_.bytes();
  }

 private:
  // The index of a text in the table, whose first one is empty.
  std::uint64_t text(std::string_view value) {
    const auto [at, is_new] = text_ids_.try_emplace(std::string(value), texts_.size());
    if (is_new) texts_.emplace_back(value);
    return at->second;
  }

  // Ids begin with 1.
  std::uint64_t location(const CallTree::Node& node) {
    const auto [at, is_new] =
        locations_.try_emplace({node.frame, node.line}, locations_.size() + 1);
    if (!is_new) return at->second;
    Message line;
    line.add_number(1, std::uint64_t{node.frame} + 1);
    line.add_number(2, node.line);
    Message location;
    location.add_number(1, at->second);
    location.add_bytes(4, line.bytes());
    out_.add_bytes(kLocation, location.bytes());
    return at->second;
  }

  void add_samples() {
    const std::vector<CallTree::Node>& nodes = profile_.tree.nodes();
    for (const CallTree::Node& node : nodes) {
      if (node.self.wall_ns == 0 && node.self.cpu_ns == 0) continue;
      Message stack;  // the innermost first
      for (const CallTree::Node* at = &node; at != nodes.data(); at = &nodes[at->parent]) {
        stack.append_varint(location(*at));
      }
      Message values;
      values.append_varint(node.self.wall_ns);
      values.append_varint(node.self.cpu_ns);
      Message sample;
      sample.add_bytes(1, stack.bytes());
      sample.add_bytes(2, values.bytes());
      out_.add_bytes(kSample, sample.bytes());
    }
  }

  void add_functions() {
    std::uint64_t id = 0;
    for (const Frame& frame : profile_.tree.frames()) {
      Message function;
      function.add_number(1, ++id);
      function.add_number(2, text(frame.name));
      function.add_number(3, text(frame.name));
      if (!frame.file.empty()) function.add_number(4, text(frame.file));
      out_.add_bytes(kFunction, function.bytes());
    }
  }

  const Profile& profile_;
  Message out_;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint64_t> text_ids_;
  std::map<std::pair<CallTree::FrameId, std::uint32_t>, std::uint64_t> locations_;
};

}  // namespace

std::string pprof(const Profile& profile) { return gzip_container(Encoder(profile).run()); }

}  // namespace tusk::observe::profile
