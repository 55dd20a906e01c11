// Request stages: the list of steps that a request passes before it is answered, with the reason
// for their order. A Transaction walks the list of its listener.
//
// A stage runs at one or more moments:
//   on_head      when the request's head is there: may refuse the request before its body is read
//   on_request   when the request is complete: may settle its answer, which ends the walk
//   on_response  when a response's head is about to be sent: may change it
//
// To add a stage, add a line to the list in request_stages.cc; a field that every response must
// carry needs one in both lists there. The router has its own list (site/document_router.h), and
// docs/routing.md shows it in the place of the stage `route`.
//
// Thread: any; constants. The loop's thread runs the stages.
#pragma once

#include <span>
#include <string_view>

#include "base/task.h"
#include "http/response.h"

namespace tusk::server {

struct ActiveRequest;

// Sends the answer. True: all of it was sent.
using Answer = base::Task<bool> (*)(ActiveRequest& request);

struct Stage {
  std::string_view name;
  std::string_view what;
  std::string_view why_here;
  // 0: the request passes. Otherwise the status to refuse it with.
  int (*on_head)(ActiveRequest& request) = nullptr;
  // Null: the request passes.
  Answer (*on_request)(ActiveRequest& request) = nullptr;
  void (*on_response)(ActiveRequest& request, http::ResponseHead& response) = nullptr;
};

// The stages of a site: scripts and files.
std::span<const Stage> site_stages();
// The stages of the internal server, whose answers are texts that are made at once.
std::span<const Stage> internal_stages();

// Walks the stages of a complete request, up to the first that settles its answer.
Answer choose_answer(std::span<const Stage> stages, ActiveRequest& request);
// The same for the head of a request. 0: it passes all of them.
int check_head(std::span<const Stage> stages, ActiveRequest& request);

}  // namespace tusk::server
