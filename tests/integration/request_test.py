"""What a script sees of its request: superglobals, php://input, uploads."""

import asyncio
import base64
import hashlib
import json
import os
import time
from pathlib import Path

import httpx
import pytest

from harness.server import PHP_SCRIPTS, Server
from harness.wait import wait_for


def see(tusk: Server, method: str, path: str, **options) -> dict:
    response = tusk.client.request(method, path, **options)
    assert response.status_code == 200, response.text
    return response.json()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_get(tusk):
    """$_GET as PHP's own parser builds it: escapes, arrays, repeated names, names with dots."""
    seen = see(
        tusk, "GET", "/request.php?a=1&b[]=x&b[]=y&c[k][l]=z&d.e=dot&f=%C3%A4+%2B&a=2&empty=&bare"
    )
    assert seen["get"] == {
        "a": "2",
        "b": ["x", "y"],
        "c": {"k": {"l": "z"}},
        "d_e": "dot",
        "f": "ä +",
        "empty": "",
        "bare": "",
    }
    assert seen["request"] == seen["get"] and seen["post"] == [] and seen["argv"] is None


def test_post_form(tusk):
    """$_POST of an ordinary form, beside $_GET; $_REQUEST has both, with precedence for the
    form."""
    form = "a=post&list[x]=1&text=l%C3%B6we%0D%0A"
    seen = see(tusk, "POST", "/request.php?a=get&g=1", content=form, headers=FORM)
    assert seen["get"] == {"a": "get", "g": "1"}
    assert seen["post"] == {"a": "post", "list": {"x": "1"}, "text": "löwe\r\n"}
    assert seen["request"] == {"a": "post", "g": "1", "list": {"x": "1"}, "text": "löwe\r\n"}
    assert seen["input_length"] == len(form), "php://input must be available beside $_POST"


def test_cookies(tusk):
    """$_COOKIE, decoded, even from two Cookie lines; also in $_REQUEST, by PHP's default order."""
    with tusk.raw() as connection:
        response = connection.get("/request.php", "Cookie: a=1; b=x%20y; a=2", "Cookie: c=3")
    seen = json.loads(response.body)
    assert seen["cookie"] == {"a": "1", "b": "x y", "c": "3"}
    assert seen["request"] == seen["cookie"]
    assert seen["server"]["HTTP_COOKIE"] == "a=1; b=x%20y; a=2; c=3"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 5_000_000])
def test_raw_bodies(tusk, method, size):
    """php://input, read twice, for any method and for sizes around the limit beyond which a body
    is in a file."""
    body = (b"\x00\xff{json}\r\n" * (size // 10 + 1))[:size]
    seen = see(
        tusk, method, "/request.php", content=body, headers={"Content-Type": "application/json"}
    )
    assert seen["input_length"] == size
    assert seen["input_sha256"] == hashlib.sha256(body).hexdigest() and seen["post"] == []
    assert seen["server"]["CONTENT_TYPE"] == "application/json"


def test_server_variables(tusk):
    """$_SERVER as applications know it from PHP-FPM."""
    before = time.time()
    with tusk.raw() as connection:
        response = connection.request(
            "POST",
            "/request.php?x=%20y&z",
            "X-Custom-Thing: one",
            "X-Custom-Thing: two",
            "Accept: text/html",
            "Content-Type: text/plain",
            "User-Agent: test/1",
            body=b"12345",
        ).response()
        port = connection.local_port()
    server = json.loads(response.body)["server"]
    expected = {
        "REQUEST_METHOD": "POST",
        "REQUEST_URI": "/request.php?x=%20y&z",
        "QUERY_STRING": "x=%20y&z",
        "SCRIPT_NAME": "/request.php",
        "PHP_SELF": "/request.php",
        "DOCUMENT_ROOT": str(tusk.root),
        "SCRIPT_FILENAME": str(tusk.root / "request.php"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(tusk.port),
        "SERVER_ADDR": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": str(port),
        "REQUEST_SCHEME": "http",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "5",
        "HTTP_HOST": "localhost",
        "HTTP_X_CUSTOM_THING": "one, two",
        "HTTP_ACCEPT": "text/html",
        "HTTP_USER_AGENT": "test/1",
    }
    assert {name: server.get(name) for name in expected} == expected
    assert "HTTPS" not in server and "PATH_INFO" not in server
    assert server["SERVER_SOFTWARE"].startswith("tusk/")
    assert before - 1 <= server["REQUEST_TIME"] <= time.time() + 1
    assert server["REQUEST_TIME"] == int(server["REQUEST_TIME_FLOAT"])


def test_server_name_is_the_host_without_its_port(tusk):
    """For names, IPv4 and IPv6 alike."""
    for host, name in (
        ("example.org:8080", "example.org"),
        ("example.org", "example.org"),
        ("[::1]:99", "[::1]"),
    ):
        with tusk.raw() as connection:
            connection.send(f"GET /request.php HTTP/1.1\r\nHost: {host}\r\n\r\n")
            server = json.loads(connection.response().body)["server"]
        assert server["SERVER_NAME"] == name and server["HTTP_HOST"] == host


def test_basic_authentication(tusk):
    """PHP_AUTH_USER and PHP_AUTH_PW from the Authorization header, which is also present."""
    token = base64.b64encode("aladin:öffne:dich".encode()).decode()
    server = see(tusk, "GET", "/request.php", headers={"Authorization": f"Basic {token}"})["server"]
    assert (server["PHP_AUTH_USER"], server["PHP_AUTH_PW"]) == ("aladin", "öffne:dich")
    assert server["HTTP_AUTHORIZATION"] == f"Basic {token}"
    later = see(tusk, "GET", "/request.php")["server"]
    assert "PHP_AUTH_USER" not in later and "HTTP_AUTHORIZATION" not in later


def test_bearer_tokens_reach_the_script(tusk):
    """APIs authenticate with them; some servers drop the header."""
    server = see(tusk, "GET", "/request.php", headers={"Authorization": "Bearer abc.def"})["server"]
    assert server["HTTP_AUTHORIZATION"] == "Bearer abc.def" and "PHP_AUTH_USER" not in server


def test_a_proxy_header_sets_no_proxy(tusk):
    """httpoxy: a client's `Proxy` header must not look like the environment's HTTP_PROXY."""
    seen = see(tusk, "GET", "/request.php", headers={"Proxy": "http://evil.example"})
    assert seen["getenv_http_proxy"] is False and "HTTP_PROXY" not in seen["server"]


def test_an_underscore_does_not_forge_a_header(tusk):
    """X_Forwarded_For is not X-Forwarded-For."""
    with tusk.raw() as connection:
        response = connection.get(
            "/request.php", "X-Forwarded-For: 1.1.1.1", "X_Forwarded_For: 6.6.6.6"
        )
    assert json.loads(response.body)["server"]["HTTP_X_FORWARDED_FOR"] == "1.1.1.1"


def test_uploads(tusk, tmp_path):
    """$_FILES: several fields, a list of files, an empty file, a non-ASCII file name, and other
    fields of the form. The temporary files are gone afterwards."""
    large = bytes(range(256)) * 8000
    files = [
        ("one", ('grün "q".bin', large, "application/x-thing")),
        ("many[]", ("a.txt", b"aaa", "text/plain")),
        ("many[]", ("dir/b.txt", b"", "text/plain")),
    ]
    seen = tusk.post(
        "/upload.php", files=files, data={"title": "Über", "list[]": ["1", "2"]}
    ).json()
    one, many = seen["files"]["one"], seen["files"]["many"]
    assert seen["post"] == {"title": "Über", "list": ["1", "2"]}
    assert (one[0]["size"], one[0]["type"], one[0]["error"]) == (
        len(large),
        "application/x-thing",
        0,
    )
    assert one[0]["sha256"] == hashlib.sha256(large).hexdigest() and one[0]["is_uploaded"]
    assert [f["name"] for f in many] == ["a.txt", "b.txt"] and many[1]["full_path"] == "dir/b.txt"
    assert [f["size"] for f in many] == [3, 0]
    assert not Path(one[0]["tmp_name"]).exists()


def test_a_file_field_that_was_left_empty(tusk):
    """What browsers send if no file is chosen: UPLOAD_ERR_NO_FILE, and no temporary file."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    seen = tusk.post(
        "/upload.php", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    ).json()
    assert seen["files"]["f"][0]["error"] == 4 and seen["files"]["f"][0]["tmp_name"] == ""


def test_an_uploaded_file_can_be_moved(tusk, tmp_path):
    """move_uploaded_file() keeps the bytes."""
    target = tmp_path / "kept"
    seen = tusk.post(
        f"/upload.php?keep={target}", files={"f": ("x", b"\x00\x01\x02" * 1000)}
    ).json()
    assert seen["files"]["f"][0]["moved"] is True
    assert target.read_bytes() == b"\x00\x01\x02" * 1000


def test_php_limits_for_uploads_apply(start_tusk):
    """upload_max_filesize is reported in $_FILES; a body beyond post_max_size leaves $_POST
    empty and the request goes on, as in every SAPI."""
    tusk = start_tusk(PHP_SCRIPTS, "-d", "upload_max_filesize=1K", "-d", "post_max_size=8K")
    seen = tusk.post("/upload.php", files={"f": ("x", b"x" * 1025)}, data={"a": "1"}).json()
    assert seen["files"]["f"][0]["error"] == 1 and seen["post"] == {"a": "1"}
    over = tusk.post("/request.php?still=here", data={"a": "x" * 9000})
    assert over.status_code == 200
    seen = json.loads(over.text[over.text.index("{") :])
    assert seen["post"] == [] and seen["get"] == {"still": "here"}


def test_a_large_body_is_in_a_file_that_has_no_name(start_tusk, tmp_path):
    """Beyond body_memory_bytes a body goes to an unlinked file in temp_dir, which disappears
    with its request. Without room for it a large body is a 500 and a small one is not."""
    tusk = start_tusk(PHP_SCRIPTS, "--temp-dir", tmp_path, "--body-memory-bytes", "8K")
    descriptors = Path(f"/proc/{tusk.pid}/fd")

    def spooled():
        names = [os.readlink(entry) for entry in descriptors.iterdir() if entry.is_symlink()]
        return [name for name in names if name.startswith(f"{tmp_path}/") and "deleted" in name]

    with tusk.raw() as connection:
        connection.send("POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
        connection.send(b"x" * 199_999)
        wait_for(spooled, "the body to go to a file")
        assert list(tmp_path.iterdir()) == []
        seen = json.loads(connection.send(b"x").response().body)
        assert seen["input_length"] == 200_000
        wait_for(lambda: not spooled(), "the file to be given back")
    missing = tmp_path / "missing"
    missing.mkdir()
    tusk = start_tusk(PHP_SCRIPTS, "--temp-dir", missing, "--body-memory-bytes", "8K")
    missing.rmdir()
    with tusk.raw() as connection:
        assert (
            connection.request("POST", "/request.php", body=b"x" * 100_000).response().status == 500
        )
    assert tusk.post("/request.php", content=b"x" * 1000).status_code == 200


def test_max_input_vars_applies(tusk):
    """PHP's own limit on the number of variables: 1000, tested with one more."""
    seen = see(
        tusk, "POST", "/request.php", headers=FORM, content="&".join(f"v{i}=1" for i in range(1500))
    )
    assert len(seen["post"]) in (1000, 1001)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=" + "x" * 5000,
    ],
)
def test_a_broken_multipart_body(tusk, content_type):
    """No boundary, a wrong one, one that is too long: PHP warns, the script runs, and nothing
    breaks."""
    response = tusk.post(
        "/hello.php",
        content=b"--y\r\nContent-Disposition: form-data; name=a\r\n\r\n1",
        headers={"Content-Type": content_type},
    )
    assert response.status_code == 200 and response.text.endswith("Hello World!")


def test_the_environment_has_the_request_as_under_fpm(start_tusk):
    """$_ENV follows variables_order; it has the CGI variables of the request, as under PHP-FPM,
    but no HTTP_PROXY from a client."""
    fields = {"X-Test": "1", "Proxy": "http://evil.invalid"}
    tusk = start_tusk(PHP_SCRIPTS, "-d", "variables_order=EGPCS")
    env = see(tusk, "GET", "/request.php", headers=fields)["env"]
    assert env["HTTP_X_TEST"] == "1" and env["REQUEST_METHOD"] == "GET" and "PATH" in env
    assert "HTTP_PROXY" not in env
    tusk = start_tusk(PHP_SCRIPTS, "-d", "variables_order=GPCS")
    assert see(tusk, "GET", "/request.php", headers=fields)["env"] == []


def test_requests_at_the_same_time_do_not_mix(tusk):
    """64 at a time, each with an id in every superglobal: none ever sees another's id."""

    async def one(client, n):
        response = await client.post(
            f"/isolation.php?id={n}", data={"id": n}, headers={"X-Id": str(n), "Cookie": f"id={n}"}
        )
        assert response.status_code == 200
        assert response.text == f"{n} {n} {n} {n} /isolation.php?id={n}"
        assert response.headers["x-id"] == str(n) and f"id={n}" in response.headers["set-cookie"]

    async def run():
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(
            base_url=tusk.url, timeout=60, limits=limits, trust_env=False
        ) as client:
            await asyncio.gather(*(one(client, n) for n in range(600)))

    asyncio.run(run())
