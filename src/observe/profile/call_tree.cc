#include "observe/profile/call_tree.h"

namespace tusk::observe::profile {

std::optional<CallTree::FrameId> CallTree::find_frame(std::string_view name,
                                                      std::string_view file) {
  key_.assign(name).push_back('\0');
  key_.append(file);
  if (const auto known = ids_.find(std::string_view(key_)); known != ids_.end()) {
    return known->second;
  }
  if (text_bytes_ + key_.size() > limits_.text_bytes) {
    truncated_ = true;
    return std::nullopt;
  }
  text_bytes_ += key_.size();
  const auto id = static_cast<FrameId>(frames_.size());
  frames_.push_back({std::string(name), std::string(file)});
  ids_.emplace(key_, id);
  return id;
}

CallTree::NodeId CallTree::child(NodeId parent, std::string_view name, std::string_view file,
                                 std::uint32_t line) {
  const std::optional<FrameId> frame = find_frame(name, file);
  return frame ? child(parent, *frame, line) : parent;
}

CallTree::NodeId CallTree::child(NodeId parent, FrameId frame, std::uint32_t line) {
  const Call call{.parent = parent, .frame = frame, .line = line};
  if (const auto known = calls_.find(call); known != calls_.end()) return known->second;
  if (nodes_.size() >= limits_.nodes) {
    truncated_ = true;
    return parent;
  }
  const auto id = static_cast<NodeId>(nodes_.size());
  nodes_.push_back({.parent = parent, .frame = frame, .line = line, .self = {}});
  calls_.emplace(call, id);
  return id;
}

void CallTree::merge(const CallTree& other) {
  std::vector<NodeId> mine(other.nodes_.size(), kRoot);
  nodes_[kRoot].self += other.nodes_[kRoot].self;
  for (std::size_t id = 1; id < other.nodes_.size(); ++id) {
    const Node& node = other.nodes_[id];
    const Frame& frame = other.frame(node.frame);
    mine[id] = child(mine[node.parent], frame.name, frame.file, node.line);
    add(mine[id], node.self);
  }
  truncated_ = truncated_ || other.truncated_;
}

Cost CallTree::total() const {
  Cost total;
  for (const Node& node : nodes_) total += node.self;
  return total;
}

}  // namespace tusk::observe::profile
