// The name that lines of the log in JSON give to their message.
//
// Thread: main sets it, in observe::init(); reading any, signal handlers too.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace tusk::observe {

enum class MessageName : std::uint8_t {
  kMessage,
  kMsg,  // what programs look for that read the log of Caddy or FrankenPHP
};

inline std::atomic<MessageName> chosen_message_name{MessageName::kMessage};

inline void set_message_name(MessageName name) noexcept {
  chosen_message_name.store(name, std::memory_order_relaxed);
}

inline std::string_view message_name() noexcept {
  const bool msg = chosen_message_name.load(std::memory_order_relaxed) == MessageName::kMsg;
  return msg ? "msg" : "message";
}

}  // namespace tusk::observe
