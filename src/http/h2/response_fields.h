// ResponseFields: the head of a response as the fields that HTTP/2 sends.
//
// Owner: a Session, which refills it for each head. Thread: its loop.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/response.h"

namespace tusk::http::h2 {

// The values that the head depends on besides the response.
struct ResponseContext {
  bool head_request = false;
  std::string_view date;    // empty: no Date field
  std::string_view server;  // empty: no Server field
};

// The body that follows the head.
struct ResponseBody {
  bool follows = false;                 // false: the head ends the stream
  std::optional<std::uint64_t> length;  // announced: the body has exactly this length
};

// Names are in lower case; there is no reason phrase and no connection-specific field (RFC 9113
// §8.2.2, §8.3.2). Otherwise the rules are those of h1::append_response_head.
class ResponseFields {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  // For a final response. The fields are valid until the next call and while the arguments live.
  ResponseBody fill(const ResponseHead& head, const Framing& framing,
                    const ResponseContext& context);
  // For an interim response (1xx).
  void fill_interim(const ResponseHead& head);

  const std::vector<Field>& fields() const { return fields_; }

 private:
  void begin(int status, const ResponseHead& head);
  std::string_view lower(std::string_view name);

  std::vector<Field> fields_;
  std::string names_;  // in lower case; reserved in advance, so that it never moves
  std::array<char, 4> status_{};
  std::array<char, 20> length_{};
};

}  // namespace tusk::http::h2
