"""Every command and configuration of the documentation works: each page's blocks run in order, as they
are written, with the real program, in a sandbox (sandbox.py).

| block | what is done with it |
|---|---|
| `sh` | runs; each command must succeed |
| `console` | the commands after `$` run; their output must be what the page shows, where `…` stands for any text |
| `toml` | `tusk check` accepts it if it is complete, `tusk config` if it is a part; unless it is another program's file |
| `json`, `php` | are well-formed |
| `nginx` | `nginx -t` accepts it |
| other languages | are other programs' files |

A block that cannot run says why (blocks.py), and NOT_RUN counts these: a new one is a decision."""

import json
import re
import shlex
from pathlib import Path

import pytest

from docs.blocks import Block, blocks_of
from docs.sandbox import REPOSITORY, Sandbox, needs_sandbox

SETUP = Path(__file__).with_name("setup")
# The pages to which the rules apply, and how many of their blocks are not run.
NOT_RUN = {
    "README.md": 1,
    "docs/quick-start.md": 2,
    "docs/install.md": 5,
    "docs/applications.md": 1,
    "docs/applications/wordpress.md": 2,
    "docs/applications/laravel.md": 1,
    "docs/applications/symfony.md": 1,
    "docs/applications/drupal.md": 1,
    "docs/applications/mediawiki.md": 0,
    "docs/applications/nextcloud.md": 0,
    "docs/applications/moodle.md": 2,
    "docs/applications/phpmyadmin.md": 0,
    "docs/applications/dokuwiki.md": 1,
    "docs/applications/others.md": 0,
    "docs/moving.md": 0,
    "docs/moving/apache.md": 0,
    "docs/moving/frankenphp.md": 0,
    "docs/moving/unit.md": 0,
    "docs/moving/roadrunner.md": 0,
    "docs/troubleshooting.md": 3,
    "docs/operating.md": 1,
    "docs/logs.md": 0,
    "docs/process.md": 1,
    "docs/profiling.md": 2,
    "docs/routing.md": 0,
    "docs/static-files.md": 0,
    "docs/tls.md": 1,
    "docs/listeners.md": 0,
    "docs/proxies.md": 0,
    "docs/php.md": 0,
    "docs/engines.md": 4,
    "docs/pools.md": 0,
    "docs/rewind.md": 0,
    "docs/resident.md": 1,
    "docs/development.md": 0,
    "docs/scripts.md": 0,
    "docs/compatibility.md": 0,
    "docs/compression.md": 0,
    "docs/hardening.md": 0,
    "docs/http2.md": 0,
    "docs/limits.md": 0,
    "docs/metrics.md": 0,
    "docs/performance.md": 1,
    "docs/preload.md": 0,
    "docs/resident-doctor.md": 0,
    "docs/extensions.md": 1,
    "docs/scaling.md": 2,
    "docs/containers.md": 3,
    "docs/kubernetes.md": 2,
    "contrib/rewind/README.md": 0,
    "docs/resident-state.md": 0,
}
LANGUAGES = set(
    "sh console toml json php nginx apache caddyfile yaml ini text dockerfile haproxy diff html".split()
)
RUN = {"sh", "console", "toml", "json", "php", "nginx"}


def page_path(name: str) -> Path:
    return REPOSITORY / name


def blocks(name: str) -> list:
    return blocks_of(page_path(name), name)


@pytest.mark.parametrize("name", NOT_RUN)
def test_each_block_says_what_it_is(name):
    """No block is skipped because it has no language or an unknown one, or without a reason."""
    found = blocks(name)
    assert not [one.where for one in found if one.language not in LANGUAGES]
    unknown = [one.where for one in found if one.reason and len(one.reason) < 10]
    assert not unknown, f"say why they are not run: {unknown}"
    not_run = [one for one in found if one.reason]
    assert len(not_run) == NOT_RUN[name], [(one.where, one.reason) for one in not_run]
    idle = [one.where for one in not_run if one.language not in RUN]
    assert not idle, f"these would not run anyway: {idle}"


def test_no_page_is_left_out():
    """But for the index, generated pages, decisions, and pages for people who change tusk."""
    pages = {str(page.relative_to(REPOSITORY)) for page in REPOSITORY.glob("docs/**/*.md")}
    others = {"docs/README.md", "docs/configuration.md"}
    others |= {page for page in pages if page.startswith(("docs/decisions/", "docs/internals/"))}
    assert pages - others == {page for page in NOT_RUN if page.startswith("docs/")}


def test_all_fences_are_found():
    """The pattern of blocks.py finds as many blocks as there are fences."""
    for name in NOT_RUN:
        fences = re.findall(r"^[ ]*```", page_path(name).read_text(), re.M)
        assert len(fences) == 2 * len(blocks(name)), name


# Messages on the page about troubleshooting that are PHP's, OpenSSL's or the kernel's.
OTHERS_MESSAGES = ("Allowed memory size", "Maximum execution time", "bytes exhausted", "seconds exceeded")
OTHERS_MESSAGES += ("Permission denied", "No such file or directory", "POST Content-Length", "bytes exceeds the limit")
OTHERS_MESSAGES += ("session_start()", "Address already in use", "Unable to load dynamic library")
OTHERS_MESSAGES += ("Read-only file system", "Job for tusk.service failed")


def test_the_messages_of_troubleshooting_are_in_the_sources():
    """A message that tusk does not write any more must leave the page."""
    sources = "\n".join(file.read_text() for file in sorted(REPOSITORY.glob("src/**/*.cc")))
    sources = re.sub(r'"\s*\n\s*"', "", sources)  # the compiler joins strings, too
    page = page_path("docs/troubleshooting.md").read_text()
    quoted = re.findall(r"^### .*$|[Tt]he log\s+says[^`]*`[^`]+`", page, re.M)
    messages = [code for one in quoted for code in re.findall(r"`([^`]+)`", one) if code.count(" ") > 1]
    assert len(messages) > 12
    missing = []
    for message in messages:
        for part in re.split(r"[…']|; did you mean|php_workers\?", message):
            part = " ".join(part.split()).strip(" :")
            if len(part) < 8 or part.startswith(("listen :", "mode =")):
                continue
            if part not in sources and not any(known in part for known in OTHERS_MESSAGES):
                missing.append(part)
    assert not missing, missing


def shell_of(number: int, block: Block) -> str:
    """Returns the commands that check the block."""
    said = f"echo {shlex.quote('### ' + block.where)}\n"
    if block.file:
        here = shlex.quote(block.file)
        said += f'mkdir -p "$(dirname {here})"\ncat >{here} <<\'END-OF-BLOCK\'\n{block.text}END-OF-BLOCK\n'
    if block.reason:
        return said + "echo not run\n"
    if block.language == "sh":
        return said + block.text
    if block.language == "console":
        return said + console(number, block)
    if block.language == "toml":
        return said + configuration(number, block)
    if block.language == "nginx":
        return said + nginx(number, block)
    if block.language == "php":
        return said + f'cat >"$RESULTS/{number}.php" <<\'END-OF-BLOCK\'\n{php_of(block)}END-OF-BLOCK\n{LINT.format(number)}'
    if block.language == "json":
        json.loads(block.text)
    return said


LINT = 'if command -v php >/dev/null; then php -l "$RESULTS/{0}.php" >/dev/null; fi\n'


def php_of(block: Block) -> str:
    return block.text if block.text.startswith("<?php") else "<?php\n" + block.text


def console_steps(block: Block):
    """Yields each command with the lines that follow it."""
    command, lines = None, []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, lines
            command, lines = line[2:], []
        else:
            lines.append(line)
    if command:
        yield command, lines


def console(number: int, block: Block) -> str:
    script = ""
    for step, (command, _) in enumerate(console_steps(block)):
        # A command may be shown because it fails: its status is not part of the page.
        script += f'{{ {command}\n}} >"$RESULTS/{number}-{step}" 2>&1 || true\n'
    return script


def differs(shown: list, output: str) -> str:
    """Returns the pattern that the output does not match, or nothing."""
    pattern = "\n".join(re.escape(line).replace("…", ".*") for line in shown)
    pattern = re.sub(r"(?m)^\.\*$", r"(?s:.*)", pattern)
    return "" if re.fullmatch(pattern + r"\n?", output) else pattern


def configuration(number: int, block: Block) -> str:
    """A complete configuration finds its directories, scripts and certificates."""
    file = f'"$RESULTS/{number}.toml"'
    script = f"cat >{file} <<'END-OF-BLOCK'\n{block.text}END-OF-BLOCK\n"
    if block.file:
        file, script = shlex.quote(block.file), ""  # where the page says that it is
    for root in re.findall(r'^document_root = "(/[^"]+)"', block.text, re.M):
        assert root.startswith(("/srv/", "/opt/", "/usr/share/")), f"{root} is not in the sandbox"
        script += f"mkdir -p {root}\n"
        script += f"for name in index.php index.html doku.php frankenphp-worker.php worker.php; do\n"
        script += f"  [[ -e {root}/$name ]] || echo '<?php' >{root}/$name\ndone\n"
        for name in re.findall(r'^fallback = "([^"]+)"', block.text, re.M):
            script += f"mkdir -p $(dirname {root}{name}); [[ -e {root}{name} ]] || echo '<?php' >{root}{name}\n"
    for name in re.findall(r'^script = "([^"]+)"', block.text, re.M):
        name = name if name.startswith("/") else f"$RESULTS/{name}"
        script += f"mkdir -p $(dirname {name}); [[ -e {name} ]] || echo '<?php' >{name}\n"
    others = re.findall(r'^(?:error_pages_dir|crash_dir|temp_dir) = "(/[^"]+)"', block.text, re.M)
    others += re.findall(r'^sendfile_roots = \["(/[^"]+)"\]', block.text, re.M)
    for directory in others:
        script += f"mkdir -p {directory}\n"
    keys = re.findall(r'^tls_(?:cert|key) = "([^"]+)"', block.text, re.M)
    if len(keys) == 2 and not keys[0].startswith("self"):
        script += f"mkdir -p $(dirname {keys[0]} {keys[1]})\n[[ -e {keys[0]} ]] || openssl req -x509 -newkey ec "
        script += "-pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=www.example.org "
        script += f"-addext subjectAltName=DNS:www.example.org,DNS:example.org -keyout {keys[1]} -out {keys[0]} 2>/dev/null\n"
    complete = re.search(r"^document_root", block.text, re.M)
    script += f"command tusk {'check' if complete else 'config'} --config {file} >\"$RESULTS/{number}.checked\" 2>&1 ||"
    script += f' {{ cat "$RESULTS/{number}.checked"; exit 1; }}\n'
    return script


def nginx(number: int, block: Block) -> str:
    """Debian's nginx checks it as a site of its own configuration, without certificates."""
    site = re.sub(r"(?m)^ *(?:ssl_certificate|include fastcgi_params|include snippets).*;$", "", block.text)
    site = re.sub(r"listen (.*?) ssl(?: http2)?;", r"listen \1;", site)
    temporary = "".join(
        f"{kind}_temp_path $RESULTS/nginx/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
program=$(command -v nginx || echo "$PREFIX/nginx/usr/sbin/nginx")
if [[ -x $program ]]; then
  mkdir -p "$RESULTS/nginx"
  cat >"$RESULTS/nginx/site" <<'END-OF-BLOCK'
{site}END-OF-BLOCK
  cat >"$RESULTS/nginx/nginx.conf" <<END-OF-FILE
events {{}}
pid $RESULTS/nginx/pid;
error_log stderr;
http {{ access_log off;
{temporary}include $RESULTS/nginx/site; }}
END-OF-FILE
  "$program" -t -q -e stderr -c "$RESULTS/nginx/nginx.conf"
fi
"""


@needs_sandbox
@pytest.mark.parametrize("name", NOT_RUN)
def test_each_block_works(name, tmp_path):
    """In the order of the page, after what tests/docs/setup/ has for it."""
    found = blocks(name)
    before = SETUP / (name.removeprefix("docs/").replace("/", "-").removesuffix(".md") + ".sh")
    script = f". {before}\n" if before.exists() else ""
    script += "".join(shell_of(number, block) for number, block in enumerate(found))
    sandbox = Sandbox(tmp_path)
    done = sandbox.run(script + "\necho '### end'\n")
    if said := re.search(r"^### skip: (.*)", done.output, re.M):
        pytest.skip(said[1])  # a setup says what this machine lacks
    assert done.returncode == 0 and done.output.endswith("### end\n"), done.output[-6000:]
    for number, block in enumerate(found):
        if block.reason:
            continue
        if block.language == "console":
            for step, (command, shown) in enumerate(console_steps(block)):
                output = (sandbox.results / f"{number}-{step}").read_text()
                assert not differs(shown, output), f"{block.where}: {command}\n{output}"
        if block.language == "toml" and "document_root" in block.text:
            said = (sandbox.results / f"{number}.checked").read_text()
            assert "warning" not in said, f"{block.where}: {said}"


@needs_sandbox
@pytest.mark.parametrize(
    "text",
    ["```sh\nfalse\n```", "```toml\nno_such_key = 1\n```", "```console\n$ echo one\ntwo\n```", "```\nwhat\n```"],
)
def test_what_does_not_work_is_found(text, tmp_path, monkeypatch):
    """The tests above can fail."""
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n{text}\n")
    monkeypatch.setitem(NOT_RUN, str(page), 0)
    with pytest.raises(AssertionError):
        test_each_block_says_what_it_is(str(page))
        test_each_block_works(str(page), tmp_path)
