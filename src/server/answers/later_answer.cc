#include "server/answers/later_answer.h"

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
  ~Wait() { pending_->wakeup = nullptr; }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // False: too many jobs wait.
  bool begin(site::LaterBody later, net::Loop& loop) {
    return later.thread->submit(
        [pending = pending_, make = std::move(later.make), &loop]() mutable {
          loop.post([pending = std::move(pending), body = make()]() mutable {
            if (pending->wakeup == nullptr) return;
            pending->body = std::move(body);
            pending->made = true;
            pending->wakeup->raise(net::Wakeup::kBodyMade);
          });
        });
  }
  bool done() const { return pending_->made; }
  const std::string& body() const { return pending_->body; }

 private:
  std::shared_ptr<Pending> pending_;  // shared with the job
};

}  // namespace

Answer LaterAnswer::choose(ActiveRequest& request) {
  return request.route->kind == site::Route::Kind::kLater ? &send : nullptr;
}

base::Task<bool> LaterAnswer::send(ActiveRequest& request) {
  http::ResponseHead head = std::move(request.route->response.head);
  Wait wait(request.wakeup);
  if (!wait.begin(std::move(request.route->later), request.loop.loop)) {
    co_return co_await ErrorAnswer::send(request, 503);
  }
  while (!wait.done()) co_await request.wakeup.wait(net::Wakeup::kBodyMade);
  request.begin_response(head, http::Framing::known(wait.body().size()));
  co_return co_await request.response.send(wait.body(), Next::kEnd);
}

}  // namespace tusk::server::answers
