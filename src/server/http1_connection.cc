#include "server/http1_connection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "observe/access_log.h"
#include "observe/log.h"

namespace tusk::server {

namespace {

// An idle connection of a draining server: a request may already be on its way to us, and closing
// under it would lose it.
constexpr base::Duration kDrainGrace = std::chrono::milliseconds(500);

// Lingering close: how long and how much a client may still send after its last answer.
constexpr base::Duration kLingerTime = std::chrono::seconds(2);
constexpr std::uint64_t kLingerBytes = 4 * 1024 * 1024;

http::h1::ParserLimits parser_limits(const ConnectionLimits& limits) {
  http::h1::ParserLimits parser;
  parser.head_bytes = limits.header_bytes;
  parser.header_count = limits.header_count;
  return parser;
}

std::string_view protocol_text(http::Version version) {
  return version == http::Version::http10 ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace

Http1Connection::Http1Connection(LoopServices& loop, const ListenerServices& listener,
                                 base::UniqueFd socket, net::Endpoint peer)
    : loop_(loop),
      listener_(listener),
      stream_(loop.loop.io(), std::move(socket), wakeup_),
      peer_(std::move(peer)),
      proxies_(listener.proxies != nullptr && listener.proxies->trusts(peer_) ? listener.proxies
                                                                              : nullptr),
      parser_(parser_limits(listener.limits)) {
  if (listener.counted) {
    loop.metrics.add<observe::Metric::kConnections>();
    loop.metrics.adjust<observe::Metric::kConnectionsOpen>(1);
  }
}

Http1Connection::~Http1Connection() {
  if (listener_.counted) loop_.metrics.adjust<observe::Metric::kConnectionsOpen>(-1);
}

base::Detached Http1Connection::serve() {
  bool open = true;
  while (open) {
    const bool got = co_await read_request();
    if (got) {
      open = co_await respond();
    } else {
      open = false;
      if (refusal_ != 0) co_await send_refusal();
    }
  }
  const bool more_came = !input().empty() || more_may_wait_ || stream_.peek() == net::IoStatus::ok;
  if (input_left_ || more_came) co_await linger();
  release_input();
  deadline_ = kNever;
  stream_.close();
  ended_ = true;
  loop_.ended.push_back(this);
}

void Http1Connection::set_deadline(base::Duration from_now) {
  deadline_ = loop_.loop.now() + from_now;
  wakeup_.lower(net::Wakeup::kDeadline);
}

void Http1Connection::expire() {
  deadline_ = kNever;
  wakeup_.raise(net::Wakeup::kDeadline);
}

void Http1Connection::drain() {
  if (draining_ || ended_) return;
  draining_ = true;
  const bool waits = current_ == nullptr && parser_.idle() && deadline_ != kNever;
  if (waits) deadline_ = std::min(deadline_, loop_.loop.now() + kDrainGrace);
}

// True: current_ is a whole request. False: close, after saying refusal_ if it is set.
base::Task<bool> Http1Connection::read_request() {
  const ConnectionLimits& limits = listener_.limits;
  bool started = !input().empty();
  if (started) request_start_ = loop_.loop.now();
  // A new client has the header timeout from the start, an old one may rest first.
  const bool rests = requests_ > 0 && !started;
  set_deadline(rests ? limits.idle_timeout : limits.header_timeout);
  if (draining_) deadline_ = std::min(deadline_, loop_.loop.now() + kDrainGrace);
  for (;;) {
    const http::h1::RequestParser::Step step = parser_.parse(input());
    input_begin_ += step.consumed;
    switch (step.event) {
      case http::h1::RequestParser::Event::head:
        if (!begin_request()) co_return false;
        set_deadline(limits.body_timeout);
        if (current_->job.head.expect_continue && current_->job.head.has_body() &&
            input().empty()) {
          const bool sent = co_await send(http::h1::kContinue, {}, false);
          if (!sent) co_return false;
          set_deadline(limits.body_timeout);
        }
        continue;
      case http::h1::RequestParser::Event::body:
        if (!append_body(step.body)) co_return false;
        continue;
      case http::h1::RequestParser::Event::complete: {
        deadline_ = kNever;
        const base::Result<void> finished = current_->job.body.finish();
        if (!finished) refuse(500, false);
        co_return finished.has_value();
      }
      case http::h1::RequestParser::Event::error:
        refuse(parser_.error_status(), true);
        observe::log(observe::Level::kDebug, "request refused",
                     {{"client", peer_.address}, {"reason", parser_.error_reason()}});
        co_return false;
      case http::h1::RequestParser::Event::need_more:
        break;
    }
    const Fill filled = co_await fill();
    if (filled == Fill::ok) {
      if (!started) {
        started = true;
        request_start_ = loop_.loop.now();
        set_deadline(limits.header_timeout);
      } else if (current_ != nullptr) {
        set_deadline(limits.body_timeout);
      }
      continue;
    }
    // A request that was begun and did not come is answered; silence is not.
    if (filled == Fill::timed_out && !parser_.idle()) refuse(408, true);
    co_return false;
  }
}

// Gets bytes for the parser, which has used up all there were.
base::Task<Http1Connection::Fill> Http1Connection::fill() {
  input_begin_ = input_end_ = 0;
  bool wait_first = !more_may_wait_ || bytes_in_a_row_ >= kFairShareBytes;
  for (;;) {
    if (wait_first) {
      release_input();
      stream_.notify_when_readable();
      const std::uint32_t flags =
          co_await wakeup_.wait(net::Wakeup::kReadable | net::Wakeup::kDeadline);
      bytes_in_a_row_ = 0;
      if ((flags & net::Wakeup::kReadable) == 0) co_return Fill::timed_out;
    }
    if (input_ == nullptr) input_ = loop_.buffers.take();
    const net::IoResult got = stream_.read({input_.get(), BufferPool::kBufferBytes});
    if (got.status == net::IoStatus::would_block) {
      wait_first = true;
      continue;
    }
    if (got.status != net::IoStatus::ok) co_return Fill::closed;
    more_may_wait_ = got.bytes == BufferPool::kBufferBytes;
    input_end_ = got.bytes;
    bytes_in_a_row_ += got.bytes;
    if (listener_.counted) loop_.metrics.add<observe::Metric::kBytesReceived>(got.bytes);
    co_return Fill::ok;
  }
}

void Http1Connection::release_input() {
  if (input_ != nullptr) loop_.buffers.give_back(std::move(input_));
}

// The head is there. False: the request is refused.
bool Http1Connection::begin_request() {
  ++requests_;
  owned_ = loop_.dispatcher != nullptr ? loop_.dispatcher->take_exchange()
                                       : std::make_unique<exec::Exchange>();
  current_ = owned_.get();
  std::swap(current_->job.head, parser_.head());
  current_->job.received = request_start_;
  current_->job.request_id = ++loop_.last_request_id;
  if (proxies_ != nullptr) proxies_->apply(current_->job);
  const std::uint64_t announced = current_->job.head.content_length.value_or(0);
  if (announced > listener_.limits.body_bytes) {
    refuse(413, true);
    return false;
  }
  return true;
}

bool Http1Connection::append_body(std::string_view piece) {
  http::BodyBuffer& body = current_->job.body;
  if (body.size() + piece.size() > listener_.limits.body_bytes) {
    refuse(413, true);
    return false;
  }
  const base::Result<void> appended = body.append(piece, listener_.limits.body_spool);
  if (appended) return true;
  observe::error("cannot keep a request body", {{"reason", appended.error().message}});
  refuse(500, false);
  return false;
}

void Http1Connection::refuse(int status, bool parse_error) {
  refusal_ = status;
  input_left_ = true;
  if (parse_error && listener_.counted) loop_.metrics.parse_error(status);
}

// The response is sent, or given up: counts it, and lets the exchange go.
void Http1Connection::end_request() {
  count_request();
  if (owned_ == nullptr && current_ != nullptr) {
    loop_.dispatcher->finish_with(*current_);
  } else if (owned_ != nullptr && loop_.dispatcher != nullptr) {
    loop_.dispatcher->give_back(std::move(owned_));
  }
  owned_.reset();
  current_ = nullptr;
}

void Http1Connection::count_request() {
  if (!listener_.counted) return;
  const base::MonotonicTime now = base::now();
  loop_.metrics.request_done(handler_, status_, now - request_start_);
  if (!listener_.access_log) return;
  observe::AccessRecord record;
  std::array<char, 24> id;
  record.remote_address = peer_.address;
  if (current_ != nullptr) {
    const exec::Job& job = current_->job;
    if (job.remote_address.length > 0) record.remote_address = job.view(job.remote_address);
    const http::RequestHead& head = job.head;
    record.method = head.view(head.method);
    record.target = head.view(head.target);
    record.protocol = protocol_text(head.version);
    record.host = head.view(head.authority);
    record.referer = head.find("referer");
    record.user_agent = head.find("user-agent");
    const auto end = std::to_chars(id.data(), id.data() + id.size(), job.request_id).ptr;
    record.request_id = {id.data(), static_cast<std::size_t>(end - id.data())};
    if (current_->worker >= 0) {
      record.worker = static_cast<unsigned>(current_->worker);
      record.queue_wait = current_->started - job.enqueued;
    }
  }
  record.status = status_;
  record.body_bytes_sent = body_sent_;
  record.duration = now - request_start_;
  observe::log_access(record);
}

// Closing while the client sends would reset the connection, and the reset would overtake the
// answer (RFC 9112 §9.6): say that nothing follows, and read on for a while.
base::Task<void> Http1Connection::linger() {
  stream_.shutdown_write();
  set_deadline(kLingerTime);
  std::uint64_t total = 0;
  while (total < kLingerBytes) {
    const Fill filled = co_await fill();
    if (filled != Fill::ok) co_return;
    total += input_end_;
  }
}

}  // namespace tusk::server
