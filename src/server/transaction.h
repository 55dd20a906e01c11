// Transaction: one request and its response, whatever protocol carries them: takes the request as
// it arrives, has it routed and answered, counts it. A connection of HTTP/1 has one that it uses
// again and again, one of HTTP/2 has one for each stream.
//
//   transaction.cc           taking a request; its end
//   transaction_response.cc  answering it
//   transaction_file.cc      sending files, and texts that are made here
//
// Owner: the connection. Thread: its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "net/wakeup.h"
#include "server/connection_facts.h"
#include "server/dispatcher.h"
#include "server/response_sink.h"
#include "server/services.h"
#include "site/router.h"

namespace tusk::server {

class Transaction final : public ReplySink {
 public:
  // Waits on `wakeup`, which the sink raises.
  Transaction(LoopServices& loop, const ListenerServices& listener, ConnectionFacts& client,
              net::Wakeup& wakeup, ResponseSink& sink)
      : loop_(loop), listener_(listener), client_(client), wakeup_(wakeup), sink_(sink) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // --- taking a request: each returns 0, or the status to refuse it with ---

  // When the first byte of the request came.
  void set_received(base::MonotonicTime received) { received_ = received; }
  // Takes the head by swapping.
  int begin(http::RequestHead& head);
  int append_body(std::string_view piece);
  int finish_body();
  // Between begin() and the end of respond() or refuse().
  bool begun() const { return current_ != nullptr; }
  // A worker has it, or is to have it.
  bool submitted() const { return current_ != nullptr && owned_ == nullptr; }
  // Nothing of a response is sent yet: raising kDeadline has it looked at.
  bool awaits_reply() const { return awaits_reply_; }
  // Only when begun().
  const http::RequestHead& head() const { return current_->job.head; }

  // What a worker has made of the response and the client has not taken; and how much that may be.
  std::uint64_t unsent() const { return submitted() ? current_->unsent_bytes() : 0; }
  void limit_unsent(std::uint64_t bytes) {
    if (submitted()) current_->limit_unsent(bytes);
  }

  // --- answering: true when the response is sent to its end ---

  base::Task<bool> respond();
  // The request could not be read, as a whole or at all.
  base::Task<bool> refuse(int status);

  // ReplySink
  void on_reply(std::uint32_t bits) override;

  // Where output waits that the client has not taken; null: it is not stored.
  const exec::ResponseStore* store() const { return submitted() ? current_->store() : nullptr; }
  // It was broken off, since its client takes too little of what others need.
  void count_closed(observe::Closed why);

 private:
  enum class Awaited { kHead, kQueueTimeout, kAbandoned, kCut, kClientGone };

  void end();
  void count();
  void settle_origin(exec::Job& job);
  base::Duration rate_limit_wait();
  void refuse_script(base::Duration wait);
  int body_failed(const base::Error& error);
  void give_up_reply();

  base::Task<bool> respond_directly(site::Route& route);
  base::Task<bool> respond_with_script(const site::Route& route);
  base::Task<bool> respond_with_page(site::Route& route);
  void fill_job(const site::Route& route);
  base::Task<bool> run_script();
  base::Task<bool> respond_with_error(int status);
  // Fields that `head` has already stay.
  base::Task<bool> send_error(int status, http::ResponseHead& head);
  // `text` was made here. `page_of` is the error whose page it is, or 0.
  base::Task<bool> send_text(http::ResponseHead& head, files::ServedFile text, int page_of);
  base::Task<bool> send_body(std::string_view body);
  base::Task<bool> redirect_to_https(const std::string& location);
  base::Task<Awaited> await_reply(exec::Exchange& exchange);
  base::Task<bool> send_interim(exec::Exchange& exchange);
  bool client_is_gone(exec::Exchange& exchange);
  base::Task<bool> send_reply(exec::Exchange& exchange);
  base::Task<bool> stream_reply(exec::Exchange& exchange);
  // `after`: what comes after all that are there now.
  base::Task<bool> send_pieces(exec::Exchange& exchange, Next after);
  base::Task<bool> send_piece(const exec::Piece& piece, Next next);
  // Applies what rules say to the head.
  void begin_response(http::ResponseHead& head, const http::Framing& framing);
  std::string https_location() const;
  std::uint64_t clip(std::uint64_t size);
  bool is_head_request() const;
  base::Task<bool> respond_with_file(site::Route& route, http::ContentCoding coding);
  base::Task<bool> respond_with_listing(site::Route& route);
  base::Task<bool> send_file(const files::FileBody& file);
  base::Task<bool> send_slice(const files::FileBody& file, files::BodySlice slice, bool last);
  base::Task<bool> send_in_place_of_output(exec::Exchange& exchange,
                                           files::StaticResponse& response);

  LoopServices& loop_;
  const ListenerServices& listener_;
  ConnectionFacts& client_;
  net::Wakeup& wakeup_;
  ResponseSink& sink_;

  // Owned here until it is submitted, and then by the dispatcher.
  exec::Exchange* current_ = nullptr;
  std::unique_ptr<exec::Exchange> owned_;

  base::MonotonicTime received_{};
  base::Duration retry_after_{};  // not 0: the client has made too many requests, or lost workers
  observe::AnsweredBy answered_by_ = observe::AnsweredBy::kNone;
  rules::HeaderChanges header_changes_;
  bool awaits_reply_ = false;
  int status_ = 0;
  BodyPlan plan_;
  std::uint64_t body_sent_ = 0;
  std::uint32_t reply_bits_ = 0;  // of Exchange::State, as far as the loop has seen them
};

}  // namespace tusk::server
