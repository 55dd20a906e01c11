#include "server/answers/file_encodings.h"

#include <algorithm>

#include "http/coding/response_fields.h"

namespace tusk::server::answers {

http::ContentCoding FileEncodings::wanted(const http::RequestHead& request,
                                          const files::ServedFile& file) const {
  const http::ContentCoding coding = files::missing_coding(request, file, policy_);
  if (coding == http::ContentCoding::kIdentity) return coding;
  const bool incompressible = incompressible_.contains({file.identity()->tag, coding});
  return incompressible ? http::ContentCoding::kIdentity : coding;
}

http::ContentCoding FileEncodings::wanted_of_text(const http::RequestHead& request,
                                                  http::ResponseHead& response,
                                                  std::uint64_t size_bytes) const {
  const http::coding::ResponseFacts facts = http::coding::facts_of(response);
  if (!facts.may_be_encoded || !policy_.takes_file(facts.content_type, size_bytes)) {
    return http::ContentCoding::kIdentity;
  }
  http::coding::add_vary(response);
  return http::AcceptEncoding::of(request).choose(policy_.files);
}

bool FileEncodings::make(std::uint64_t root, std::string_view path,
                         const files::RepresentationRef& original, http::ContentCoding coding,
                         Wait& wait) {
  const Key key{original.get(), coding};
  const auto found = pending_.find(key);
  if (found != pending_.end()) {
    found->second.waits.push_back(&wait);
    return true;
  }
  const bool taken = encoder_.submit(original, coding, [this, key](std::string bytes) {
    loop_.post(
        [this, key, bytes = std::move(bytes)]() mutable { finished(key, std::move(bytes)); });
  });
  if (taken) pending_.emplace(key, Pending{root, std::string(path), original, {&wait}});
  return taken;
}

void FileEncodings::finished(const Key& key, std::string bytes) {
  Pending& pending = pending_.at(key);
  files::RepresentationRef result;
  if (pending.path.empty()) {
    if (!bytes.empty()) {
      auto text = std::make_shared<files::Representation>();
      text->size_bytes = bytes.size();
      text->bytes = std::move(bytes);
      text->coding = key.second;
      files::ContentUsage* const usage = pending.original->held.usage();
      if (usage != nullptr) text->held = usage->force({.bytes = text->size_bytes});
      result = std::move(text);
    }
  } else if (!bytes.empty()) {
    result = cache_.add_coding(pending.root, pending.path, pending.original, key.second,
                               std::move(bytes));
  } else {
    if (incompressible_.size() >= kMaxIncompressible) incompressible_.clear();
    incompressible_.emplace(pending.original->tag, key.second);
  }
  // A transaction that resumes may end others that wait here, so remove them one at a time.
  while (!pending.waits.empty()) {
    Wait& wait = *pending.waits.back();
    pending.waits.pop_back();
    wait.result_ = result;
    wait.done_ = true;
    wait.wakeup_.raise(net::Wakeup::kEncoded);
  }
  pending_.erase(key);
}

void FileEncodings::forget(Wait& wait) {
  if (wait.done_) return;
  for (auto& [key, pending] : pending_) std::erase(pending.waits, &wait);
}

}  // namespace tusk::server::answers
