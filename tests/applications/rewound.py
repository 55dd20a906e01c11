"""An application twice: served by plain requests, and by a rewound pool. The same visits must get the
same answers from both."""

import re
import subprocess

import pytest

from harness.server import REPOSITORY, TUSK
from harness.worker_processes import HOST

WORKERS = REPOSITORY / "contrib/rewind"

# What differs between any two answers. Set-Cookie is compared by name and attributes.
_VARYING_HEADERS = {"date", "expires", "last-modified", "etag", "content-length", "location"}
_TOKENS = re.compile(
    r"(?<=_token\" value=\")[^\"]+"  # of a form, in both frameworks
    r"|(?<=\[_token\]\" value=\")[^\"]+"
    r"|(?<=signature=)\w+|(?<=expires=)\d+"
    r"|(?<=/storage/notes/)\w+"  # the name of an upload
)
_COOKIE = re.compile(r"^([^=]+)=[^;]*|(?<=expires=)[^;]+|(?<=Max-Age=)\d+", re.I)


# The boot compiles the container and the templates, three times for each page.
PATIENCE = ("--request-timeout", "10m", "-d", "max_execution_time=0")


def skip_unless_possible() -> None:
    if not HOST.is_file():
        pytest.skip(f"no {HOST}: rewound pools need engine = \"processes\"")
    options = subprocess.run([TUSK, "help", "all"], capture_output=True, text=True).stdout
    if "--resident-mode" not in options:
        pytest.skip("this tusk has no mode = \"rewind\"")


def configuration(directory, project, script: str, warm_up: list, **environment) -> tuple:
    """Returns the options of a server whose pool answers all paths that are no files."""
    file = directory / "tusk.toml"
    variables = ", ".join(f'{name} = "{value}"' for name, value in environment.items())
    pages = ", ".join(f'"{page}"' for page in warm_up)
    file.write_text(f"""engine = "processes"

[[pool]]
name = "app"
match = "/**"
script = "{WORKERS / script}"
mode = "rewind"
workers = 2
warm_up = [{pages}]
env = {{ APP_BASE_PATH = "{project}"{", " if variables else ""}{variables} }}
""")
    return ("--config", file, *PATIENCE)


def shape(response) -> dict:
    """What of an answer must be the same."""
    headers = sorted((name, value) for name, value in response.headers.multi_items()
                     if name not in _VARYING_HEADERS | {"set-cookie"})
    cookies = sorted(_COOKIE.sub(lambda found: (found[1] or "") + "=", cookie)
                     for cookie in response.headers.get_list("set-cookie"))
    host = response.url.netloc.decode()
    text = _TOKENS.sub("TOKEN", response.text.replace(host, "HOST"))
    return {"url": response.url.raw_path.decode(), "status": response.status_code,
            "headers": headers, "cookies": cookies, "text": text,
            "location": response.headers.get("location", "").replace(host, "HOST")}


def differences(plain: list, rewound: list) -> list:
    """Which answers differ, and in what."""
    assert len(plain) == len(rewound)
    return [(one["url"], name, one[name], other[name]) for one, other in zip(plain, rewound)
            for name in one if one[name] != other[name]]


def visit(server, steps: list) -> list:
    """Makes the visits of `steps` as one visitor: each is called with the client and returns its
    answer. Returns the shapes of the answers."""
    with server.new_client() as client:
        return [shape(step(client)) for step in steps]


def get(path: str, **options):
    return lambda client: client.get(path, **options)


def send(method: str, path: str, **options):
    return lambda client: client.request(method, path, **options)
