#include "exec/observation/request_event.h"

namespace tusk::exec::observation {

void note_request_event(const Job& job, observe::Event event) noexcept {
  const http::RequestId id = job.id();
  event.request_id = id.view();
  event.method = job.view(job.head.method);
  event.host = job.view(job.head.authority);
  event.path = job.view(job.head.path);
  event.script = job.view(job.script_filename);
  observe::note_event(event);
}

}  // namespace tusk::exec::observation
