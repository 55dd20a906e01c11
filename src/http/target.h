// Request targets: their forms, their parts, and the authority inside them.
//
// Pure functions over views. Thread: any. RFC 9112 §3.2, RFC 3986 §3.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tusk::http {

enum class TargetForm : std::uint8_t { kOrigin, kAbsolute, kAsterisk };

// The parts of a request target, as split_target() finds them.
struct Target {  // views into the target that was split
  TargetForm form = TargetForm::kOrigin;
  std::string_view path;       // escaped as sent; "*" in asterisk-form; empty in "http://host"
  std::string_view query;      // without '?'
  std::string_view authority;  // absolute-form only
  bool has_query = false;
};

// Splits and validates a target. Returns nothing for a target that must be answered with 400:
//  - empty, or with a control byte, space, DEL or '#' (a fragment is never sent);
//  - asterisk-form with a method other than OPTIONS (§3.2.4);
//  - authority-form, which is for CONNECT, which this server does not implement (§3.2.3);
//  - absolute-form with a scheme other than http and https, with user information, or with an
//    invalid or empty host (RFC 9110 §4.2.1, §4.2.4).
// Bytes from 0x80 on, and the few printable characters outside RFC 3986's set ('|', '[', '"', ...),
// pass: browsers and curl send them, and every application server takes them.
std::optional<Target> split_target(std::string_view target, std::string_view method);

// host[:port] as in RFC 3986 §3.2.2: a registered name, an IPv4 address or a bracketed IPv6
// address. No user information, not empty, and the port is at most 65535.
bool is_valid_authority(std::string_view authority);

}  // namespace tusk::http
