// LogReader: what the log of the examined server process says about its requests.
//
// Owner: the command. Thread: any; no I/O.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::console::doctor {

// The same kinds as in php/resident/doctor/findings.h, in the order of the report.
enum class FindingKind : std::uint8_t { kSteady, kGrown, kChanged, kDescriptor, kTransaction };

struct Finding {
  FindingKind kind;
  std::string what;
  std::string before{};
  std::string after{};
  std::uint64_t times = 0;           // requests, and for kSteady windows of rounds
  std::vector<std::string> paths{};  // some of them
};

struct ExaminedRequest {
  std::string method;
  std::string path;
  std::uint64_t memory = 0;  // of PHP, after it
  std::uint64_t number = 0;  // in the script's life, from 1
};

// A message that tells of a failure.
struct Trouble {
  std::string text;
  std::uint64_t times = 0;
};

class LogReader {
 public:
  // A line of the log as JSON. Everything else, such as what a script writes itself, is ignored.
  void take(std::string_view line);

  // By kind, the most frequent first.
  std::vector<Finding> findings() const;
  const std::vector<ExaminedRequest>& requests() const { return requests_; }
  const std::vector<Trouble>& troubles() const { return troubles_; }
  const std::string& pool() const { return pool_; }
  // There were more than the doctor tells apart.
  bool findings_were_left_out() const { return left_out_; }

 private:
  struct Known {
    Finding finding;
    std::uint64_t earlier = 0;  // in lives of the script that have ended
    std::uint64_t times = 0;    // in the last one
  };
  struct Line;

  void note_finding(FindingKind kind, const Line& line);
  void note_total(const Line& line);
  void note_request(const Line& line);
  void note_trouble(const Line& line);

  std::map<std::string, Known, std::less<>> known_;
  std::vector<ExaminedRequest> requests_;
  std::vector<Trouble> troubles_;
  std::string pool_;
  bool left_out_ = false;
};

}  // namespace tusk::console::doctor
