// THE order in which a request meets what is neither connection nor script, and why it is this one.
// The stages run in server/document_router.cc and server/transaction_response.cc, which say so by
// these names; `tusk route` shows the first five at work.
//
// Thread: any; constants.
#pragma once

#include <span>
#include <string_view>

namespace tusk::middleware {

struct Stage {
  std::string_view name;
  std::string_view what;
  std::string_view why_here;
};

// In order.
std::span<const Stage> pipeline();

}  // namespace tusk::middleware
