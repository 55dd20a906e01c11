// ResidentDoctor: tells, in development, what grows or crosses from request to request of a
// resident script. It looks at PHP's state after each request and compares.
//
// Owner: the resident script's loop, if resident_doctor is on. Thread: its worker.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "php/request_context.h"
#include "php/resident/doctor/findings.h"
#include "php/resident/doctor/growth.h"
#include "php/resident/doctor/kept_values.h"
#include "php/resident/doctor/open_things.h"
#include "php/settings.h"

namespace tusk::php::resident::doctor {

// The first request of a script's life is what the others are compared with: it makes what is made
// once. Slow: each request waits for a run of PHP's garbage collector and a walk over everything
// that the application has.
class ResidentDoctor {
 public:
  explicit ResidentDoctor(const DoctorSettings& settings) : settings_(settings) {}

  // The handler is about to be called.
  void begin_request() noexcept;
  // It has ended, and what tusk puts back has been put back. A bailout does not leave this
  // function: bailout::BailoutRecord tells of it, and the script must end.
  void end_request(const RequestContext& context) noexcept;
  void end_script(const RequestContext& context) noexcept;

 private:
  void tell_request(const RequestContext& context) const;
  void count();
  void add_count(const std::string& what, std::uint64_t value);

  const DoctorSettings settings_;
  std::uint64_t requests_ = 0;  // of the script's life
  Findings findings_;
  KeptValues values_;
  OpenThings open_;
  std::map<std::string, SteadyGrowth> counts_;
};

}  // namespace tusk::php::resident::doctor
