// PlannedRequest: a request that `tusk doctor` sends, again and again.
//
// Thread: any; pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tusk::console::doctor {

struct PlannedRequest {
  std::string method = "GET";
  std::string target;  // path and query
  std::string body{};

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string name() const { return method + " " + target; }
};

// "/path", "METHOD /path" or "METHOD /path BODY".
base::Result<PlannedRequest> read_request(std::string_view text);

// "Name: value". Fails if it is none, or one that the command sets itself.
base::Result<void> check_header(std::string_view header);

// The request as HTTP/1.1 has it. The headers were checked; they replace those of the same name.
std::string to_http(const PlannedRequest& request, std::span<const std::string> headers);

}  // namespace tusk::console::doctor
