"""Spans that a collector gets by OTLP/HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.wait import wait_for

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """A fake one: keeps the spans, and answers with the next of `statuses`, or 200."""

    def __init__(self):
        self.spans, self.bodies, self.statuses, self.requests = [], [], [], []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = collector.statuses.pop(0) if collector.statuses else 200
                collector.requests.append((self.path, self.headers["Content-Type"], status))
                if status == 200:
                    collector.bodies.append(body)
                    for resource in body["resourceSpans"]:
                        for scope in resource["scopeSpans"]:
                            collector.spans += scope["spans"]
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/traces"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.close()


def attributes(span: dict) -> dict:
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


SCRIPTS = {"shop.php": "<?php echo $_SERVER['HTTP_TRACEPARENT'];", "fail.php": "<?php undefined();"}


def test_spans_of_a_request(start_tusk, make_root, collector):
    """Server, queue and PHP, nested in each other and in the caller's span; unsampled ones stay."""
    root = make_root(SCRIPTS)
    tusk = start_tusk(root, "--otlp-endpoint", collector.url, "--service-name", "shop")
    span_of_script = tusk.get(
        "/shop.php?secret=1", headers={"traceparent": f"00-{TRACE}-{CALLER}-01"}
    ).text.split("-")[2]
    tusk.get("/shop.php", headers={"traceparent": f"00-{'1' * 32}-{CALLER}-00"})
    tusk.get("/fail.php")
    wait_for(lambda: len(collector.spans) == 6, "six spans")
    assert collector.requests[0][:2] == ("/v1/traces", "application/json")
    resource = attributes(collector.bodies[0]["resourceSpans"][0]["resource"])
    assert resource["service.name"] == "shop" and resource["process.pid"] == str(tusk.pid)
    server, queue, php, failed = collector.spans[:4]
    assert server["traceId"] == queue["traceId"] == php["traceId"] == TRACE
    assert (server["name"], server["kind"], server["parentSpanId"]) == ("GET shop.php", 2, CALLER)
    assert server["spanId"] == queue["parentSpanId"] == php["parentSpanId"] == span_of_script
    assert (queue["name"], php["name"]) == ("queue", "php")
    times = [int(span[key]) for key in ("startTimeUnixNano", "endTimeUnixNano") for span in (server, queue, php)]
    assert times[0] <= times[1] <= times[4] == times[2] <= times[5] <= times[3]
    facts = attributes(server)
    assert facts["url.path"] == "/shop.php" and facts["http.response.status_code"] == "200"
    assert "secret" not in json.dumps(collector.spans)
    assert int(attributes(php)["tusk.memory_peak"]) > 0
    assert attributes(php)["code.file.path"] == f"{root}/shop.php"
    assert attributes(failed)["error.type"] == "500" and failed["status"] == {"code": 2}
    assert "parentSpanId" not in failed
    tusk.wait_for_metric(6, "tusk_trace_spans_exported_total")


def test_a_collector_that_is_down(start_tusk, make_root, collector):
    """Requests are answered; spans wait and are sent again, unless they are refused for good."""
    collector.statuses = [503, 503, 400]
    tusk = start_tusk(make_root(SCRIPTS), "--otlp-endpoint", collector.url)
    tusk.get("/shop.php")
    tusk.wait_for_metric(3, "tusk_trace_spans_dropped_total")
    tusk.get("/shop.php")
    wait_for(lambda: len(collector.spans) == 3, "the second request's spans")
    assert [status for _, _, status in collector.requests] == [503, 503, 400, 200]
    tusk.wait_for_log("the collector accepts spans again")
    assert tusk.log().count("cannot export spans") == 1
    collector.statuses = [503] * 100
    tusk.get("/shop.php")
    tusk.stop()
