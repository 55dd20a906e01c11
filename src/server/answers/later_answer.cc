#include "server/answers/later_answer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/loop.h"
#include "server/active_request.h"
#include "server/answers/error_answer.h"

namespace tusk::server::answers {

namespace {

// Loop only. The job outlives the request if the client leaves.
struct Pending {
  net::Wakeup* wakeup;  // null: nobody waits
  bool made = false;
  std::string body;
};

class Wait {
 public:
  explicit Wait(net::Wakeup& wakeup) : pending_(std::make_shared<Pending>(&wakeup)) {}
  // The request may end before the body is made.
  ~Wait() {
    pending_->wakeup = nullptr;
    if (begun_ && !done()) end_early();
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // False: it cannot be made now.
  bool begin(site::LaterBody later, net::Loop& loop) {
    end_early_ = std::move(later.end_early);
    begun_ = later.begin([pending = pending_, &loop](std::string body) mutable {
      loop.post([pending = std::move(pending), body = std::move(body)]() mutable {
        if (pending->wakeup == nullptr) return;
        pending->body = std::move(body);
        pending->made = true;
        pending->wakeup->raise(net::Wakeup::kBodyMade);
      });
    });
    return begun_;
  }
  bool can_end_early() const { return static_cast<bool>(end_early_); }
  void end_early() {
    if (end_early_) std::exchange(end_early_, nullptr)();
  }
  bool done() const { return pending_->made; }
  const std::string& body() const { return pending_->body; }

 private:
  std::shared_ptr<Pending> pending_;  // shared with whoever makes the body
  std::move_only_function<void()> end_early_;
  bool begun_ = false;
};

}  // namespace

Answer LaterAnswer::choose(ActiveRequest& request) {
  return request.route->kind == site::Route::Kind::kLater ? &send : nullptr;
}

base::Task<bool> LaterAnswer::send(ActiveRequest& request) {
  http::ResponseHead head = std::move(request.route->response.head);
  const std::shared_ptr<int> status = request.route->later.status;
  Wait wait(request.wakeup);
  if (!wait.begin(std::move(request.route->later), request.loop.loop)) {
    co_return co_await ErrorAnswer::send(request, 503);
  }
  std::uint32_t awaited = net::Wakeup::kBodyMade;
  if (wait.can_end_early()) {
    awaited |= net::Wakeup::kReadable;
    request.sink.watch_client();
  }
  while (!wait.done()) {
    const std::uint32_t flags = co_await request.wakeup.wait(awaited);
    if ((flags & net::Wakeup::kReadable) == 0) continue;
    const net::IoStatus client = request.sink.client();
    if (client == net::IoStatus::kWouldBlock) {
      request.sink.watch_client();
      continue;
    }
    // The client has sent its next request, which stays readable, or has ended its side.
    awaited = net::Wakeup::kBodyMade;
    if (client != net::IoStatus::kOk) wait.end_early();
  }
  if (status != nullptr) head.status = *status;
  request.begin_response(head, http::Framing::known(wait.body().size()));
  co_return co_await request.response.send(wait.body(), Next::kEnd);
}

}  // namespace tusk::server::answers
