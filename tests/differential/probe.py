"""Probes: PHP files below probes/, each of which shows one behaviour, and the requests for it.

The comment on top of a file says what it proves. Lines of it that begin with a mark are requests:

    //> POST @/extra?a=1 HTTP/1.0    a request; @ is the probe's own URL. None at all: GET @
    //: X-Name: value                a header line of the request above
    //= text                         a line of its body; lines are joined by CRLF
    //form a=1&b=2                   a body of a form, with its Content-Type
    //+ name="f"; filename="a" [text/plain] = text     one part of a multipart form
    //! alone: reason                not for isolation_test.py, which sends it many times at once
    //! needs: php-8.4 bcmath gmp    left out if this PHP is older, or lacks one of the extensions

In all of them \\r \\n \\t \\0 \\xNN \\\\ stand for bytes, {x*N} for N times x, and {marker} for a
word that is different in each request of isolation_test.py. A folder named parts/ holds what
probes include, and no probes."""

import re
from dataclasses import dataclass, field
from pathlib import Path

PROBES = Path(__file__).resolve().parent / "probes"

MARKER = re.compile(rb"marker-[0-9]{8}")
LONE_MARKER = "marker-00000000"

_BOUNDARY = "probe-boundary"
_FORM = "application/x-www-form-urlencoded"
_PART = re.compile(r"(.*?)(?: \[(.*?)\])? =(?: (.*))?", re.S)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[rnt0\\])")
_REPEAT = re.compile(r"\{(.)\*(\d+)\}", re.S)
_ESCAPED = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


@dataclass
class Request:
    method: str = "GET"
    target: str = "@"
    version: str = "HTTP/1.1"
    fields: list = field(default_factory=list)  # (name, value)
    body: str | None = None

    def bytes(self, marker: str, decorate: bool) -> bytes:
        """Returns the request as it is sent. If decorated: with the marker in query string,
        cookie, header field and form, in addition to the probe's own data."""
        target, fields, body = self.target, list(self.fields), self.body
        if decorate:
            target += ("&" if "?" in target else "?") + f"marker={marker}"
            cookies = [value for name, value in fields if name.lower() == "cookie"]
            fields = [pair for pair in fields if pair[0].lower() != "cookie"]
            fields.append(("Cookie", "; ".join([*cookies, f"marker={marker}"])))
            fields.append(("X-Marker", marker))
            if body and self.method == "POST" and ("Content-Type", _FORM) in fields:
                body += f"&marker={marker}"
        names = {name.lower() for name, _ in fields}
        if "host" not in names:
            fields.insert(0, ("Host", "localhost"))
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            fields.append(("Content-Length", str(len(_to_bytes(body, marker)))))
        if "transfer-encoding" in names:
            body = f"{len(_to_bytes(body, marker)):x}\r\n{body}\r\n0\r\n\r\n"
        head = f"{self.method} {target} {self.version}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
        return _to_bytes(head + (body or ""), marker)


@dataclass
class Probe:
    name: str  # "input/get_nested"
    proves: str
    requests: list
    alone: str = ""  # why isolation_test.py leaves it out
    needs: list = field(default_factory=list)  # extensions, and a version of PHP

    def __str__(self) -> str:
        return self.name


def _to_bytes(text: str, marker: str) -> bytes:
    return text.replace("{marker}", marker).encode("latin-1")


def _unescape(text: str) -> str:
    """Returns text whose characters stand for the bytes that are meant."""
    text = text.encode().decode("latin-1")
    text = _ESCAPE.sub(
        lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "x" else _ESCAPED[m[1]], text
    )
    return _REPEAT.sub(lambda m: m[1] * int(m[2]), text)


def _add_part(request: Request, text: str) -> None:
    name, kind, content = _PART.fullmatch(text).groups()
    end = f"--{_BOUNDARY}--\r\n"
    if request.body is None:
        request.body = end
        request.fields.append(("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}"))
    part = f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {name}\r\n"
    part += f"Content-Type: {kind}\r\n" if kind else ""
    request.body = request.body.removesuffix(end) + f"{part}\r\n{content or ''}\r\n{end}"


def parse(name: str, text: str) -> Probe:
    """Reads the comment at the top of a probe."""
    url = "/" + name + ".php"
    probe = Probe(name, "", [])
    for line in text.splitlines():
        found = re.match(r"//(> |: |=(?: |$)|form |\+ |! alone: |! needs: )(.*)", line)
        if not found:
            if line.startswith("//"):
                probe.proves += " " + line[2:].strip()
            elif not line.startswith("<?php"):
                break
            continue
        mark, said = found[1].strip(), found[2]
        if mark == "! alone:":
            probe.alone = said
            continue
        if mark == "! needs:":
            probe.needs = said.split()
            continue
        said = _unescape(said)
        if mark == ">":
            method, target, *version = said.split(" ")
            request = Request(method, target.replace("@", url, 1), *version)
            probe.requests.append(request)
        elif mark == ":":
            field_name, _, value = said.partition(":")
            request.fields.append((field_name, value.strip(" ")))
        elif mark == "=":
            request.body = said if request.body is None else f"{request.body}\r\n{said}"
        elif mark == "form":
            request.body = said
            request.fields.append(("Content-Type", _FORM))
        else:
            _add_part(request, said)
    probe.proves = probe.proves.strip()
    probe.requests = probe.requests or [Request(target=url)]
    return probe


def all_probes() -> list:
    found = []
    for path in sorted(PROBES.rglob("*.php")):
        if "parts" not in path.relative_to(PROBES).parts:
            name = str(path.relative_to(PROBES).with_suffix(""))
            found.append(parse(name, path.read_bytes().decode("utf-8", "surrogateescape")))
    return found
