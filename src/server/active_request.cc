#include "server/active_request.h"

#include <string>

#include "net/loop.h"
#include "observe/metrics.h"
#include "server/request_stages.h"

namespace tusk::server {

ActiveRequest::ActiveRequest(LoopServices& its_loop, const ListenerServices& its_listener,
                             ConnectionFacts& its_connection, net::Wakeup& its_wakeup,
                             ResponseSink& its_sink, ReplySink& reply_sink)
    : loop(its_loop),
      listener(its_listener),
      connection(its_connection),
      wakeup(its_wakeup),
      sink(its_sink),
      exchange(its_loop.exchanges, reply_sink),
      response(its_sink) {}

bool ActiveRequest::is_head_request() const {
  const http::RequestHead& request = head();
  return request.view(request.method) == "HEAD";
}

std::optional<base::ClientKey> ActiveRequest::client() const {
  if (job().origin.sharing == http::RequestOrigin::Sharing::kManyClients) return std::nullopt;
  return base::client_key(job().view(job().origin.client_address));
}

void ActiveRequest::reset_response() {
  response.reset();
  answered_by = observe::AnsweredBy::kNone;
  route = nullptr;
  header_changes.clear();
  page_version = 0;
}

void ActiveRequest::count_closed(observe::Closed why) const {
  loop.metrics.response_closed(why);
  std::string example(head().view(job().origin.client_address));
  example.append(" ").append(observe::kClosedReasons[static_cast<std::size_t>(why)]);
  example.append(" ").append(head().view(head().path));
  loop.responses_closed.count(loop.loop.now(), example);
}

void ActiveRequest::begin_response(http::ResponseHead& response_head,
                                   const http::Framing& framing) {
  for (const Stage& stage : listener.stages) {
    if (stage.on_response != nullptr) stage.on_response(*this, response_head);
  }
  response.begin(has_head() ? &head() : nullptr, response_head, framing);
}

}  // namespace tusk::server
