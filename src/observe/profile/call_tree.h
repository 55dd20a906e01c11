// CallTree: which functions called which, and how much time was spent in each.
//
// Owner: a Profile. Thread: its owner's; a value without pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tusk::observe::profile {

// A function, or what a thread waits in. The texts are valid UTF-8 without control characters.
struct Frame {
  std::string name;
  std::string file;  // empty: a function of PHP or an extension, or no function
  bool operator==(const Frame&) const = default;
};

// Time in nanoseconds.
struct Cost {
  std::uint64_t wall_ns = 0;
  std::uint64_t cpu_ns = 0;
  Cost& operator+=(const Cost& other) {
    wall_ns += other.wall_ns;
    cpu_ns += other.cpu_ns;
    return *this;
  }
};

// A tree of calls, whose size is limited: where it is full, time is counted at the nearest caller
// that is there, and truncated() says so.
class CallTree {
 public:
  struct Limits {
    std::size_t nodes = 50'000;
    std::size_t text_bytes = std::size_t{4} * 1024 * 1024;
  };
  using NodeId = std::uint32_t;
  using FrameId = std::uint32_t;
  static constexpr NodeId kRoot = 0;

  // A function at a line, called from the node `parent`, which comes before it in nodes().
  struct Node {
    NodeId parent = kRoot;
    FrameId frame = 0;
    std::uint32_t line = 0;  // that it was at; 0: unknown
    Cost self;               // without what it has called
  };

  CallTree() : CallTree(Limits{}) {}
  explicit CallTree(const Limits& limits) : limits_(limits), nodes_(1) {}
  CallTree(CallTree&&) = default;
  CallTree& operator=(CallTree&&) = default;

  // The node of a function that `parent` has called. If the tree is full, `parent` itself.
  NodeId child(NodeId parent, std::string_view name, std::string_view file, std::uint32_t line);
  // The same in two steps, the first of which need not be repeated. Nothing: the tree is full.
  std::optional<FrameId> find_frame(std::string_view name, std::string_view file);
  NodeId child(NodeId parent, FrameId frame, std::uint32_t line);
  void add(NodeId node, const Cost& cost) { nodes_[node].self += cost; }
  // Adds all of another tree.
  void merge(const CallTree& other);

  // The first one is the root, which is no function.
  const std::vector<Node>& nodes() const { return nodes_; }
  const Frame& frame(FrameId id) const { return frames_[id]; }
  const std::deque<Frame>& frames() const { return frames_; }
  Cost total() const;

  bool truncated() const { return truncated_; }
  void set_truncated() { truncated_ = true; }

 private:
  struct Call {
    NodeId parent;
    FrameId frame;
    std::uint32_t line;
    bool operator==(const Call&) const = default;
  };
  struct HashOfCall {
    std::size_t operator()(const Call& call) const {
      std::uint64_t hash = (std::uint64_t{call.parent} << 32U) ^ call.frame;
      hash = (hash ^ (std::uint64_t{call.line} << 20U)) * 0x9E3779B97F4A7C15U;
      return static_cast<std::size_t>(hash ^ (hash >> 29U));
    }
  };
  struct HashOfText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  Limits limits_;
  std::vector<Node> nodes_;
  std::deque<Frame> frames_;
  std::unordered_map<Call, NodeId, HashOfCall> calls_;
  std::unordered_map<std::string, FrameId, HashOfText, std::equal_to<>> ids_;  // by name NUL file
  std::string key_;  // kept for its capacity
  std::size_t text_bytes_ = 0;
  bool truncated_ = false;
};

}  // namespace tusk::observe::profile
