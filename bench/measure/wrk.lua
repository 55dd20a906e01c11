-- Prints the result of a run as one line that a program can read. There is no callback per request
-- or response here: wrk itself must stay fast.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'result {"requests": %d, "duration_us": %d, "bytes": %d, "p50_us": %d, "p99_us": %d, ' ..
    '"max_us": %d, "errors": {"connect": %d, "read": %d, "write": %d, "status": %d, ' ..
    '"timeout": %d}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50.0),
    latency:percentile(99.0), latency.max, errors.connect, errors.read, errors.write,
    errors.status, errors.timeout))
end
