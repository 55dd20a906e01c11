// THE order in which a request meets what is neither connection nor script, and why it is this one.
// The first three stages run in server/transaction.cc and transaction_response.cc, as do the last
// three; those from the path to what is missing in site/document_router.cc, and `tusk route`
// shows them at work.
//
// Thread: any; constants.
#pragma once

#include <span>
#include <string_view>

namespace tusk::rules {

struct Stage {
  std::string_view name;
  std::string_view what;
  std::string_view why_here;
};

// In order.
std::span<const Stage> pipeline();

}  // namespace tusk::rules
