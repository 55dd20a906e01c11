"""Files that are not valid TOML."""

from harness.broken_configurations.case import Case, ROOT

CASES = {
    "yes in place of true": Case(
        says=[
            "{dir}/t.toml:2: 'yes' is not a value: write http2 = true",
        ],
        toml=ROOT + "http2 = yes\n",
    ),
    "On in place of true": Case(
        says=[
            "{dir}/t.toml:2: 'On' is not a value: write access_log = true",
        ],
        toml=ROOT + "access_log = On\n",
    ),
    "True with a capital": Case(
        says=[
            "{dir}/t.toml:2: 'True' is not a value: write access_log = true",
        ],
        toml=ROOT + "access_log = True\n",
    ),
    "text without quotes": Case(
        says=[
            '{dir}/t.toml:1: text needs quotes: write document_root = "site"',
        ],
        toml="document_root = site\n",
    ),
    "a path without quotes": Case(
        says=[
            '{dir}/t.toml:2: text needs quotes: write fallback = "/index.php"',
        ],
        toml=ROOT + "fallback = /index.php\n",
    ),
    "a time without quotes": Case(
        says=[
            '{dir}/t.toml:2: text needs quotes: write request_timeout = "30s"',
        ],
        toml=ROOT + "request_timeout = 30s\n",
    ),
    "a size without quotes": Case(
        says=[
            '{dir}/t.toml:2: text needs quotes: write request_body_bytes = "64M"',
        ],
        toml=ROOT + "request_body_bytes = 64M\n",
    ),
    "a size of PHP's without quotes": Case(
        says=[
            '{dir}/t.toml:3: text needs quotes: write memory_limit = "128M"',
        ],
        toml=ROOT + "[php]\nmemory_limit = 128M\n",
    ),
    "On below [php]": Case(
        says=[
            "{dir}/t.toml:3: 'Off' is not a value: write display_errors = false",
        ],
        toml=ROOT + "[php]\ndisplay_errors = Off\n",
    ),
    "an address without quotes": Case(
        says=[
            '{dir}/t.toml:2: text needs quotes: write listen = "127.0.0.1:8080"',
        ],
        toml=ROOT + "listen = 127.0.0.1:8080\n",
    ),
    "a list without quotes": Case(
        says=[
            '{dir}/t.toml:2: each text in a list needs quotes, and a comma between them: ["a", "b"]',
        ],
        toml=ROOT + "listen = [:8080, :8081]\n",
    ),
    "a list of several lines without quotes": Case(
        says=[
            '{dir}/t.toml:3: each text in a list needs quotes, and a comma between them: ["a", "b"]',
        ],
        toml=ROOT + "listen = [\n  :8080,\n]\n",
    ),
    "a list without brackets": Case(
        says=[
            '{dir}/t.toml:2: a list needs brackets: write listen = [":8080", ":8081"]',
        ],
        toml=ROOT + 'listen = ":8080", ":8081"\n',
    ),
    "the quote is not closed": Case(
        says=[
            '{dir}/t.toml:1: the text after \'document_root\' begins with " and is not closed: is the quote at its end missing?',
        ],
        toml='document_root = "site\nphp_workers = 4\n',
    ),
    "the list is not closed": Case(
        says=[
            "{dir}/t.toml:2: the list after 'listen' is not closed, or a comma is missing in it: it ends with ]",
        ],
        toml=ROOT + 'listen = [":8080", ":8081"\nphp_workers = 4\n',
    ),
    "typographic quotes": Case(
        says=[
            '{dir}/t.toml:1: the quotes around the value of document_root are typographic: write plain ones, "..."',
        ],
        toml="document_root = “site”\n",
    ),
    "a backslash in quotes": Case(
        says=[
            '{dir}/t.toml:3: in "..." a backslash begins an escape: put the value of regex in single quotes, \'...\', where it stands for itself',
        ],
        toml=ROOT + '[[rules]]\nregex = "\\.bak$"\ndeny = true\n',
    ),
    "a key twice": Case(
        says=[
            "{dir}/t.toml:4: php_workers is set twice, first in line 2: keep one of them",
        ],
        toml=ROOT + "php_workers = 4\nhttp2 = true\nphp_workers = 8\n",
    ),
    "[php] twice": Case(
        says=[
            "{dir}/t.toml:4: [php] occurs twice, first in line 2: write all of its keys below the first",
        ],
        toml=ROOT + '[php]\nprecision = 5\n[php]\nmemory_limit = "1G"\n',
    ),
    "a key of [php] twice": Case(
        says=[
            "{dir}/t.toml:4: memory_limit is set twice, first in line 3: keep one of them",
        ],
        toml=ROOT + '[php]\nmemory_limit = "1G"\nmemory_limit = "2G"\n',
    ),
    "a colon in place of =": Case(
        says=[
            '{dir}/t.toml:1: there is no = after \'document_root\': write document_root = "site"',
        ],
        toml='document_root: "site"\n',
    ),
    "a blank in place of =": Case(
        says=[
            '{dir}/t.toml:1: there is no = after \'document_root\': write document_root = "site"',
        ],
        toml="document_root site\n",
    ),
    "a semicolon at the end": Case(
        says=[
            '{dir}/t.toml:2: a line ends without \';\': write fallback = "/index.php"',
        ],
        toml=ROOT + 'fallback = "/index.php";\n',
    ),
    "a comma at the end": Case(
        says=[
            "{dir}/t.toml:2: a line ends without ',': write php_workers = 4",
        ],
        toml=ROOT + "php_workers = 4,\n",
    ),
    "a comment of C": Case(
        says=[
            "{dir}/t.toml:2: a comment begins with #, not with '//'",
        ],
        toml=ROOT + "// workers\nphp_workers = 4\n",
    ),
    "a comment of php.ini": Case(
        says=[
            "{dir}/t.toml:2: a comment begins with #, not with ';'",
        ],
        toml=ROOT + "; workers\nphp_workers = 4\n",
    ),
    "a comment of C at the end": Case(
        says=[
            "{dir}/t.toml:2: a comment begins with #: write php_workers = 4  # ...",
        ],
        toml=ROOT + "php_workers = 4 // four\n",
    ),
    "no value": Case(
        says=[
            "{dir}/t.toml:2: php_workers has no value: write one after the =, or remove the line; its default is 0",
        ],
        toml=ROOT + "php_workers =\n",
    ),
    "[php] is not closed": Case(
        says=[
            "{dir}/t.toml:2: '[php' is not closed: write [php]",
        ],
        toml=ROOT + '[php\nmemory_limit = "1G"\n',
    ),
    "a blank in a key": Case(
        says=[
            "{dir}/t.toml:1: 'document root' is not a key, which is one word; did you mean document_root?",
        ],
        toml="document root = 'site'\n",
    ),
    "nginx's blocks": Case(
        says=[
            "{dir}/t.toml:1: 'server {' is not TOML, perhaps nginx's: there are no blocks, write key = value",
        ],
        toml="server {\n  listen 80;\n}\n",
    ),
    "JSON": Case(
        says=[
            "{dir}/t.toml:1: this is not TOML, perhaps JSON: write key = value",
        ],
        toml='{\n  "listen": ":8080"\n}\n',
    ),
    "a zero in front": Case(
        says=[
            "{dir}/t.toml:2: a number has no 0 in front: write php_workers = 8",
        ],
        toml=ROOT + "php_workers = 08\n",
    ),
    "not UTF-8": Case(
        says=[
            "{dir}/t.toml:1: the file is not text in UTF-8",
        ],
        toml=b'# caf\xe9\ndocument_root = "site"\n',
    ),
}
