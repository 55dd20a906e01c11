// ResponseFields: a response's head as the fields that HTTP/2 sends.
//
// Owned by a Session, filled anew for each head. Thread: its loop. Names in lower case, no reason
// phrase, nothing that belongs to a connection (RFC 9113 §8.2.2, §8.3.2); for the rest the same
// rules as h1::append_response_head.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/response.h"

namespace tusk::http::h2 {

// What the head depends on beside the response.
struct ResponseContext {
  bool head_request = false;
  std::string_view date;    // empty: no Date field
  std::string_view server;  // empty: no Server field
};

// What is to follow the head.
struct ResponseBody {
  bool follows = false;                 // false: the head ends the stream
  std::optional<std::uint64_t> length;  // announced: exactly so much, or the stream is reset
};

class ResponseFields {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  // For a final response. The fields are good until the next call and as long as the arguments.
  ResponseBody fill(const ResponseHead& head, const Framing& framing,
                    const ResponseContext& context);
  // For an interim one (1xx).
  void fill_interim(const ResponseHead& head);

  const std::vector<Field>& fields() const { return fields_; }

 private:
  void begin(int status, const ResponseHead& head);
  std::string_view lower(std::string_view name);

  std::vector<Field> fields_;
  std::string names_;  // in lower case; reserved before, so that it never moves
  std::array<char, 4> status_{};
  std::array<char, 20> length_{};
};

}  // namespace tusk::http::h2
