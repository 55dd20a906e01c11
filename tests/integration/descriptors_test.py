"""Descriptors: whose they are, and which numbers they have."""

import re
import subprocess

import pytest

from harness.php_build import php_prefix
from harness.server import BINARY, REPOSITORY

# Functions of libc that make descriptors or close them. Those that also close what they open before
# they return (glob, scandir, getaddrinfo) need no entry.
MAKERS = r"""
    (__)?open(at)?(64)?(_2)? creat(64)? mk(o?)stemps?(64)? memfd_create fopen(64)? freopen(64)?
    tmpfile(64)? opendir socket socketpair accept4? recvm?msg pipe2? openpty forkpty posix_openpt getpt
    eventfd epoll_create1? timerfd_create signalfd inotify_init1? fanotify_init perf_event_open
    userfaultfd pidfd_open pidfd_getfd shm_open mq_open dup[23]? fcntl(64)? io_uring_setup
    open_by_handle_at fsopen fsmount open_tree
    close closedir fclose fcloseall close_range closefrom
""".split()


def _symbols(path, *options) -> set:
    listed = subprocess.run(["nm", "-D", *options, path], capture_output=True, text=True, check=True)
    return {line.split()[-1].partition("@")[0] for line in listed.stdout.splitlines() if line}


def _libraries() -> list:
    """libphp and what is loaded with it, but for libc."""
    libphp = php_prefix() / "lib/libphp.so"
    listed = subprocess.run(["ldd", libphp], capture_output=True, text=True, check=True).stdout
    others = re.findall(r"=> (/\S+)", listed)
    return [str(libphp)] + [path for path in others if not re.search(r"/(libc|ld-\w+|libm)\.so", path)]


@pytest.mark.skipif(not (REPOSITORY / "tools/setup/php.sh").exists(), reason="needs the build of PHP")
def test_every_maker_of_descriptors_is_ours():
    """Each function of libc by which PHP or a library of its makes a descriptor goes through the
    ledger (src/php/libc_descriptors.cc). A new one that appears here needs a function of ours."""
    pattern = re.compile("|".join(f"(?:{maker})" for maker in MAKERS))
    ours = _symbols(BINARY, "--defined-only")
    libraries = _libraries()
    assert len(libraries) > 10
    imported = {}
    for library in libraries:
        for name in _symbols(library, "--undefined-only"):
            if pattern.fullmatch(name):
                imported.setdefault(name, []).append(library.rpartition("/")[2])
    assert {"open", "socket", "close", "fcntl"} <= set(imported)
    assert {name: by for name, by in imported.items() if name not in ours} == {}
