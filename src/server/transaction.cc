#include "server/transaction.h"

#include <array>
#include <charconv>

#include "clients/rate_limiter.h"
#include "clients/trusted_proxies.h"
#include "clients/untrusted_forwarding.h"
#include "exec/response_store.h"
#include "files/file_cache.h"
#include "net/loop.h"
#include "observe/access_log.h"
#include "observe/log.h"

namespace tusk::server {

namespace {

std::string_view protocol_text(http::Version version) {
  switch (version) {
    case http::Version::kHttp10:
      return "HTTP/1.0";
    case http::Version::kHttp11:
      return "HTTP/1.1";
    case http::Version::kHttp2:
      return "HTTP/2.0";
  }
  return {};
}

}  // namespace

int Transaction::begin(http::RequestHead& head) {
  owned_ = loop_.dispatcher != nullptr ? loop_.dispatcher->take_exchange()
                                       : std::make_unique<exec::Exchange>();
  current_ = owned_.get();
  exec::Job& job = current_->job;
  std::swap(job.head, head);
  job.received = received_;
  job.request_id = loop_.last_request_id += loop_.request_id_step;
  settle_origin(job);
  if (job.head.content_length.value_or(0) > listener_.limits.body_bytes) return 413;
  if (listener_.rate_limiter != nullptr) {
    retry_after_ = rate_limit_wait();
    // A body would be read in vain.
    if (retry_after_.count() > 0 && job.head.has_body()) return 429;
  }
  return 0;
}

void Transaction::settle_origin(exec::Job& job) {
  http::RequestHead& head = job.head;
  http::RequestOrigin& origin = job.origin;
  origin.tls = client_.tls.on();
  if (client_.proxies != nullptr) {
    client_.proxies->apply(head, origin);
  } else if (!client_.looked_for_forwarding && listener_.proxies != nullptr) {
    client_.looked_for_forwarding = true;
    clients::warn_of_untrusted_forwarding(head, client_.peer);
  }
  if (origin.client_address.length == 0) {  // no proxy has said who the client is
    origin.client_address = head.append(client_.peer.address);
    origin.client_port = client_.peer.port;
    if (client_.proxies != nullptr) {
      origin.sharing = http::RequestOrigin::Sharing::kManyClients;
    } else if (client_.stands_for_many) {
      origin.sharing = http::RequestOrigin::Sharing::kPerhapsMany;
    }
  }
  http::settle_host(head, origin);
}

// How long the client has to wait for its turn.
base::Duration Transaction::rate_limit_wait() {
  const exec::Job& job = current_->job;
  const std::string_view address = job.view(job.origin.client_address);
  const std::optional<base::ClientKey> client = base::client_key(address);
  if (!client) return base::Duration::zero();
  const base::MonotonicTime now = loop_.loop.now();
  const base::Duration wait = listener_.rate_limiter->count(*client, now);
  if (wait.count() > 0) loop_.rate_limited.count(now, address);
  return wait;
}

int Transaction::append_body(std::string_view piece) {
  http::BodyBuffer& body = current_->job.body;
  if (body.size() + piece.size() > listener_.limits.body_bytes) return 413;
  const base::Result<void> appended = body.append(piece, listener_.limits.body_spool);
  if (appended) return 0;
  return body_failed(appended.error());
}

int Transaction::body_failed(const base::Error& error) {
  loop_.bodies_lost.count(loop_.loop.now(), error.message);
  const http::BodyBuffer& body = current_->job.body;
  if (body.exceeds_file_size()) return 413;  // as where request_body_bytes says so
  return body.lacks_space() ? 503 : 500;
}

int Transaction::finish_body() {
  const base::Result<void> finished = current_->job.body.finish(listener_.limits.body_spool);
  if (finished) return 0;
  return body_failed(finished.error());
}

void Transaction::on_reply(std::uint32_t bits) {
  loop_.files->scripts_have_answered();
  reply_bits_ |= bits;
  sink_.on_output();
  std::uint32_t flags = net::Wakeup::kReply;
  if ((bits & exec::Exchange::kClosed) != 0 && status_ != 0) {  // some of it was sent
    sink_.break_off();
    flags |= net::Wakeup::kDeadline;
  }
  wakeup_.raise(flags);
}

// Not all of it was sent.
void Transaction::give_up_reply() {
  current_->cancel();
  if ((reply_bits_ & exec::Exchange::kClosed) != 0) {
    count_closed(static_cast<observe::Closed>(current_->closed_for()));
  }
}

void Transaction::count_closed(observe::Closed why) {
  loop_.metrics.response_closed(why);
  const exec::Job& job = current_->job;
  std::string example(job.view(job.origin.client_address));
  example.append(" ").append(observe::kClosedReasons[static_cast<std::size_t>(why)]);
  example.append(" ").append(job.view(job.head.path));
  loop_.responses_closed.count(loop_.loop.now(), example);
}

// The response is sent, or given up: counts it, and lets the exchange go.
void Transaction::end() {
  count();
  if (owned_ == nullptr && current_ != nullptr) {
    loop_.dispatcher->finish_with(*current_);
  } else if (owned_ != nullptr && loop_.dispatcher != nullptr) {
    loop_.dispatcher->give_back(std::move(owned_));
  }
  owned_.reset();
  current_ = nullptr;
  retry_after_ = base::Duration::zero();
}

void Transaction::count() {
  if (!listener_.counted) return;
  const base::MonotonicTime now = base::now();
  loop_.metrics.request_done(answered_by_, status_, now - received_);
  if (!listener_.access_log) return;
  observe::AccessRecord record;
  std::array<char, 24> id;
  record.remote_address = client_.peer.address;
  if (current_ != nullptr) {
    const exec::Job& job = current_->job;
    record.remote_address = job.view(job.origin.client_address);
    const http::RequestHead& head = job.head;
    record.method = head.view(head.method);
    record.target = head.view(head.target);
    record.protocol = protocol_text(head.version);
    record.host = head.view(head.authority);
    record.referer = head.find("referer");
    record.user_agent = head.find("user-agent");
    const auto end = std::to_chars(id.data(), id.data() + id.size(), job.request_id).ptr;
    record.request_id = {id.data(), static_cast<std::size_t>(end - id.data())};
    if (current_->has_started()) {
      record.worker = static_cast<unsigned>(current_->worker);
      record.queue_wait = current_->started - job.enqueued;
    }
  }
  record.tls_version = client_.tls.version;
  record.tls_cipher = client_.tls.cipher;
  record.status = status_;
  record.body_bytes_sent = body_sent_;
  record.duration = now - received_;
  observe::log_access(record);
}

}  // namespace tusk::server
