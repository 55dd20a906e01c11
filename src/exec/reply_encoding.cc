#include "exec/reply_encoding.h"

#include "exec/coding_label.h"
#include "http/coding/response_fields.h"

namespace tusk::exec {

namespace {

namespace coding = http::coding;
using http::ContentCoding;

// How much of a body's memory is kept for the next one.
constexpr std::size_t kKeptBytes = 512 * 1024;

constexpr int kOk = 200;
constexpr int kNotModified = 304;

std::string_view method_of(const Exchange& exchange) {
  return exchange.job.view(exchange.job.head.method);
}

}  // namespace

std::uint64_t ReplyEncoding::bytes_to_gather(const Exchange& exchange) const {
  if (!enabled()) return 0;
  const coding::ResponseFacts facts = coding::facts_of(exchange.head);
  if (!facts.may_be_encoded || !policy_.takes(facts.content_type)) return 0;
  if (facts.length.value_or(0) > policy_.max_bytes) return 0;
  const auto accepted = http::AcceptEncoding::of(exchange.job.head);
  return accepted.choose(policy_.scripts) == ContentCoding::kIdentity ? 0 : policy_.max_bytes;
}

void ReplyEncoding::encode_whole(Exchange& exchange) {
  if (!enabled()) return;
  http::ResponseHead& head = exchange.head;
  // A script makes no body for HEAD; only the script could say how long the body of GET would be.
  const bool head_request = method_of(exchange) == "HEAD";
  if (head.status == kNotModified) return mark_not_modified(exchange);
  if (!head_request && !policy_.has_right_size(exchange.tail.size())) return;
  const coding::ResponseFacts facts = coding::facts_of(head);
  if (!facts.may_be_encoded || !policy_.takes(facts.content_type)) return;
  const bool right_size = !head_request || (facts.length && policy_.has_right_size(*facts.length));
  if (facts.length && !right_size) return;

  const ContentCoding chosen = http::AcceptEncoding::of(exchange.job.head).choose(policy_.scripts);
  if (chosen == ContentCoding::kIdentity) return coding::add_vary(head);
  // The client has this response. A script that compares tags as text does not recognise the
  // weakened tag as its own, so the comparison that the script intended is done here.
  if (head.status == kOk && (head_request || method_of(exchange) == "GET") &&
      coding::asks_for_weakened(exchange.job.head, facts.entity_tag)) {
    head.status = kNotModified;
    head.reason.clear();
    exchange.tail.clear();
    coding::weaken_entity_tag(head);
    return coding::add_vary(head);
  }
  if (!head_request) return encode_tail(exchange, chosen);
  if (right_size) return coding::mark_as_encoded(head, chosen);
  // Whether the body of GET would be encoded is known only once it is made (RFC 9110 §9.3.2).
  coding::weaken_entity_tag(head);
  coding::add_vary(head);
}

void ReplyEncoding::encode_tail(Exchange& exchange, ContentCoding chosen) {
  spare_.clear();
  const bool encoded = encoder_.encode(chosen, exchange.tail, spare_);
  // A body that does not get smaller is sent as it is.
  if (encoded && spare_.size() < exchange.tail.size()) {
    const observe::Coding label = metric_label(chosen);
    note_begun(exchange, label);
    note_encoded(exchange, exchange.tail.size(), spare_.size());
    exchange.tail.swap(spare_);
    if (exchange.tail.capacity() > kKeptBytes) exchange.tail.shrink_to_fit();
    coding::mark_as_encoded(exchange.head, chosen);
  } else {
    coding::add_vary(exchange.head);
  }
  recycle();
}

// A 304 has the same tag as the 200 (RFC 9110 §15.4.5).
void ReplyEncoding::mark_not_modified(Exchange& exchange) const {
  http::ResponseHead& head = exchange.head;
  if (!coding::asks_for_weakened(exchange.job.head, head.find("ETag"))) return;
  coding::weaken_entity_tag(head);
  coding::add_vary(head);
}

bool ReplyEncoding::begin_stream(Exchange& exchange) {
  if (!enabled() || policy_.stream_types.empty()) return false;
  const coding::ResponseFacts facts = coding::facts_of(exchange.head);
  if (!facts.may_be_encoded || !policy_.takes_stream(facts.content_type)) return false;
  const ContentCoding chosen = http::AcceptEncoding::of(exchange.job.head).choose(policy_.scripts);
  if (chosen == ContentCoding::kIdentity || !encoder_.begin(chosen)) {
    coding::add_vary(exchange.head);
    return false;
  }
  coding::mark_as_encoded(exchange.head, chosen);
  note_begun(exchange, metric_label(chosen));
  return method_of(exchange) != "HEAD";
}

bool ReplyEncoding::encode_piece(Exchange& exchange, coding::Step step) {
  spare_.clear();
  bool encoded = encoder_.append(exchange.tail, spare_);
  if (encoded && step == coding::Step::kFlush) encoded = encoder_.flush(spare_);
  if (encoded && step == coding::Step::kFinish) encoded = encoder_.finish(spare_);
  note_encoded(exchange, exchange.tail.size(), spare_.size());
  exchange.tail.swap(spare_);
  if (!encoded) exchange.tail.clear();
  recycle();
  return encoded;
}

void ReplyEncoding::note_begun(Exchange& exchange, observe::Coding coding) {
  exchange.compression = {.any = true, .coding = coding};
  metrics_.compression_begun(coding);
}

void ReplyEncoding::note_encoded(Exchange& exchange, std::size_t from, std::size_t to) {
  exchange.compression.from_bytes += from;
  exchange.compression.to_bytes += to;
  metrics_.compressed(exchange.compression.coding, from, to);
}

void ReplyEncoding::recycle() {
  if (spare_.capacity() > kKeptBytes) std::string().swap(spare_);
}

}  // namespace tusk::exec
