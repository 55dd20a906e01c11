// ReplyOutlet: writes the response of a worker process into its slot, for the server.
//
// Owner: the RegionSource. Thread: the only thread of the worker process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "exec/exchange.h"
#include "exec/process/doorbells.h"
#include "exec/process/region.h"
#include "exec/process/response_records.h"
#include "exec/reply_channel.h"

namespace tusk::host {

using SlotSockets = std::array<base::UniqueFd, exec::process::kSlots>;

// It takes the loop's part for the exchange of the worker process: what the script has published is
// written to the ring at once, so that the exchange holds nothing. If the ring is full, it waits
// for the server. Pieces that are written count as unsent until the server says that the client has
// taken them, so the limits of a response hold as they do in a server. Those of all responses hold
// too: their sum is the server's, as it says.
class ReplyOutlet final : public exec::ReplyChannel {
 public:
  ReplyOutlet(const exec::process::Region& region, exec::process::DoorbellRinger& doorbells,
              const SlotSockets& sockets, exec::UnsentUsage& usage)
      : region_(region), doorbells_(doorbells), sockets_(sockets), usage_(usage) {}

  // Begins the response of the request in that slot.
  void begin(std::size_t slot, exec::Exchange& exchange);

  void post(exec::Exchange& exchange) override;
  void await_progress(exec::Exchange& exchange, std::uint32_t seen, base::Duration most) override;
  bool tell_fatal_error(std::string_view message) override;

  std::size_t number() const { return slot_; }

 private:
  exec::process::SlotControl& slot() const { return region_.slot(slot_); }
  bool is_cancelled() const { return slot().cancelled.load(std::memory_order_acquire) != 0; }
  void ring() const;
  void give_back_slot() const;
  void see_client(exec::Exchange& exchange);
  void see_store();
  void put_off_limits(base::Duration waited) const;
  void write_head(const exec::Exchange& exchange, bool is_whole);
  void write_stream(exec::Exchange& exchange);
  void write_piece(const exec::Piece& piece);
  void write_file_piece(const exec::Piece& piece);
  void copy_file_piece(const exec::Piece& piece);
  void write_end(const exec::Exchange& exchange);
  enum class Want : std::uint8_t { kUnlessCancelled, kAlways };
  bool make_room(std::size_t bytes, Want want = Want::kUnlessCancelled);
  bool write_whole(exec::process::RecordKind kind, std::string_view payload);
  bool write_whole(exec::process::RecordKind kind, std::span<const std::string_view> parts);
  void write_parts(exec::process::RecordKind kind, std::string_view bytes);

  const exec::process::Region& region_;
  exec::process::DoorbellRinger& doorbells_;
  const SlotSockets& sockets_;
  exec::UnsentUsage& usage_;
  std::uint64_t told_memory_ = 0;  // what of usage_ is the server's
  std::uint64_t told_disk_ = 0;

  // The state of the response that is being written.
  std::size_t slot_ = 0;
  std::uint32_t loop_ = 0;  // kept: when the slot is done, it may have another request at once
  std::optional<exec::process::ResponseWriter> writer_;
  bool head_written_ = false;
  bool is_whole_ = false;  // the response has ended before its head was sent
  bool ended_ = false;
  int failed_status_ = 0;   // not 0: the head does not fit into the ring, and the server makes one
  bool truncated_ = false;  // a file of the response could not be read
  std::string fatal_error_;
  std::uint64_t seen_taken_ = 0;
  std::uint64_t seen_limit_ = exec::Exchange::kUnlimited;
  std::shared_ptr<const exec::SpoolFile> sent_file_;  // whose descriptor the server has
};

}  // namespace tusk::host
