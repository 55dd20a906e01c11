// The list of metrics. Storage, /metrics and docs/metrics.md are generated from it.
//
// Thread: any (constants only).
//
// To add a metric: add a line to TUSK_METRICS, count it (in MetricsShard if threads count it, else
// in Gauges; Metrics::publish then has to pass it to other processes), and regenerate
// docs/metrics.md (the failing test says how).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/tls_version.h"
#include "observe/histogram_bounds.h"
#include "observe/scoreboard/opcache_use.h"
#include "observe/worker_labels.h"

namespace tusk::observe {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

// Where the value comes from at a scrape.
enum class MetricSource : std::uint8_t {
  kShards,   // the sum over all MetricsShards
  kGauges,   // what each process publishes, and the scoreboard
  kProcess,  // the kernel
  kBuild,    // BuildInfo
};

// Up to two label names and their possible values. Without values, only the source knows names and
// values, and the name here is for the reference.
struct Labels {
  std::string_view name;
  std::span<const std::string_view> values;
  std::string_view name2;
  std::span<const std::string_view> values2;

  constexpr std::size_t series() const noexcept {
    return (values.empty() ? 1 : values.size()) * (values2.empty() ? 1 : values2.size());
  }
};

// The source of the response: a PHP script, a file, or neither (an error or redirect of the
// server). Admin pages are not counted.
enum class AnsweredBy : std::uint8_t { kPhp, kStatic, kNone };
inline constexpr std::string_view kAnsweredBy[] = {"php", "static", "none"};

// Why a response was closed whose client takes it too slowly: its worker was needed, the client's
// responses hold too much, all responses together do (exec::WaitReason), or it was below the
// minimum rate while the store was scarce.
enum class Closed : std::uint8_t { kWorkers, kClientShare, kStoreFull, kSlow };
inline constexpr std::string_view kClosedReasons[] = {"workers", "client_share", "store_full",
                                                      "slow"};

// Why a connection was closed at once: there are too many, its client has too many, or it sent no
// valid PROXY header.
enum class Refusal : std::uint8_t { kFull, kClient, kProxyHeader };
inline constexpr std::string_view kRefusals[] = {"full", "client", "proxy_header"};

// Content codings, by their names in HTTP.
enum class Coding : std::uint8_t { kGzip, kBrotli, kZstd };
inline constexpr std::string_view kCodings[] = {"gzip", "br", "zstd"};

// Why tusk ended a connection or a stream of HTTP/2: the violations of http/h2/violation.h, and
// kStalled, where the client took nothing for write_timeout.
enum class Http2Violation : std::uint8_t {
  kResets,
  kContinuations,
  kHeaderList,
  kPings,
  kSettings,
  kPriorities,
  kWindowUpdates,
  kEmptyFrames,
  kUnknownFrames,
  kAcks,
  kProtocol,
  kStalled,
};
inline constexpr std::string_view kHttp2Violations[] = {
    "resets",         "continuations", "header_list",    "pings", "settings", "priorities",
    "window_updates", "empty_frames",  "unknown_frames", "acks",  "protocol", "stalled"};

using base::TlsVersion;
inline constexpr std::string_view kTlsVersions[] = {"1.2", "1.3"};
inline constexpr std::string_view kTlsResumed[] = {"no", "yes"};

// Why a handshake failed, in the order of the enumerators: the client sent plain HTTP; shares no
// version, cipher or protocol (ALPN) with us; has no valid certificate; sent an alert, because it
// refused our certificate or gave up otherwise; closed the connection; left before anything was
// computed; one client, or all, had too many handshakes; it took too long; anything else.
enum class TlsFailure : std::uint8_t {
  kPlainHttp,
  kVersion,
  kCipher,
  kProtocol,
  kClientCertificate,
  kAlert,
  kClosed,
  kAbandoned,
  kRefused,
  kTimeout,
  kOther,
};
inline constexpr std::string_view kTlsFailureReasons[] = {
    "plain_http", "version", "cipher",  "protocol", "client_certificate", "alert", "closed",
    "abandoned",  "refused", "timeout", "other"};

enum class TlsReload : std::uint8_t { kDone, kRefused };
inline constexpr std::string_view kTlsReloadResults[] = {"done", "refused"};

enum class ReloadResult : std::uint8_t { kDone, kFailed, kInPlace };
inline constexpr std::string_view kReloadResults[] = {"done", "failed", "in_place"};

// Why a server process was replaced by another one although it served.
enum class ProcessRecycling : std::uint8_t { kMemory, kAge, kLostWorkers, kRestarts, kPreloaded };
inline constexpr std::string_view kProcessRecyclings[] = {"memory", "age", "lost_workers",
                                                          "opcache_restarts", "preloaded_code"};

// How a server process has ended: after a drain, with an exit status of its own or by a signal
// although nobody had asked, or by the supervisor because it did not end in time.
enum class ProcessExit : std::uint8_t { kDrained, kExit, kSignal, kKilled };
inline constexpr std::string_view kProcessExitReasons[] = {"drained", "exit", "signal", "killed"};

// The phases of a server process, in the order of ProcessPhase without kNone (process_facts.h).
inline constexpr std::string_view kProcessPhases[] = {"starting", "serving", "draining"};

// The labels of BodiesHeld, in its order.
inline constexpr std::string_view kBodies[] = {"request", "response"};
inline constexpr std::string_view kPlaces[] = {"memory", "disk"};

inline constexpr std::string_view kStatusClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};

// The status that answered a request which could not be parsed.
inline constexpr std::string_view kParseStatuses[] = {"400", "408", "411", "413", "414",
                                                      "417", "431", "501", "505", "other"};

inline constexpr Labels kUnlabelled{};
inline constexpr Labels kByAnswererAndClass{"handler", kAnsweredBy, "class", kStatusClasses};
inline constexpr Labels kByReason{"reason", kRejections, {}, {}};
inline constexpr Labels kByRefusal{"reason", kRefusals, {}, {}};
inline constexpr Labels kByRestartReason{"reason", kOpcacheRestartReasons, {}, {}};
inline constexpr Labels kByMemoryState{"state", kMemoryStates, {}, {}};
inline constexpr Labels kByBufferState{"state", kBufferStates, {}, {}};
inline constexpr Labels kByClosed{"reason", kClosedReasons, {}, {}};
inline constexpr Labels kByCoding{"coding", kCodings, {}, {}};
inline constexpr Labels kByParseStatus{"status", kParseStatuses, {}, {}};
inline constexpr Labels kByViolation{"violation", kHttp2Violations, {}, {}};
inline constexpr Labels kByTlsVersion{"version", kTlsVersions, "resumed", kTlsResumed};
inline constexpr Labels kByTlsFailure{"reason", kTlsFailureReasons, {}, {}};
inline constexpr Labels kByTlsReload{"result", kTlsReloadResults, {}, {}};
inline constexpr Labels kByBodyAndPlace{"body", kBodies, "place", kPlaces};
inline constexpr Labels kByReload{"result", kReloadResults, {}, {}};
inline constexpr Labels kByProcessRecycling{"reason", kProcessRecyclings, {}, {}};
inline constexpr Labels kByWorkerRecycling{"reason", kWorkerRecyclings, {}, {}};
inline constexpr Labels kByProcessExit{"reason", kProcessExitReasons, {}, {}};
inline constexpr Labels kByProcessPhase{"phase", kProcessPhases, {}, {}};
inline constexpr Labels kByWorkerState{"state", kWorkerStateNames, {}, {}};
inline constexpr Labels kByPool{"pool", {}, {}, {}};
inline constexpr Labels kByPoolAndReason{"pool", {}, "reason", kRejections};
inline constexpr Labels kByPoolAndState{"pool", {}, "state", kWorkerStateNames};
inline constexpr Labels kByPoolAndRecycling{"pool", {}, "reason", kWorkerRecyclings};
inline constexpr Labels kByPoolAndResizing{"pool", {}, "change", kPoolResizings};
inline constexpr Labels kByBuild{"version, php_version, executor", {}, {}, {}};

// X(id, type, source, labels, name, help)
// clang-format off
#define TUSK_METRICS(X)                                                                             \
  X(kRequests, kCounter, kShards, kByAnswererAndClass, "tusk_requests_total",                        \
    "Requests answered, by what answered them and by status class.")                                \
  X(kRequestDuration, kHistogram, kShards, kUnlabelled, "tusk_request_duration_seconds",            \
    "Time from a request's first byte to the last byte of its response.")                           \
  X(kQueueWait, kHistogram, kShards, kUnlabelled, "tusk_queue_wait_seconds",                        \
    "Time a request waited for a PHP worker.")                                                      \
  X(kQueueDepth, kGauge, kGauges, kUnlabelled, "tusk_queue_depth",                                  \
    "Requests waiting for a PHP worker now.")                                                       \
  X(kQueueCapacity, kGauge, kGauges, kUnlabelled, "tusk_queue_capacity",                            \
    "Requests that may wait; further ones are answered with 503.")                                       \
  X(kQueueStalled, kGauge, kGauges, kUnlabelled, "tusk_queue_stalled_seconds",                      \
    "How long no PHP worker has taken a waiting request, once that exceeds stall_timeout; else 0.")    \
  X(kQueueRejected, kCounter, kShards, kByReason, "tusk_queue_rejected_total",                      \
    "Requests for scripts answered with 503: the queue was full, they would have waited too long, they waited too long, or their client had caused too many lost workers.") \
  X(kBodiesHeld, kGauge, kGauges, kByBodyAndPlace, "tusk_bodies_held_bytes",                        \
    "Bytes of request bodies not yet answered and of response bodies not yet sent (from 16 KiB).")   \
  X(kWorkers, kGauge, kGauges, kByWorkerState, "tusk_workers",                                      \
    "PHP workers, by what they are doing now.")                                                     \
  X(kWorkerRestarts, kCounter, kShards, kUnlabelled, "tusk_worker_restarts_total",                  \
    "PHP workers that were replaced.")                                                              \
  X(kRecycledWorkers, kCounter, kShards, kByWorkerRecycling, "tusk_recycled_workers_total",         \
    "PHP workers that were replaced because of worker_max_requests or worker_memory_limit.")        \
  X(kPoolQueueDepth, kGauge, kGauges, kByPool, "tusk_pool_queue_depth",                             \
    "Requests waiting for a worker of a pool now.")                                                 \
  X(kPoolQueueCapacity, kGauge, kGauges, kByPool, "tusk_pool_queue_capacity",                       \
    "Requests that may wait for a worker of a pool.")                                               \
  X(kPoolQueueRejected, kCounter, kGauges, kByPoolAndReason, "tusk_pool_queue_rejected_total",      \
    "Requests of a pool answered with 503, as tusk_queue_rejected_total.")                          \
  X(kPoolWorkers, kGauge, kGauges, kByPoolAndState, "tusk_pool_workers",                            \
    "Workers of a pool, by what they are doing now.")                                               \
  X(kPoolRequestsRun, kCounter, kGauges, kByPool, "tusk_pool_requests_total",                       \
    "Requests that workers of a pool have begun to run.")                                           \
  X(kPoolRecycledWorkers, kCounter, kGauges, kByPoolAndRecycling, "tusk_pool_recycled_workers_total", \
    "Workers of a pool that were replaced because of its limits of requests or memory.")            \
  X(kPoolBootsDone, kCounter, kGauges, kByPool, "tusk_pool_boots_total",                            \
    "Times the resident script of a pool has booted.")                                              \
  X(kPoolBootsFailed, kCounter, kGauges, kByPool, "tusk_pool_boot_failures_total",                  \
    "Times the resident script of a pool has ended before it asked for a request.")                 \
  X(kPoolProcessCpu, kCounter, kGauges, kByPool, "tusk_pool_process_cpu_seconds_total",             \
    "CPU time of a pool's PHP hosts and worker processes, user and system, to within a second of those that have ended; 0 if its workers are threads.") \
  X(kPoolResizes, kCounter, kGauges, kByPoolAndResizing, "tusk_pool_resizes_total",                 \
    "Workers that a pool has added because requests waited, and retired because it needs them no more.") \
  X(kPhpFatalErrors, kCounter, kShards, kUnlabelled, "tusk_php_fatal_errors_total",                 \
    "Scripts that ended in a fatal error or an uncaught exception.")                                \
  X(kPhpAbandonedLibraries, kCounter, kShards, kUnlabelled, "tusk_php_abandoned_libraries_total",   \
    "Scripts that ended inside a C library, whose allocations are then leaked.")         \
  X(kPhpCrashes, kCounter, kShards, kUnlabelled, "tusk_php_crashes_total",                          \
    "Scripts that crashed; each ended its worker, but not the server.")                      \
  X(kPhpDuration, kHistogram, kShards, kUnlabelled, "tusk_php_duration_seconds",                    \
    "Time a PHP worker spent on a request, without waiting for its client.")                        \
  X(kPhpCpu, kHistogram, kShards, kUnlabelled, "tusk_php_cpu_seconds",                              \
    "CPU time of a PHP worker for a request.")                                                      \
  X(kPhpMemoryPeak, kHistogram, kShards, kUnlabelled, "tusk_php_memory_peak_bytes",                 \
    "Most memory that a request's script has used, as memory_get_peak_usage(true) has it.")         \
  X(kOpcacheRestarts, kCounter, kShards, kByRestartReason, "tusk_opcache_restarts_total",           \
    "Times OPcache was emptied and restarted: full, too many keys, or opcache_reset().")            \
  X(kOpcacheRestartsPutOff, kCounter, kShards, kUnlabelled, "tusk_opcache_restarts_put_off_total",  \
    "Times a restart of OPcache was postponed because scripts ran too long.")                         \
  X(kOpcachePending, kGauge, kGauges, kUnlabelled, "tusk_opcache_restart_pending",                  \
    "1 while OPcache is off because its restart waits for scripts to end.")            \
  X(kOpcacheMemory, kGauge, kGauges, kByMemoryState, "tusk_opcache_memory_bytes",                   \
    "Memory of OPcache. Of several server processes, as in the next five, the one with the fullest is shown.") \
  X(kOpcacheStrings, kGauge, kGauges, kByBufferState, "tusk_opcache_interned_strings_bytes",        \
    "Memory of OPcache's interned strings.")                                                        \
  X(kOpcacheScripts, kGauge, kGauges, kUnlabelled, "tusk_opcache_scripts",                          \
    "Scripts in OPcache.")                                                                          \
  X(kOpcacheKeys, kGauge, kGauges, kUnlabelled, "tusk_opcache_keys",                                \
    "Keys in OPcache: paths by which its scripts are known.")                                       \
  X(kOpcacheMaxKeys, kGauge, kGauges, kUnlabelled, "tusk_opcache_max_keys",                         \
    "Keys for which OPcache has room.")                                                             \
  X(kJitBuffer, kGauge, kGauges, kByBufferState, "tusk_jit_buffer_bytes",                           \
    "Memory for machine code of the JIT compiler; 0 while it is off.")                              \
  X(kOpcacheHits, kCounter, kShards, kUnlabelled, "tusk_opcache_hits_total",                        \
    "Scripts that were found in OPcache, as OPcache counts them.")                                  \
  X(kOpcacheMisses, kCounter, kShards, kUnlabelled, "tusk_opcache_misses_total",                    \
    "Scripts that were not in OPcache and had to be compiled.")                                     \
  X(kRealpathBytes, kGauge, kShards, kUnlabelled, "tusk_realpath_cache_bytes",                      \
    "Memory of PHP's realpath caches; each worker has one.")                                        \
  X(kRealpathEntries, kGauge, kShards, kUnlabelled, "tusk_realpath_cache_entries",                  \
    "Paths in PHP's realpath caches.")                                                              \
  X(kRealpathMaxBytes, kGauge, kShards, kUnlabelled, "tusk_realpath_cache_max_bytes",               \
    "Memory that PHP's realpath caches may take: realpath_cache_size for each worker that has run a script.") \
  X(kFileCacheEntries, kGauge, kShards, kUnlabelled, "tusk_file_cache_entries",                     \
    "Paths that the file cache remembers.")                                                         \
  X(kFileCacheBytes, kGauge, kShards, kUnlabelled, "tusk_file_cache_bytes",                         \
    "Memory of the file cache.")                                                                    \
  X(kFileCacheDescriptors, kGauge, kShards, kUnlabelled, "tusk_file_cache_descriptors",             \
    "Files that the file cache keeps open.")                                                        \
  X(kFileCacheHits, kCounter, kShards, kUnlabelled, "tusk_file_cache_hits_total",                   \
    "Lookups that the file cache answered, perhaps after a check that nothing has changed.")        \
  X(kFileCacheMisses, kCounter, kShards, kUnlabelled, "tusk_file_cache_misses_total",               \
    "Lookups of paths in the file system.")                                                         \
  X(kFileCacheEvictions, kCounter, kShards, kUnlabelled, "tusk_file_cache_evictions_total",         \
    "Paths that the file cache forgot to make room for others.")                                    \
  X(kRateLimited, kCounter, kShards, kUnlabelled, "tusk_rate_limited_total",                        \
    "Requests answered with 429, because their client exceeds rate_limit.")                         \
  X(kActiveConnections, kGauge, kShards, kUnlabelled, "tusk_active_connections",                        \
    "Client connections open now.")                                                                 \
  X(kConnections, kCounter, kShards, kUnlabelled, "tusk_connections_total",                         \
    "Client connections accepted.")                                                                 \
  X(kConnectionsRefused, kCounter, kShards, kByRefusal, "tusk_connections_refused_total",           \
    "Client connections closed at once: too many, too many of one client, or without a valid PROXY header.") \
  X(kHttp2Connections, kCounter, kShards, kUnlabelled, "tusk_http2_connections_total",               \
    "Client connections that spoke HTTP/2.")                                                        \
  X(kHttp2Violated, kCounter, kShards, kByViolation, "tusk_http2_violations_total",                  \
    "HTTP/2 connections (stalled: or streams) ended by the server for floods, attacks or protocol errors.") \
  X(kTlsConnectionsOpen, kGauge, kShards, kUnlabelled, "tusk_tls_connections_open",                 \
    "Client connections open now whose TLS handshake is done.")                                     \
  X(kTlsHandshakes, kCounter, kShards, kByTlsVersion, "tusk_tls_handshakes_total",                  \
    "TLS handshakes done, by version, and whether they resumed a session.")                         \
  X(kTlsFailures, kCounter, kShards, kByTlsFailure, "tusk_tls_handshake_failures_total",            \
    "TLS handshakes that failed, by what was wrong.")                                               \
  X(kTlsHandshakesWaiting, kGauge, kShards, kUnlabelled, "tusk_tls_handshakes_waiting",             \
    "TLS handshakes that wait for the server to compute their next step.")                 \
  X(kTlsAcceptPauses, kCounter, kShards, kUnlabelled, "tusk_tls_accept_pauses_total",               \
    "Times accepting TLS connections was paused because tls_max_handshakes of them waited.")           \
  X(kTlsReloads, kCounter, kShards, kByTlsReload, "tusk_tls_reloads_total",                         \
    "Times changed certificate files were loaded, or refused because they are invalid.") \
  X(kTlsExpiry, kGauge, kGauges, kUnlabelled, "tusk_tls_certificate_expiry_seconds",                \
    "When the first certificate in use expires, in seconds since 1970; 0 without certificates.")  \
  X(kConnectionsShed, kCounter, kShards, kUnlabelled, "tusk_connections_shed_total",                \
    "Idle client connections that were closed to make room for others.")     \
  X(kBytesReceived, kCounter, kShards, kUnlabelled, "tusk_received_bytes_total",                    \
    "Bytes read from client connections.")                                                          \
  X(kBytesSent, kCounter, kShards, kUnlabelled, "tusk_sent_bytes_total",                            \
    "Bytes written to client connections.")                                                         \
  X(kResponsesAborted, kCounter, kShards, kUnlabelled, "tusk_responses_aborted_total",              \
    "Responses cut off because the client left or the script ran out of time.")                                                  \
  X(kResponsesClosed, kCounter, kShards, kByClosed, "tusk_responses_closed_total",                  \
    "Responses closed because their clients read too slowly while others needed the resources.")   \
  X(kCompressions, kCounter, kShards, kByCoding, "tusk_compressions_total",                           \
    "Bodies that were compressed, by coding.")                                                      \
  X(kCompressionInput, kCounter, kShards, kByCoding, "tusk_compression_input_bytes_total",          \
    "Bytes before compression, by coding.")                                                       \
  X(kCompressionOutput, kCounter, kShards, kByCoding, "tusk_compression_output_bytes_total",        \
    "Bytes after compression, by coding.")                                                           \
  X(kParseErrors, kCounter, kShards, kByParseStatus, "tusk_parse_errors_total",                     \
    "Requests refused before they were parsed, by the status of the answer.")         \
  X(kLogLinesDropped, kCounter, kShards, kUnlabelled, "tusk_log_lines_dropped_total",              \
    "Log and access log lines lost: not read fast enough, or their file could not be written.")     \
  X(kSpansExported, kCounter, kShards, kUnlabelled, "tusk_trace_spans_exported_total",              \
    "Spans of traces that the collector has accepted.")                                             \
  X(kSpansDropped, kCounter, kShards, kUnlabelled, "tusk_trace_spans_dropped_total",                \
    "Spans of traces lost: too many waited, or the collector did not accept them.")                 \
  X(kGeneration, kGauge, kGauges, kUnlabelled, "tusk_generation",                                   \
    "Number of the newest generation of server processes: 1 at the start, one more for each reload.") \
  X(kProcesses, kGauge, kGauges, kByProcessPhase, "tusk_processes",                                 \
    "Server processes, by whether they start, serve or drain.")                                     \
  X(kReloads, kCounter, kShards, kByReload, "tusk_reloads_total",                                   \
    "Reloads: done, when a new generation serves; failed, when the one before goes on; in_place, when the server processes took the new values over.") \
  X(kProcessExits, kCounter, kShards, kByProcessExit, "tusk_process_exits_total",                   \
    "Server processes that have ended: after a drain, unasked with a status or by a signal, or killed because they did not end in time.") \
  X(kRecycledProcesses, kCounter, kShards, kByProcessRecycling, "tusk_recycled_processes_total",    \
    "Server processes that were replaced because they reached a limit of process_memory_limit, process_max_age and so on.") \
  X(kProcessCpu, kCounter, kProcess, kUnlabelled, "process_cpu_seconds_total",                      \
    "CPU time of all server processes, PHP hosts and worker processes, user and system, with those that have ended.") \
  X(kProcessMemory, kGauge, kProcess, kUnlabelled, "process_resident_memory_bytes",                 \
    "Resident memory of all server processes, which counts in each if they share it, and of PHP hosts and worker processes, which counts once if these share it.") \
  X(kProcessFds, kGauge, kProcess, kUnlabelled, "process_open_fds",                                 \
    "File descriptors open in all server processes.")                                               \
  X(kProcessMaxFds, kGauge, kProcess, kUnlabelled, "process_max_fds",                               \
    "File descriptors one server process may open.")                                                \
  X(kProcessStart, kGauge, kProcess, kUnlabelled, "process_start_time_seconds",                     \
    "When tusk started, in seconds since 1970; crashes and reloads do not change it.")              \
  X(kInfo, kGauge, kBuild, kByBuild, "tusk_info",                                                   \
    "Always 1; the labels say which tusk, which PHP and which executor run.")
// clang-format on

enum class Metric : std::uint8_t {
#define TUSK_METRIC_ID(id, type, source, labels, name, help) id,
  TUSK_METRICS(TUSK_METRIC_ID)
#undef TUSK_METRIC_ID
};

struct MetricSpec {
  Metric id;
  MetricType type;
  MetricSource source;
  Labels labels;
  std::string_view name;
  std::string_view help;
};

inline constexpr MetricSpec kMetrics[] = {
#define TUSK_METRIC_SPEC(id, type, source, labels, name, help) \
  {Metric::id, MetricType::type, MetricSource::source, labels, name, help},
    TUSK_METRICS(TUSK_METRIC_SPEC)
#undef TUSK_METRIC_SPEC
};

constexpr const MetricSpec& spec_of(Metric metric) noexcept {
  return kMetrics[static_cast<std::size_t>(metric)];
}

// The histogram's unit, and the upper bounds of its buckets.
constexpr HistogramUnit unit_of(Metric histogram) noexcept {
  return histogram == Metric::kPhpMemoryPeak ? HistogramUnit::kBytes : HistogramUnit::kSeconds;
}

constexpr std::span<const std::uint64_t> bounds_of(Metric histogram) noexcept {
  if (unit_of(histogram) == HistogramUnit::kBytes) return kMemoryBounds_bytes;
  return kBucketBounds_ns;
}

// The first slot in a shard of a counter or a counted gauge.
constexpr std::size_t slot_of(Metric metric) noexcept {
  std::size_t slot = 0;
  for (const MetricSpec& spec : kMetrics) {
    if (spec.id == metric) break;
    const bool counted = spec.source == MetricSource::kShards;
    if (counted && spec.type != MetricType::kHistogram) slot += spec.labels.series();
  }
  return slot;
}

constexpr std::size_t histogram_of(Metric metric) noexcept {
  std::size_t index = 0;
  for (const MetricSpec& spec : kMetrics) {
    if (spec.id == metric) break;
    if (spec.type == MetricType::kHistogram) ++index;
  }
  return index;
}

// kInfo is the last metric and has no slot, so its "first slot" is the number of slots.
inline constexpr std::size_t kSlots = slot_of(Metric::kInfo);
inline constexpr std::size_t kHistograms = histogram_of(Metric::kInfo);

}  // namespace tusk::observe
