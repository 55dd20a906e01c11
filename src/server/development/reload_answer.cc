#include "server/development/reload_answer.h"

#include <chrono>
#include <string>

#include "net/loop.h"
#include "server/active_request.h"
#include "server/answers/error_answer.h"
#include "server/development/development.h"

namespace tusk::server::development {

namespace {

// So that proxies and clients see that the connection lives, and tusk that the client does.
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::string_view kBeat = ":\n\n";

// A hidden page has no stream, because a browser has six connections to a host over HTTP/1; it
// learns what it has missed when it is shown again.
constexpr std::string_view kScript =
    R"((()=>{
if(window!==window.top||window.tuskReload)return;
window.tuskReload=1;
let known=new URL(document.currentScript.src).searchParams.get("v"),stream;
const styles=()=>{for(const old of document.querySelectorAll('link[rel~="stylesheet"][href]')){
const url=new URL(old.href);
if(url.origin!==location.origin)continue;
url.searchParams.set("tusk-reload",Date.now());
const link=old.cloneNode();
link.href=url;
link.onload=link.onerror=()=>old.remove();
old.after(link);
}};
const look=()=>{
if(document.hidden){stream&&stream.close();stream=null;return}
if(stream)return;
stream=new EventSource("/.well-known/tusk/reload");
stream.onmessage=({data})=>{
const[version,what]=data.split(" ");
if(what==="styles"){known=version;styles()}
else if(what||known&&version!==known)location.reload();
else known=version;
}};
addEventListener("visibilitychange",look);
look();
})();
)";
static_assert(kScript.size() <= 1024);

}  // namespace

Answer ReloadAnswer::choose(ActiveRequest& request) {
  const Development* const development = request.site().development;
  if (development == nullptr || development->reload == nullptr) return nullptr;
  const std::string_view path = request.head().view(request.head().path);
  if (path == kStreamPath) return &stream;
  return path == kScriptPath ? &send_script : nullptr;
}

base::Task<bool> ReloadAnswer::send_script(ActiveRequest& request) {
  http::ResponseHead head;
  head.add("Content-Type", "text/javascript; charset=utf-8");
  head.add("Cache-Control", "no-cache");
  head.add("X-Content-Type-Options", "nosniff");
  request.begin_response(head, http::Framing::known(kScript.size()));
  return request.response.send(kScript, Next::kEnd);
}

base::Task<bool> ReloadAnswer::stream(ActiveRequest& request) {
  ReloadStreams::Client client(*request.site().development->reload, request.wakeup);
  if (!client.admitted()) co_return co_await answers::ErrorAnswer::send(request, 503);
  http::ResponseHead head;
  head.add("Content-Type", "text/event-stream");
  head.add("Cache-Control", "no-store");
  head.add("X-Accel-Buffering", "no");
  request.begin_response(head, http::Framing::unknown());
  if (!request.response.body_allowed()) co_return co_await request.response.send({}, Next::kEnd);
  std::uint32_t awaited = net::Wakeup::kAnnounced | net::Wakeup::kDeadline | net::Wakeup::kReadable;
  request.sink.watch_client();
  while (!client.ends()) {
    std::string events = client.take_events();
    if (events.empty()) events = kBeat;
    const bool sent = co_await request.response.send(events, Next::kLater);
    if (!sent) co_return false;
    request.sink.set_deadline(request.loop.loop.now() + kHeartbeat);
    const std::uint32_t flags = co_await request.wakeup.wait(awaited);
    if ((flags & net::Wakeup::kReadable) == 0) continue;
    const net::IoStatus status = request.sink.client();
    if (status == net::IoStatus::kFailed || status == net::IoStatus::kClosed) co_return false;
    if (status == net::IoStatus::kWouldBlock) request.sink.watch_client();
    // The client has sent its next request: the socket stays readable.
    if (status == net::IoStatus::kOk)
      awaited &= ~static_cast<std::uint32_t>(net::Wakeup::kReadable);
  }
  request.sink.set_deadline(base::MonotonicTime::max());
  co_return co_await request.response.send({}, Next::kEnd);
}

}  // namespace tusk::server::development
