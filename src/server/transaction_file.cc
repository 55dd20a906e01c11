// Transaction: sending files, and texts that are made here.

#include <algorithm>
#include <utility>

#include "files/file_cache.h"
#include "http/coding/response_fields.h"
#include "net/loop.h"
#include "server/answers/directory_listings.h"
#include "server/answers/file_encodings.h"
#include "server/transaction.h"
#include "site/error_pages.h"
#include "site/error_response.h"
#include "site/https_policy.h"

namespace tusk::server {

namespace {

// So often it is made sure that a file is still what its head says.
constexpr std::uint64_t kFileBytesBetweenLooks = 256 * 1024;

// A text that fits into one packet gains nothing by being compressed.
constexpr std::size_t kMaxPlainTextBytes = 1400;

}  // namespace

// One that is to be compressed first. The client waits for that, the loop does not.
base::Task<bool> Transaction::respond_with_file(site::Route& route, http::ContentCoding coding) {
  files::StaticResponse response = std::move(route.response);
  files::ServedFile file;
  file.in[0] = route.file->identity();
  answers::FileEncodings::Wait wait(*loop_.encodings, wakeup_);
  if (loop_.encodings->make(route.root, route.path, file.in[0], coding, wait)) {
    while (!wait.over()) co_await wakeup_.wait(net::Wakeup::kEncoded);
  }
  if (wait.result() != nullptr) {
    file.in[static_cast<std::size_t>(coding)] = wait.result();
    files::respond_with_file(head(), file, files::FileRequest::kByUrl, loop_.date.seconds(),
                             response);
  }
  if (response.head.status >= 400) {  // a precondition that this coding's tag does not meet
    co_return co_await send_error(response.head.status, response.head);
  }
  begin_response(response.head, response.framing);
  if (plan_.allowed && !response.body.empty()) co_return co_await send_file(response.body);
  co_return co_await sink_.send({}, Next::kEnd);
}

base::Task<bool> Transaction::respond_with_listing(site::Route& route) {
  http::ResponseHead head = std::move(route.response.head);
  answers::DirectoryListings::Wait wait(*loop_.listings, wakeup_);
  if (!loop_.listings->make(std::move(*route.order), wait)) {
    co_return co_await respond_with_error(503);
  }
  while (!wait.over()) co_await wakeup_.wait(net::Wakeup::kListed);
  if (wait.result() == nullptr) co_return co_await respond_with_error(500);
  files::ServedFile page;
  page.in[0] = wait.result();
  const bool sent = co_await send_text(head, std::move(page), 0);
  co_return sent;
}

base::Task<bool> Transaction::send_text(http::ResponseHead& head, files::ServedFile text,
                                        int page_of) {
  using http::ContentCoding;
  const files::RepresentationRef original = text.identity();
  ContentCoding coding = ContentCoding::kIdentity;
  if (loop_.encodings != nullptr && current_ != nullptr &&
      original->size_bytes > kMaxPlainTextBytes) {
    coding = loop_.encodings->wanted_of_text(this->head(), head, original->size_bytes);
  }
  files::RepresentationRef& body = text.in[static_cast<std::size_t>(coding)];
  if (body == nullptr) {
    answers::FileEncodings::Wait wait(*loop_.encodings, wakeup_);
    const bool begun = loop_.encodings->make(original, coding, wait);
    while (begun && !wait.over()) co_await wakeup_.wait(net::Wakeup::kEncoded);
    // What does not get smaller is kept as its own encoded form, and not tried again.
    body = wait.result() != nullptr ? wait.result() : original;
    if (begun && page_of != 0) {
      listener_.router.error_pages()->keep(page_of, original, coding, body);
    }
  }
  if (body != original) http::coding::mark_as_encoded(head, coding);
  begin_response(head, http::Framing::known(body->size_bytes));
  co_return co_await send_body(body->bytes);
}

base::Task<bool> Transaction::send_file(const files::FileBody& file) {
  const std::size_t count = file.slice_count();
  for (std::size_t i = 0; i < count; ++i) {
    const bool sent = co_await send_slice(file, file.slice(i), i + 1 == count);
    if (!sent) co_return false;
  }
  co_return true;
}

// A file that is written to while it is sent: the rest would be another version's. The client is
// told by breaking off.
base::Task<bool> Transaction::send_slice(const files::FileBody& file, files::BodySlice slice,
                                         bool last) {
  if (slice.fd < 0) {
    body_sent_ += slice.bytes.size();
    co_return co_await sink_.send(slice.bytes, last ? Next::kEnd : Next::kNow);
  }
  while (slice.length > 0) {
    const std::uint64_t length = std::min(slice.length, kFileBytesBetweenLooks);
    const bool ends = last && length == slice.length;
    const bool sent =
        co_await sink_.send_file(slice.fd, slice.offset, length, ends ? Next::kEnd : Next::kNow);
    if (!sent || !file.is_current()) co_return false;
    body_sent_ += length;
    slice.offset += length;
    slice.length -= length;
  }
  co_return true;
}

// X-Sendfile and X-Accel-Redirect. The script is not waited for: what it still writes goes nowhere,
// and it learns of that as it would of a client that left.
base::Task<bool> Transaction::send_in_place_of_output(exec::Exchange& exchange,
                                                      files::StaticResponse& response) {
  if ((reply_bits_ & exec::Exchange::kFinished) == 0) exchange.cancel();
  if (response.head.status >= 400) {
    co_return co_await send_error(response.head.status, response.head);
  }
  begin_response(response.head, response.framing);
  if (plan_.allowed && !response.body.empty()) co_return co_await send_file(response.body);
  co_return co_await sink_.send({}, Next::kEnd);
}

base::Task<bool> Transaction::redirect_to_https(const std::string& location) {
  http::ResponseHead response;
  std::string body;
  site::make_redirect(location, response, body, listener_.https->redirect_status);
  begin_response(response, http::Framing::known(body.size()));
  co_return co_await send_body(body);
}

}  // namespace tusk::server
