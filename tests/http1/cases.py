"""The table of HTTP/1.x on the wire: what a client may send, and how it is answered.

A row is a request as bytes, the section that decides (of RFC 9112 unless another is named), and the
answer. `refused` rows end their connection: one answer with `Connection: close`, then the end, even
though a good request stands behind. `answered` rows leave it open, `last` rows are answered and end
it. What reached the script is compared with `sees`, whose keys are those of tests/php/echo.php.

cases_test.py runs each row whole, cut at every byte, byte by byte, and within a pipeline.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    section: str
    name: str
    request: bytes
    status: int = 200
    goes_on: bool = True
    sees: dict = field(default_factory=dict)
    head: bool = False  # the answer has no body
    fields: dict = field(default_factory=dict)  # of the answer


CASES: list[Case] = []


def answered(section, name, request, status=200, *, fields=None, head=False, **sees):
    CASES.append(Case(section, name, request, status, True, sees, head, fields or {}))


def last(section, name, request, status=200, **sees):
    CASES.append(Case(section, name, request, status, False, sees))


def refused(section, name, request, status=400):
    CASES.append(Case(section, name, request, status, False))


def request(*lines, line=b"GET /echo.php HTTP/1.1", host=b"Host: a", body=b""):
    return b"\r\n".join([line, *([host] if host is not None else []), *lines, b"", b""]) + body


def post(*lines, body=b""):
    return request(*lines, line=b"POST /echo.php HTTP/1.1", body=body)


def chunked(body):
    return post(b"Transfer-Encoding: chunked", body=body)


def hexed(data):
    return data.hex()


# --- the request line (3), and what may be before it (2.2) ---

answered("3", "the plainest", request(), target="/echo.php", protocol="HTTP/1.1", host="a")
answered("2.2", "a blank line before", b"\r\n" + request())
answered("2.2", "two blank lines before", b"\r\n\r\n" + request())
answered("2.2", "four blank lines before", b"\r\n" * 4 + request())
refused("2.2", "five blank lines before", b"\r\n" * 5 + request())
refused("2.2", "a bare LF before", b"\n" + request())
refused("2.2", "a bare CR before", b"\r" + request())
refused("2.2", "white space before", b" " + request())
refused("2.2", "a tab before", b"\t" + request())
refused("2.2", "NUL before", b"\0" + request())
refused("2.2", "bare LF after the line", b"GET /echo.php HTTP/1.1\nHost: a\r\n\r\n")
refused("2.2", "bare LF everywhere", b"GET /echo.php HTTP/1.1\nHost: a\n\n")
refused("2.2", "CR CR LF after the line", b"GET /echo.php HTTP/1.1\r\r\nHost: a\r\n\r\n")
refused("2.2", "bare CR in the line", b"GET /echo.php\rHTTP/1.1\r\nHost: a\r\n\r\n")
refused("2.2", "white space behind the line", b"GET /echo.php HTTP/1.1\r\n Host: a\r\n\r\n")
refused("3", "words", b"hello there, server\r\n\r\n")
refused("3", "bytes that are no text", b"\x01\x02\x03\r\n\r\n")
refused("3", "TLS", bytes.fromhex("1603010200010001fc0303") + b"\r\n\r\n")
refused("3", "two spaces before the target", request(line=b"GET  /echo.php HTTP/1.1"))
refused("3", "two spaces before the version", request(line=b"GET /echo.php  HTTP/1.1"))
refused("3", "a space behind the version", request(line=b"GET /echo.php HTTP/1.1 "))
refused("3", "tabs for spaces", request(line=b"GET\t/echo.php\tHTTP/1.1"))
refused("3", "a vertical tab for a space", request(line=b"GET\x0b/echo.php HTTP/1.1"))
refused("3", "no target", request(line=b"GET HTTP/1.1"))
refused("3", "no target, but its spaces", request(line=b"GET  HTTP/1.1"))
refused("3", "a method alone", b"GET\r\n\r\n")
refused("3", "a word behind the version", request(line=b"GET /echo.php HTTP/1.1 x"))
refused("3", "HTTP/0.9", b"GET /echo.php\r\n\r\n")

# --- versions (2.3) ---

for version in (b"0.9", b"1.2", b"1.9", b"2.0", b"3.0", b"9.9", b"0.0"):
    refused("2.3", f"version {version.decode()}", request(line=b"GET /echo.php HTTP/" + version), 505)
refused("9113 3.4", "the preface of HTTP/2 in pieces", b"PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n", 505)
for text in (b"HTTP/1", b"HTTP/1.", b"HTTP/.1", b"HTTP/11", b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1.1.1",
             b"http/1.1", b"Http/1.1", b"HTTPS/1.1", b"HTTP 1.1", b"HTTP/1,1", b"HTTP/x.y", b"HTTP/-1.1",
             b"HTTP/1.1\x00", b"ICE/1.0", b"HTTP/\xb2.1"):
    refused("2.3", f"version {text!r}", request(line=b"GET /echo.php " + text))

# --- methods (9110 9) ---

for method in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"PROPFIND", b"MKCOL", b"QUERY",
               b"M-SEARCH", b"get", b"Get", b"BREW", b"!#$%&'*+-.^_`|~", b"X" * 32):
    answered("9110 9.1", f"method {method.decode()}", request(line=method + b" /echo.php HTTP/1.1"),
             method=method.decode())
answered("9110 9.3.2", "HEAD", request(line=b"HEAD /echo.php HTTP/1.1"), head=True)
answered("9110 9.3.8", "TRACE", request(line=b"TRACE /echo.php HTTP/1.1"), 405,
         fields={"allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"})
refused("9110 9.3.6", "CONNECT", request(line=b"CONNECT a:443 HTTP/1.1"), 501)
refused("9110 9.3.6", "CONNECT of a path", request(line=b"CONNECT /echo.php HTTP/1.1"), 501)
refused("3.1", "a method of 33 bytes", request(line=b"X" * 33 + b" /echo.php HTTP/1.1"), 501)
for byte in b"(),/:;<=>?@[\\]{}\"\x01\x7f\x80\xff":
    refused("3.1", f"method with {bytes([byte])!r}",
            request(line=b"GE" + bytes([byte]) + b"T /echo.php HTTP/1.1"))

# --- targets (3.2) ---

answered("3.2.1", "origin-form with a query", request(line=b"GET /echo.php?a=1&b HTTP/1.1"),
         target="/echo.php?a=1&b", query="a=1&b")
answered("3.2.1", "an empty query", request(line=b"GET /echo.php? HTTP/1.1"), target="/echo.php?",
         query="")
answered("3.2.1", "questions in a query", request(line=b"GET /echo.php?a?b HTTP/1.1"), query="a?b")
answered("3.2.1", "path information", request(line=b"GET /echo.php/x/y HTTP/1.1"), path_info="/x/y")
answered("3.2.1", "percent-encoded letters", request(line=b"GET /%65cho.php HTTP/1.1"),
         target="/%65cho.php")
answered("3.2.1", "small and large hex digits", request(line=b"GET /echo.php/%c3%A9 HTTP/1.1"),
         path_info="/\u00e9")
answered("3.2.1", "what browsers send unescaped", request(line=b"GET /echo.php?a=[1]|{2}^`\"<> HTTP/1.1"),
         query="a=[1]|{2}^`\"<>")
answered("3.2.1", "bytes over 127 in the query", request(line=b"GET /echo.php?\xc3\xa9 HTTP/1.1"),
         query="\u00e9")
answered("3986 6.2.2.3", "dot segments", request(line=b"GET /x/../echo.php HTTP/1.1"))
answered("3986 6.2.2.3", "dot segments above the root", request(line=b"GET /../echo.php HTTP/1.1"), 400)
answered("3986 2.1", "an escape of no digits", request(line=b"GET /%zz HTTP/1.1"), 400)
answered("3986 2.1", "an escape that is cut", request(line=b"GET /echo.php/%2 HTTP/1.1"), 400)
answered("3986 2.1", "a percent sign at the end", request(line=b"GET /echo.php/% HTTP/1.1"), 400)
answered("3986 2.1", "an escaped NUL", request(line=b"GET /echo.php%00 HTTP/1.1"), 400)
answered("3986 2.1", "an escaped NUL in the query", request(line=b"GET /echo.php?%00 HTTP/1.1"),
         query="%00")
answered("3986 2.1", "escaped twice is decoded once", request(line=b"GET /echo.php/%2565 HTTP/1.1"),
         path_info="/%65")
answered("3.2.1", "a path that is not there", request(line=b"GET /nothing HTTP/1.1"), 404)
refused("3.2.1", "no slash", request(line=b"GET echo.php HTTP/1.1"))
refused("3.2.1", "a query alone", request(line=b"GET ?a HTTP/1.1"))
refused("3.2.1", "dots alone", request(line=b"GET .. HTTP/1.1"))
refused("3.2", "a space in the target", request(line=b"GET /echo .php HTTP/1.1"))
refused("3.2", "a fragment", request(line=b"GET /echo.php#a HTTP/1.1"))
for byte in b"\x00\x01\x08\x0b\x0c\x1f\x7f":
    refused("3.2", f"{bytes([byte])!r} in the target",
            request(line=b"GET /echo.php?" + bytes([byte]) + b" HTTP/1.1"))
answered("3.2.2", "absolute-form", request(line=b"GET http://b/echo.php?a HTTP/1.1"), query="a", host="b")
answered("3.2.2", "absolute-form with a port", request(line=b"GET http://b:8080/echo.php HTTP/1.1"),
         host="b:8080")
answered("3.2.2", "absolute-form of https", request(line=b"GET https://b/echo.php HTTP/1.1"), host="b")
answered("3.2.2", "absolute-form, large letters", request(line=b"GET HTTP://b/echo.php HTTP/1.1"), host="b")
answered("3.2.2", "absolute-form of IPv6", request(line=b"GET http://[::1]:80/echo.php HTTP/1.1"),
         host="[::1]:80")
answered("3.2.2", "absolute-form without a path", request(line=b"GET http://b HTTP/1.1"), 404)
refused("3.2.2", "absolute-form without Host", request(line=b"GET http://b/echo.php HTTP/1.1", host=None))
refused("3.2.2", "another scheme", request(line=b"GET ftp://b/echo.php HTTP/1.1"))
refused("3.2.2", "no scheme", request(line=b"GET //b/echo.php HTTP/1.1".replace(b"//b", b"b://c")))
refused("3.2.2", "no authority", request(line=b"GET http:///echo.php HTTP/1.1"))
refused("3.2.2", "one slash", request(line=b"GET http:/echo.php HTTP/1.1"))
refused("3.2.2", "a port alone", request(line=b"GET http://:80/echo.php HTTP/1.1"))
refused("3.2.2", "a port too large", request(line=b"GET http://b:65536/echo.php HTTP/1.1"))
refused("9110 4.2.4", "user information", request(line=b"GET http://u:p@b/echo.php HTTP/1.1"))
refused("3.2.3", "authority-form", request(line=b"GET a:80 HTTP/1.1"))
answered("3.2.4", "OPTIONS *", request(line=b"OPTIONS * HTTP/1.1"), 204,
         fields={"allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"})
answered("3.2.4", "OPTIONS of a host", request(line=b"OPTIONS http://b HTTP/1.1"), 204)
refused("3.2.4", "an asterisk with GET", request(line=b"GET * HTTP/1.1"))
refused("3.2.4", "an asterisk and more", request(line=b"OPTIONS *a HTTP/1.1"))

# --- Host (3.2; 9110 4.2.1, 7.2) ---

for host in (b"a", b"a.example", b"A.EXAMPLE:80", b"a:", b"a:0", b"a:65535", b"127.0.0.1", b"127.0.0.1:8080",
             b"[::1]", b"[::1]:80", b"[2001:db8::ffff:1.2.3.4]", b"xn--bcher-kva.example", b"a_b-c.d~e",
             b"a%20b", b"!$&'()*+,;="):
    answered("9110 7.2", f"Host: {host.decode()}", request(host=b"Host: " + host), host=host.decode())
answered("5.1", "Host without a space", request(host=b"Host:a"), host="a")
answered("5.1", "Host within spaces and tabs", request(host=b"Host: \t a \t "), host="a")
answered("5.1", "hOsT", request(host=b"hOsT: a"), host="a")
answered("3.2", "Host not first", request(b"Host: a", host=b"X-A: 1"), host="a")
refused("3.2", "no Host", request(host=None))
refused("3.2", "two Hosts", request(b"Host: b"))
refused("3.2", "two Hosts, the same", request(b"Host: a"))
refused("3.2", "two Hosts of other letters", request(b"HOST: a"))
for host in (b"", b" ", b":80", b"a:b", b"a:80:80", b"a:65536", b"a:-1", b"a:+1", b"a: 80", b"a b", b"a/b",
             b"a?b", b"a#b", b"u@a", b"u:p@a", b"a, b", b"a\\b", b'"a"', b"<a>", b"a%2", b"a%zz",
             b"[::1", b"::1]", b"[]", b"[:]a", b"[::1]a", b"::1", b"[a.b]", b"[::g]", b"[v1.a]", b"\xc3\xa9",
             b"a\x00", b"a\x7f", b"http://a"):
    refused("9110 7.2", f"Host: {host!r}", request(host=b"Host: " + host))

# --- fields (5) ---

answered("5.1", "a field", request(b"X-A: b"), **{"fields.HTTP_X_A": "b"})
answered("5.1", "no space", request(b"X-A:b"), **{"fields.HTTP_X_A": "b"})
answered("5.1", "an empty value", request(b"X-A:"), **{"fields.HTTP_X_A": ""})
answered("5.1", "white space for a value", request(b"X-A: \t "), **{"fields.HTTP_X_A": ""})
answered("5.1", "white space around a value", request(b"X-A:\t b \t"), **{"fields.HTTP_X_A": "b"})
answered("9110 5.5", "white space in a value", request(b"X-A: b \t c"), **{"fields.HTTP_X_A": "b \t c"})
answered("9110 5.5", "bytes over 127 in a value", request(b"X-A: \xc3\xa9"),
         **{"fields.HTTP_X_A": "\u00e9"})
answered("9110 5.5", "every visible byte", request(b"X-A: " + bytes(range(0x21, 0x7f))),
         **{"fields.HTTP_X_A": bytes(range(0x21, 0x7f)).decode()})
answered("9110 5.6.2", "every byte of a name", request(b"!#$%&'*+-.^_`|~09AZaz: b"))
answered("9110 5.3", "a name twice", request(b"X-A: b", b"X-A: c"))
answered("5.1", "a colon in the value", request(b"X-A: b:c"), **{"fields.HTTP_X_A": "b:c"})
refused("5.1", "a space before the colon", request(b"X-A : b"))
refused("5.1", "a tab before the colon", request(b"X-A\t: b"))
refused("5.1", "a space before the colon of a length", post(b"Content-Length : 3", body=b"abc"))
refused("5.1", "a space before the colon of the coding",
        post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"))
refused("5.1", "a space in the name", request(b"X A: b"))
refused("5", "no colon", request(b"X-A"))
refused("5", "no name", request(b": b"))
refused("5.2", "obs-fold", request(b"X-A: b", b" c"))
refused("5.2", "obs-fold by a tab", request(b"X-A: b", b"\tc"))
refused("5.2", "obs-fold of nothing", request(b"X-A:", b" "))
refused("5.2", "obs-fold of Host", request(b" b"))
refused("5.2", "obs-fold of the coding", post(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n"))
for byte in b"\x00\x01\x08\x0b\x0c\x0e\x1f\x7f":
    refused("9110 5.5", f"{bytes([byte])!r} in a value", request(b"X-A: b" + bytes([byte]) + b"c"))
for byte in b"\x00\x01\x1f\x7f\x80\xff\"(),/;<=>?@[\\]{}":
    refused("9110 5.6.2", f"{bytes([byte])!r} in a name", request(b"X" + bytes([byte]) + b"A: b"))
refused("2.2", "bare CR in a value", request(b"X-A: b\rX-B: c"))
refused("2.2", "CR CR LF behind a value", request(b"X-A: b\r"))
refused("2.2", "bare LF behind a value", request(b"X-A: b\nX-B: c"))
refused("2.2", "bare LF as the end of the head", b"GET /echo.php HTTP/1.1\r\nHost: a\r\n\n")
refused("2.2", "bare CR as the end of the head", b"GET /echo.php HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n")

# --- the end of a message (6): lengths ---

answered("6.2", "a length", post(b"Content-Length: 3", body=b"abc"), body=hexed(b"abc"))
answered("6.2", "a length of none", post(b"Content-Length: 0"), body="")
answered("6.2", "zeros before it", post(b"Content-Length: 0003", body=b"abc"), body=hexed(b"abc"))
answered("6.2", "white space around it", post(b"Content-Length: \t 3 ", body=b"abc"), body=hexed(b"abc"))
# Allowed by the RFC, but not every recipient removes it and no client sends it: recipients could
# disagree, so it is refused.
refused("6.2", "a tab behind it", post(b"Content-Length: 3\t", body=b"abc"))
answered("6.2", "cOnTeNt-LeNgTh", post(b"cOnTeNt-LeNgTh: 3", body=b"abc"), body=hexed(b"abc"))
answered("6.3", "neither length nor coding: no body", post(), body="")
answered("6.2", "a body that looks like a request", post(b"Content-Length: 37", body=b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nab"),
         body=hexed(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nab"))
answered("9110 9.3.1", "GET with a body", request(b"Content-Length: 3", body=b"abc"), body=hexed(b"abc"))
answered("6.2", "any bytes", post(b"Content-Length: 8", body=b"\x00\r\n\r\n\xff\n\r"), body=hexed(b"\x00\r\n\r\n\xff\n\r"))
refused("6.1", "length and coding", post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"))
refused("6.1", "coding and length", post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"))
refused("6.1", "coding and a length of none", post(b"Transfer-Encoding: chunked", b"Content-Length: 0", body=b"0\r\n\r\n"))
refused("6.1", "an unknown coding and length", post(b"Transfer-Encoding: gzip", b"Content-Length: 3", body=b"abc"))
refused("6.3", "two lengths", post(b"Content-Length: 3", b"Content-Length: 4", body=b"abcd"))
refused("6.3", "two lengths, the same", post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"))
refused("6.3", "two lengths, the same number", post(b"Content-Length: 3", b"Content-Length: 03", body=b"abc"))
refused("6.3", "a list of lengths", post(b"Content-Length: 5, 5", body=b"abcde"))
refused("6.3", "a list without a space", post(b"Content-Length: 5,5", body=b"abcde"))
refused("6.3", "a list of different ones", post(b"Content-Length: 5, 6", body=b"abcdef"))
for value in (b"", b" ", b"-1", b"+3", b"0x3", b"3.0", b"3e0", b"3 4", b"3;", b"3,", b",3", b"three", b'"3"', b"3a",
              b"a3", b"3\x00", b"\x0b3", b"3\x0c", b"\xb3", b"1_000", b"'3'", b"NaN", b"- 3", b"3\xa0"):
    refused("6.3", f"Content-Length: {value!r}", post(b"Content-Length: " + value, body=b"abc"))
for value in (b"9223372036854775808", b"18446744073709551615", b"18446744073709551616", b"9" * 40,
              b"18446744073709551619"):
    refused("9110 8.6", f"Content-Length: {value.decode()}", post(b"Content-Length: " + value, body=b"abc"), 413)
refused("9110 15.5.14", "a length over the limit", post(b"Content-Length: 134217729", body=b"abc"), 413)

# --- codings (6.1, 7) ---

answered("7.1", "one chunk", chunked(b"3\r\nabc\r\n0\r\n\r\n"), body=hexed(b"abc"))
answered("7.1", "no chunk", chunked(b"0\r\n\r\n"), body="")
answered("7.1", "three chunks", chunked(b"1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n"), body=hexed(b"abcdef"))
answered("7.1", "hexadecimal sizes", chunked(b"A\r\n0123456789\r\nb\r\n01234567890\r\n0\r\n\r\n"), body=hexed(b"012345678901234567890"))
answered("7.1", "zeros before the size", chunked(b"0003\r\nabc\r\n000\r\n\r\n"), body=hexed(b"abc"))
answered("7.1", "line ends in the data", chunked(b"4\r\n\r\n\r\n\r\n0\r\n\r\n"), body=hexed(b"\r\n\r\n"))
answered("7.1", "a chunk that looks like the end", chunked(b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"), body=hexed(b"0\r\n\r\n"))
answered("7.1.1", "an extension", chunked(b"3;a\r\nabc\r\n0\r\n\r\n"), body=hexed(b"abc"))
answered("7.1.1", "an extension with a value", chunked(b"3;a=b\r\nabc\r\n0;c=d\r\n\r\n"), body=hexed(b"abc"))
answered("7.1.1", "an extension in quotes", chunked(b'3;a="b;c"\r\nabc\r\n0\r\n\r\n'), body=hexed(b"abc"))
answered("7.1.1", "several extensions", chunked(b"3;a=b;c;d=e\r\nabc\r\n0\r\n\r\n"), body=hexed(b"abc"))
for line in (b"3; a", b"3 ;a", b"3\t;\ta", b"3 ; a = b", b'3;a= "b ; c"', b"3;a ;b =c; d", b"3;  a  =  b  ;c"):
    answered("9110 5.6.3", f"blanks in an extension {line!r}", chunked(line + b"\r\nabc\r\n0 ;z\r\n\r\n"), body=hexed(b"abc"))
answered("7.1.2", "a trailer is dropped", chunked(b"3\r\nabc\r\n0\r\nX-T: b\r\n\r\n"), body=hexed(b"abc"), **{"fields.HTTP_X_T": None})
answered("7.1.2", "trailers are dropped", chunked(b"0\r\nX-T: b\r\nX-U: c\r\n\r\n"), **{"fields.HTTP_X_U": None})
answered("9110 6.5.1", "a trailer does not replace a field", request(b"X-A: b", b"Transfer-Encoding: chunked", line=b"POST /echo.php HTTP/1.1", body=b"0\r\nX-A: c\r\n\r\n"), **{"fields.HTTP_X_A": "b"})
answered("9110 6.5.1", "Host in the trailers", chunked(b"0\r\nHost: b\r\n\r\n"), host="a")
# A field that must not be a trailer may be ignored: it does not decide where the message ends.
for line in (b"Content-Length: 5", b"Content-Length: 0", b"content-length: x", b"Content-Length: 1\r\nContent-Length: 2",
             b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Connection: close", b"Connection: upgrade\r\nUpgrade: h2c",
             b"Expect: nothing", b"Authorization: Basic YTpi", b"Cookie: a=b", b"Content-Type: text/plain",
             b"Content-Encoding: gzip", b"Trailer: X-T", b"Host: b\r\nHost: c", b"TE: chunked", b"Range: bytes=0-1"):
    answered("9110 6.5.1", f"{line!r} in the trailers", chunked(b"3\r\nabc\r\n0\r\n" + line + b"\r\n\r\n"), body=hexed(b"abc"), host="a",
             **{"fields.HTTP_EXPECT": None, "fields.HTTP_AUTHORIZATION": None, "fields.HTTP_COOKIE": None, "fields.HTTP_RANGE": None})
for line in (b"Content-Length : 5", b"Content-Length", b" Content-Length: 5", b"Content-Length: 5\r\n 6", b": 5", b":path: /", b"Connection: \x01"):
    refused("7.1.2", f"{line!r} in the trailers", chunked(b"0\r\n" + line + b"\r\n\r\n"))
answered("7", "CHUNKED", post(b"Transfer-Encoding: CHUNKED", body=b"0\r\n\r\n"), body="")
answered("9110 9.3.1", "GET in chunks", request(b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"), body=hexed(b"abc"))
answered("7.4", "TE is nothing for a request", request(b"TE: trailers, deflate;q=0.5", b"Connection: TE"))
for value in (b"chunked, gzip", b"gzip", b"identity", b"xchunked", b"chunkedx", b"chunked;a=b", b'"chunked"', b"",
              b",chunked", b"chunked,", b"chunked, chunked", b"\x0bchunked", b"chunked\x0c", b"chunked\xa0",
              b"\xa0chunked", b"chunk ed", b"chunked chunked", b"[chunked]", b"chunked\x00", b"deflate, identity"):
    refused("6.1", f"Transfer-Encoding: {value!r}", post(b"Transfer-Encoding: " + value, body=b"0\r\n\r\n"))
for value in (b"gzip, chunked", b"gzip,chunked", b"identity, chunked", b"foo, chunked"):
    refused("6.1", f"Transfer-Encoding: {value.decode()}", post(b"Transfer-Encoding: " + value, body=b"0\r\n\r\n"), 501)
refused("6.1", "chunked in two lines", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"))
refused("6.1", "chunked, then another line", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n"))
refused("6.1", "another line, then chunked", post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 501)
refused("6.1", "a coding in HTTP/1.0", b"POST /echo.php HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
refused("6.1", "a coding in HTTP/1.0, kept", b"POST /echo.php HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
refused("6.1", "a coding and a length in HTTP/1.0", b"POST /echo.php HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")

END = b"abc\r\n0\r\n\r\n"
for size in (b"", b" ", b" 3", b"3 ", b"3\t", b"+3", b"-3", b"0x3", b"3h", b"g", b"3.", b"3,", b"3_", b"\xb3", b"\x003", b"3\x00",
             b"3;", b"3;=b", b"3;a=", b"3;a=;b=c", b"3;a\x01", b"3;a=\x00", b"3;a\rb", b'3;a="b\nc"', b'3;a="b"c', b"3; ", b"3;a ", b"3;a=b ", b'3;a="b" ', b"3;a b", b"3; ;a", b"3 3", b"3 a",
             b"10000000000000000", b"fffffffffffffffff3", b"3\r\r"):
    refused("7.1", f"chunk size {size!r}", chunked(size + b"\r\n" + END))
for size in (b"ffffffffffffffff", b"8000000000000000"):
    refused("7.1", f"chunk size {size.decode()}", chunked(size + b"\r\n" + END), 413)
refused("7.1", "a size with bare LF", chunked(b"3\n" + END))
refused("7.1", "a size with bare CR", chunked(b"3\rabc\r\n0\r\n\r\n"))
refused("7.1.1", "an extension with bare LF", chunked(b"3;a\n" + END))
refused("7.1.1", "a line of an extension over its limit", chunked(b"3;" + b"a" * 2000 + b"\r\n" + END))
refused("7.1", "data too long", chunked(b"2\r\n" + END))
refused("7.1", "data too short", chunked(b"4\r\nabc\r\n0\r\n\r\n"))
refused("7.1", "bare LF behind the data", chunked(b"3\r\nabc\n0\r\n\r\n"))
refused("7.1", "bare CR behind the data", chunked(b"3\r\nabc\r0\r\n\r\n"))
refused("7.1", "nothing behind the data", chunked(b"3\r\nabc0\r\n\r\n"))
refused("7.1", "bare LF as the end of the body", chunked(b"0\r\n\n"))
refused("7.1", "bare LF behind the last size", chunked(b"0\n\r\n"))
refused("7.1.2", "a trailer that is none", chunked(b"0\r\nno colon\r\n\r\n"))
refused("7.1.2", "a request for a trailer", chunked(b"0\r\nGET / HTTP/1.1\r\n\r\n"))
refused("7.1.2", "obs-fold in the trailers", chunked(b"0\r\nX-T: b\r\n c\r\n\r\n"))
refused("7.1.2", "a space before the colon of a trailer", chunked(b"0\r\nX-T : b\r\n\r\n"))
refused("7.1.2", "bare LF in the trailers", chunked(b"0\r\nX-T: b\n\r\n"))
refused("7.1.2", "NUL in the trailers", chunked(b"0\r\nX-T: \x00\r\n\r\n"))

# --- connections (9) ---

last("9.6", "Connection: close", request(b"Connection: close"))
last("9.6", "Connection: CLOSE", request(b"Connection: CLOSE"))
last("9.6", "close within a list", request(b"Connection: x, close , y"))
last("9.6", "close in a second line", request(b"Connection: keep-alive", b"Connection: close"))
last("9.6", "close and keep-alive", request(b"Connection: keep-alive, close"))
last("9.6", "close behind a body", post(b"Connection: close", b"Content-Length: 3", body=b"abc"), body=hexed(b"abc"))
answered("9.3", "Connection: keep-alive", request(b"Connection: keep-alive"))
answered("9110 7.6.1", "Connection: closed", request(b"Connection: closed"))
answered("9110 7.6.1", "a field that Connection names", request(b"Connection: X-A", b"X-A: b"))
answered("9110 7.6.1", "Connection names Host", request(b"Connection: Host"), host="a")
answered("9110 7.6.1", "Connection names the length", post(b"Connection: Content-Length", b"Content-Length: 3", body=b"abc"), body=hexed(b"abc"))
answered("9110 7.6.1", "Connection of nothing", request(b"Connection:"))
answered("9110 7.6.1", "Proxy-Connection is no field of ours", request(b"Proxy-Connection: close"))
answered("9110 7.6.1", "Keep-Alive is no field of ours", request(b"Keep-Alive: timeout=1, max=1"))
answered("9110 7.8", "Upgrade to HTTP/2", request(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"))
answered("9110 7.8", "Upgrade to a web socket", request(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13"))
answered("9110 7.8", "Upgrade with a body", post(b"Connection: Upgrade", b"Upgrade: x/1", b"Content-Length: 3", body=b"abc"), body=hexed(b"abc"))
answered("9110 7.8", "Upgrade without Connection", request(b"Upgrade: h2c"))
last("9.3", "HTTP/1.0", b"GET /echo.php HTTP/1.0\r\n\r\n", protocol="HTTP/1.0", host=None)
last("9.3", "HTTP/1.0 with Host", b"GET /echo.php HTTP/1.0\r\nHost: a\r\n\r\n", host="a")
last("9.3", "HTTP/1.0 with a body", b"POST /echo.php HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", body=hexed(b"abc"))
last("9.3", "HTTP/1.0, a length of none", b"POST /echo.php HTTP/1.0\r\nContent-Length: 0\r\n\r\n", body="")
last("9.3", "HTTP/1.0, close", b"GET /echo.php HTTP/1.0\r\nConnection: close\r\n\r\n")
last("9.3", "HTTP/1.0, close and keep-alive", b"GET /echo.php HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n")
answered("9.3", "HTTP/1.0, kept", b"GET /echo.php HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", fields={"connection": "keep-alive"}, protocol="HTTP/1.0")
answered("9.3", "HTTP/1.0, kept with a body", b"POST /echo.php HTTP/1.0\r\nConnection: Keep-Alive\r\nContent-Length: 3\r\n\r\nabc", body=hexed(b"abc"))
refused("3.2", "HTTP/1.0 with two Hosts", b"GET /echo.php HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n")
refused("3.2", "HTTP/1.0 with a bad Host", b"GET /echo.php HTTP/1.0\r\nHost: a b\r\n\r\n")

# --- expectations (9110 10.1.1) ---

answered("9110 10.1.1", "an expectation whose body is there", post(b"Expect: 100-continue", b"Content-Length: 3", body=b"abc"), body=hexed(b"abc"))
answered("9110 10.1.1", "100-Continue", post(b"Expect: 100-Continue", b"Content-Length: 3", body=b"abc"), body=hexed(b"abc"))
answered("9110 10.1.1", "an expectation without a body", request(b"Expect: 100-continue"))
answered("9110 10.1.1", "an expectation in chunks", post(b"Expect: 100-continue", b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"), body=hexed(b"abc"))
answered("9110 10.1.1", "no expectation", request(b"Expect:"))
last("9110 10.1.1", "an expectation of HTTP/1.0", b"POST /echo.php HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", body=hexed(b"abc"))
last("9110 10.1.1", "an unknown one of HTTP/1.0", b"GET /echo.php HTTP/1.0\r\nExpect: miracles\r\n\r\n")
refused("9110 10.1.1", "an unknown expectation", request(b"Expect: miracles"), 417)
refused("9110 10.1.1", "an unknown one beside it", post(b"Expect: 100-continue, miracles", b"Content-Length: 3", body=b"abc"), 417)
refused("9110 10.1.1", "200-ok", post(b"Expect: 200-ok", b"Content-Length: 3", body=b"abc"), 417)

# --- sizes (3, 5.4) ---

answered("3", "a target of 8 KiB", request(line=b"GET /echo.php?" + b"a" * (8192 - 10) + b" HTTP/1.1"))
refused("3", "a target of a byte more", request(line=b"GET /echo.php?" + b"a" * (8192 - 9) + b" HTTP/1.1"), 414)
refused("9110 5.4", "a field of 40 kB", request(b"X-A: " + b"b" * 40_000), 431)
answered("9110 5.4", "a field of 20 kB", request(b"X-A: " + b"b" * 20_000))
answered("9110 5.4", "a hundred fields", request(*(b"X-%d: b" % n for n in range(99))))
refused("9110 5.4", "a hundred and one", request(*(b"X-%d: b" % n for n in range(100))), 431)
refused("7.1.2", "a hundred and one trailers", chunked(b"0\r\n" + b"X-T: b\r\n" * 101 + b"\r\n"), 431)
