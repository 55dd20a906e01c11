// AccessRecord: what the access log may show of a finished request.
//
// Thread: any; a value whose texts are borrowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace tusk::observe::inline access {

// Everything is borrowed during the call that writes it. An empty text is written as "-", or left
// out of JSON.
struct AccessRecord {
  // The request's header, for formats that ask for other fields of it. Null: there is none.
  class Header {
   public:
    // `name` is in lower case.
    virtual std::string_view find(std::string_view name) const = 0;

   protected:
    ~Header() = default;
  };

  std::string_view remote_address{};  // without port; "unix" for a unix socket
  std::string_view method{};
  std::string_view target{};    // as received, still encoded
  std::string_view protocol{};  // "HTTP/1.1", "HTTP/2.0"
  std::string_view scheme{};
  std::string_view host{};
  std::string_view script{};
  std::string_view answered_by{};
  std::string_view request_id{};
  std::string_view trace_id{};
  std::string_view span_id{};
  std::string_view tls_version{};  // "TLSv1.3"; empty, like the next, for clear text
  std::string_view tls_cipher{};
  const Header* header = nullptr;
  std::uint64_t request_number = 0;  // 0: the head was invalid
  int status = 0;
  std::uint64_t body_bytes_sent = 0;
  base::Duration duration{};                   // first byte received to last byte sent
  std::optional<base::Duration> queue_wait{};  // none: it was never queued
  std::optional<base::Duration> php_time{};    // none: no script has run, or it runs on
  std::optional<base::Duration> cpu_time{};    // of the thread that ran the script
  std::optional<std::uint64_t> memory_peak_bytes{};
  std::optional<unsigned> worker{};  // the PHP worker's index
};

}  // namespace tusk::observe::inline access
