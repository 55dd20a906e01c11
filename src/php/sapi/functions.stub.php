<?php
// The PHP functions that tusk adds. This file is the contract: functions.cc implements it, and a
// test compares both by reflection. It is never executed.

/**
 * Writes a line to the server's log, with the request's id and its script.
 *
 * With log_format = json the line is an object whose member "context" has the values of $context;
 * as text it ends with context={…}. Levels below log_level are not written.
 *
 * Values of $context that are no scalars or arrays are written as the name of their type; an
 * exception as its class, message, code, file and line; a case of an enumeration as its value. No
 * code of the script is run. At most 8 KiB of $context, 8 levels of arrays and 2 KiB of a string
 * are written, and at most 16 KiB of $message; "…" marks what was left out. Nothing of the request
 * is added by itself but its id, its trace and its script.
 *
 * @param int|string $level a level of PSR-3 ("emergency", "alert", "critical", "error", "warning",
 *     "notice", "info", "debug"), or one of PHP's constants LOG_EMERG to LOG_DEBUG.
 * @throws ValueError if $level is none of them.
 */
function tusk_log(int|string $level, string $message, array $context = []): void {}

/**
 * Finishes the response: the client gets all of it now, and the script continues.
 *
 * Output buffers are flushed, the session is written and closed (so the visitor's next request
 * does not wait for this one), and header and body are sent. Later output of the script is
 * discarded; header() only raises a warning, as after any output. The worker stays busy until the
 * script ends. REQUEST_TIMEOUT no longer applies, max_execution_time does.
 *
 * @return bool true; false if the response was finished before.
 */
function tusk_finish_request(): bool {}

/**
 * The same, under the name that PHP-FPM uses.
 */
function fastcgi_finish_request(): bool {}

/**
 * Sends an interim response "103 Early Hints" (RFC 8297): fields that the final response will
 * have, so that a client can fetch what it will need while the script is still running.
 *
 * May be called several times, until the header is sent. The fields are not added to the final
 * response. A client that speaks HTTP/1.0 gets none.
 *
 * @param string|array $headers one field line or several, such as
 *     "Link: </style.css>; rel=preload; as=style".
 * @return bool false if the header of the response is sent already.
 * @throws ValueError if a line is not a header field.
 */
function tusk_early_hints(string|array $headers): bool {}

/**
 * Sends the header now. With an interim status (103), the fields set so far by header() are sent
 * as an interim response, and stay for the final one; otherwise the header of the response is
 * sent with this status.
 *
 * @return int 0, or -1 if the header of the response is sent already.
 * @throws ValueError if $status is not a status, or 101.
 */
function headers_send(int $status = 200): int {}

/**
 * Returns all fields of the request's header. Names have the usual capitals ("X-Request-Id"); the
 * values of a repeated field are joined by commas.
 *
 * @return array<string, string>
 */
function getallheaders(): array {}

/**
 * An alias of getallheaders().
 */
function apache_request_headers(): array {}

/**
 * Returns the fields that the response has so far. If a field is repeated, its last value.
 *
 * @return array<string, string>
 */
function apache_response_headers(): array {}

/**
 * Waits for a request, calls the handler, and ends the request. Only in a resident script.
 *
 * Superglobals, header, output, session and body are those of the request while the handler runs. An
 * exception that it does not catch, and exit(), end the request. A fatal error ends the script for
 * the request's client, and the script boots anew.
 *
 * @param callable $handler It gets no argument. Its result is not used.
 * @return bool False if the script must end: there is no further request for it.
 * @throws RuntimeException if the script is not resident, while a request is handled, or in a fiber.
 */
function tusk_handle_request(callable $handler): bool {}

/**
 * Waits for a request, for a script that answers it in its global scope:
 *
 *     while (tusk_next_request()) { require 'index.php'; }
 *
 * The call ends the request before. In a script that is not resident, the first call returns true
 * for the script's own request, and the next one false.
 *
 * @return bool False if the script must end: there is no further request for it.
 * @throws RuntimeException while tusk_handle_request() handles a request, or in a fiber.
 */
function tusk_next_request(): bool {}

/**
 * Registers a function that is called at the beginning of each request, after the worker has gone
 * back to the end of the boot: to open what a boot must not leave open, such as a connection.
 *
 * @return bool False where nothing goes back (the pool has no mode = "rewind"): the function is
 *     never called.
 */
function tusk_after_rewind(callable $callback): bool {}

/**
 * An alias of tusk_handle_request().
 */
function frankenphp_handle_request(callable $handler): bool {}

/**
 * An alias of tusk_finish_request().
 */
function frankenphp_finish_request(): bool {}

/**
 * An alias of getallheaders().
 */
function frankenphp_request_headers(): array {}

/**
 * An alias of apache_response_headers().
 */
function frankenphp_response_headers(): array {}

/**
 * Writes a line to the log, as tusk_log() does, with one of the levels of FrankenPHP.
 *
 * @param int $level FRANKENPHP_LOG_LEVEL_DEBUG (-4), _INFO (0), _WARN (4) or _ERROR (8); between two of
 *     them, the lower one.
 * @param array<string, mixed> $context
 */
function frankenphp_log(string $message, int $level = 0, array $context = []): void {}
