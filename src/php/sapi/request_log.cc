#include "php/sapi/request_log.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tusk::php::sapi {

namespace {

using observe::Field;

constexpr std::size_t kOwnFields = 5;

// A list of limited length without memory of its own: PHP may leave a frame by longjmp.
class Fields {
 public:
  void add(const Field& field) {
    if (count_ < fields_.size()) fields_[count_++] = field;
  }
  std::span<const Field> view() const { return {fields_.data(), count_}; }

 private:
  static constexpr std::size_t kMost = kOwnFields + kMoreFields;

  std::array<Field, kMost> fields_ = filled(std::make_index_sequence<kMost>());
  std::size_t count_ = 0;

  template <std::size_t... kIndices>
  static std::array<Field, kMost> filled(std::index_sequence<kIndices...>) {
    return {((void)kIndices, Field("", 0))...};
  }
};

}  // namespace

void log_for_request(observe::Level level, std::string_view message, const RequestContext* context,
                     std::span<const observe::Field> more) noexcept {
  if (!observe::enabled(level)) return;
  Fields fields;
  for (const Field& field : more.first(std::min(more.size(), kMoreFields))) fields.add(field);
  if (context == nullptr) return observe::log(level, message, fields.view());
  const exec::Job& job = *context->job;
  const http::RequestId id = job.id();
  const auto trace_id = http::trace_id_text(job.trace);
  const auto span_id = http::span_id_text(job.trace.span);
  fields.add({"request", job.request_id});
  fields.add({"request_id", id.view()});
  if (job.trace.on()) {
    fields.add({"trace_id", std::string_view(trace_id.data(), trace_id.size())});
    fields.add({"span_id", std::string_view(span_id.data(), span_id.size())});
  }
  fields.add({"script", job.view(job.script_filename)});
  observe::log(level, message, fields.view());
}

}  // namespace tusk::php::sapi
