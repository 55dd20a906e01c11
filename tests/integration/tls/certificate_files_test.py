"""Certificate files that are not regular files, or whose file system does not respond."""

import os
import shutil

import pytest

from harness.held_file import HeldFile
from harness.server import PHP_SCRIPTS, run_tusk
from harness.tls import TlsClient, client_context
from harness.wait import wait_for


@pytest.fixture
def files(authority, tmp_path) -> dict:
    """Returns option → file, with one file of each kind."""
    certificate = authority.issue("localhost", "before.example")
    shutil.copy(authority.certificate, tmp_path / "clients.pem")
    return {
        "--tls-cert": certificate.chain,
        "--tls-key": certificate.key,
        "--tls-ocsp": authority.ocsp_response(certificate),
        "--tls-client-ca": tmp_path / "clients.pem",
    }


def flags(files: dict) -> list:
    return [*(word for pair in files.items() for word in pair), "--tls-client-auth", "optional"]


def names_at(tusk, authority) -> set:
    client = TlsClient(tusk.port, client_context(authority.certificate))
    try:
        assert client.get("/hello.php").text == "Hello World!"
        return client.names()
    finally:
        client.close()


EACH = ["--tls-cert", "--tls-key", "--tls-ocsp", "--tls-client-ca"]


@pytest.mark.parametrize("option", EACH)
@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_only_regular_files_are_accepted_at_the_start(files, tmp_path, option, kind):
    """By name, at once and without opening it: opening a FIFO without a writer would wait."""
    odd = tmp_path / "odd"
    os.mkfifo(odd) if kind == "fifo" else odd.symlink_to("/dev/zero")
    for command in (["check"], ["--listen", "127.0.0.1:0", "--internal-addr", "off"]):
        ended = run_tusk(*command, "--root", PHP_SCRIPTS, *flags(files | {option: odd}))
        assert ended.returncode == 1
        assert f"{odd}: is not a regular file" in ended.stderr


@pytest.mark.parametrize("option", EACH)
def test_a_fifo_in_place_of_a_file_blocks_nothing(start_tusk, files, authority, option):
    """It is refused with a log line, the previous certificates stay in use, and the next regular
    file is loaded."""
    tusk = start_tusk(PHP_SCRIPTS, *flags(files))
    path = files[option]
    kept = path.with_suffix(".kept")
    path.rename(kept)
    os.mkfifo(path)
    tusk.wait_for_log(f"new certificates are invalid; keeping the old ones.*{path}: is not a regular file")
    assert "before.example" in names_at(tusk, authority)
    assert tusk.admin("/health").status_code == 200
    kept.replace(path)
    tusk.wait_for_log("new certificates are in use")
    assert "before.example" in names_at(tusk, authority)


@pytest.mark.parametrize("option", EACH)
def test_a_file_system_that_does_not_respond_blocks_nothing(
    start_tusk, files, authority, tmp_path, option
):
    """Opening the file waits for ever; clients are served and the internal server answers. The
    log reports its beginning and its end."""
    if not HeldFile.possible(tmp_path):
        pytest.skip("needs root and fanotify to block access to a file")
    tusk = start_tusk(PHP_SCRIPTS, *flags(files))
    fresh = files[option].with_suffix(".fresh")
    shutil.copy(files[option], fresh)
    with HeldFile(fresh) as held:
        fresh.replace(files[option])
        wait_for(held.somebody_waits, "the server to open the file")
        for _ in range(20):
            assert "before.example" in names_at(tusk, authority)
            assert tusk.admin("/health").status_code == 200
        if option == "--tls-cert":  # once is enough: it takes 10 s
            tusk.wait_for_log("warn .*blocks the check of the certificates")
    tusk.wait_for_log("new certificates are in use")


def test_a_server_whose_files_are_blocked_exits_normally(start_tusk, files, tmp_path):
    """With status 0: the thread that waits for the file does not delay the exit."""
    if not HeldFile.possible(tmp_path):
        pytest.skip("needs root and fanotify to block access to a file")
    tusk = start_tusk(PHP_SCRIPTS, *flags(files))
    fresh = tmp_path / "fresh"
    shutil.copy(files["--tls-cert"], fresh)
    with HeldFile(fresh) as held:
        fresh.replace(files["--tls-cert"])
        wait_for(held.somebody_waits, "the server to open the file")
        tusk.signal(15)
        assert tusk.wait_for_exit() == 0
        tusk.wait_for_log("stopped")
