// BootRequest: the request in which a resident script boots, and which it has between two requests
// of clients. No client has sent it and none gets its response.
//
// Owner: a ScriptLoop. Thread: the worker; the Exchange as its class says.
#pragma once

#include "exec/exchange.h"
#include "exec/executor.h"
#include "exec/reply.h"

namespace tusk::php::resident {

// A GET request for the script. No client has sent it.
class BootRequest {
 public:
  explicit BootRequest(const exec::PoolScripts& scripts);
  BootRequest(const BootRequest&) = delete;
  BootRequest& operator=(const BootRequest&) = delete;

  exec::Exchange& exchange() { return exchange_; }
  const exec::Job& job() const { return exchange_.job; }
  exec::Reply& reply() { return reply_; }

 private:
  exec::Exchange exchange_;
  exec::ReplyLimits limits_;
  exec::Reply reply_{exchange_, limits_};
};

// Makes `job` the request of warm_up for `page`, as the router would: a GET request from this
// machine that the resident script answers.
void fill_warm_up_job(exec::Job& job, const exec::PoolScripts& scripts,
                      const exec::WarmUpPage& page);

}  // namespace tusk::php::resident
