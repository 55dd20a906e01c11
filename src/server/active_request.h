// ActiveRequest: the state of a request.
//
// Owner: the Transaction, which uses it again for the next request of its connection. Thread: its
// loop.
#pragma once

#include <optional>
#include <variant>

#include "base/client_key.h"
#include "base/clock.h"
#include "http/response.h"
#include "net/wakeup.h"
#include "observe/metrics_list.h"
#include "rules/header_changes.h"
#include "server/connection_facts.h"
#include "server/request_exchange.h"
#include "server/response_writer.h"
#include "server/services.h"
#include "site/router.h"

namespace tusk::server {

// A request that is being handled, with all that its stages and answers use.
struct ActiveRequest {
  ActiveRequest(LoopServices& its_loop, const ListenerServices& its_listener,
                ConnectionFacts& its_connection, net::Wakeup& its_wakeup, ResponseSink& its_sink,
                ReplySink& reply_sink);
  ActiveRequest(const ActiveRequest&) = delete;
  ActiveRequest& operator=(const ActiveRequest&) = delete;

  LoopServices& loop;
  const ListenerServices& listener;
  ConnectionFacts& connection;
  net::Wakeup& wakeup;  // the coroutine that answers waits on it
  ResponseSink& sink;

  RequestExchange exchange;
  ResponseWriter response;

  base::MonotonicTime received{};  // first byte of the head
  base::Duration retry_after{};    // not 0: the client makes too many requests, or has lost workers
  observe::AnsweredBy answered_by = observe::AnsweredBy::kNone;
  // Null before the request is routed. The router owns it; it is valid until the first co_await.
  site::Route* route = nullptr;
  rules::HeaderChanges header_changes;
  // With development::ReloadStreams: which changes the response shows. 0: unknown.
  std::uint64_t page_version = 0;
  // ScriptAnswer waits for a worker, and nothing of the response is sent yet.
  bool awaits_reply = false;
  // The recent events say already why it failed (observe/events.h).
  bool failure_noted = false;

  // False: the request could not be read.
  bool has_head() const { return exchange.state() != RequestExchange::State::kNone; }
  // Only with a head.
  exec::Job& job() const { return exchange->job; }
  const http::RequestHead& head() const { return exchange->job.head; }
  bool is_head_request() const;
  // Nothing: it cannot be told from others.
  std::optional<base::ClientKey> client() const;
  // Only for a listener of a site.
  const SiteServices& site() const { return std::get<SiteServices>(listener.answers); }
  bool tls() const { return has_head() ? job().origin.tls : connection.tls.on(); }

  // Clears the response and the decisions of the previous request.
  void reset_response();
  // Counts a response that was closed early because its slow client held resources others need.
  void count_closed(observe::Closed why) const;
  // Runs the stages for the response's head, and writes it.
  void begin_response(http::ResponseHead& response_head, const http::Framing& framing);
};

}  // namespace tusk::server
