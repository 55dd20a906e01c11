// Findings: what the doctor has found in a script's life, and their lines in the log.
//
// Owner: the doctor. Thread: its worker. Knows nothing of PHP.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tusk::php::resident::doctor {

// The request after which something was found.
struct SeenRequest {
  std::string_view pool;
  std::string_view method;
  std::string_view path;     // without the query
  std::uint64_t number = 0;  // of the script's life, from 1
};

enum class FindingKind : std::uint8_t {
  kChanged,      // a value that outlives the request differs
  kGrown,        // it is an array or a string, and has become longer
  kSteady,       // a number that grows with the requests
  kDescriptor,   // left open
  kTransaction,  // left open
};

// Each subject is logged when it is found first, and again after its 10th, 100th, ... time. Types
// and sizes are logged, never values.
class Findings {
 public:
  static constexpr std::size_t kMost = 500;     // further subjects are only counted
  static constexpr std::size_t kMostPaths = 5;  // of one subject

  void begin_request(const SeenRequest& request) noexcept { request_ = request; }
  // `before` and `after` describe the change; either may be empty. A subject counts once for a
  // request.
  void add(FindingKind kind, const std::string& subject, std::string_view before,
           std::string_view after);
  // The script's life ends: says how often each was found that was found more than once, the most
  // frequent first, and forgets everything.
  void end_script(std::string_view pool);

  std::uint64_t times(const std::string& subject) const;

 private:
  struct Known {
    std::uint64_t times = 0;
    std::vector<std::string> paths{};  // the first ones of those that differ
    std::uint64_t last_request = 0;
  };

  SeenRequest request_;
  std::unordered_map<std::string, Known> known_;
  bool is_full_ = false;
};

}  // namespace tusk::php::resident::doctor
