"""Runs a program as Docker runs it in a container without capabilities: under a filter of system calls that
answers as Docker's default profile does, and as the user nobody.

    /usr/bin/python3 tests/harness/container.py PROGRAM [ARGUMENT...]

The profile names what is allowed. Here is what it does not allow to a process without capabilities, so that every
other call is allowed, and one that is newer than the profile does not exist (ENOSYS). This file needs nothing of
the tests: launcher() hands over its text, because the user may not be able to read it."""

import ctypes
import errno
import os
import pwd
import signal
import sys
from pathlib import Path

USER = "nobody"

DENIED = frozenset(
    # the tree of files and its devices
    "mount umount2 move_mount open_tree mount_setattr fsopen fsconfig fsmount fspick pivot_root chroot swapon swapoff "
    "open_by_handle_at fanotify_init quotactl quotactl_fd acct nfsservctl sysfs ustat "
    # namespaces; those of clone() are below
    "unshare setns "
    # the kernel and its modules
    "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register add_key request_key keyctl "
    "init_module finit_module delete_module create_module query_module get_kernel_syms kexec_load kexec_file_load "
    "reboot syslog lookup_dcookie uselib _sysctl "
    # other processes, and where memory lies; ptrace() and process_vm_readv() are allowed since Linux 4.8
    "kcmp pidfd_getfd process_madvise get_mempolicy set_mempolicy set_mempolicy_home_node mbind migrate_pages move_pages "
    # the machine
    "clock_settime settimeofday sethostname setdomainname iopl ioperm vhangup "
    # numbers without a function
    "afs_syscall getpmsg putpmsg security tuxcall vserver".split()
)
NAMESPACES = 0x7E020000  # the flags of clone(): CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, ...
PERSONALITIES = (0, 8, 0x20000, 0x20008, 0xFFFFFFFF)
CIPHERS, VIRTUAL_MACHINES = 38, 40  # the families of sockets that are denied
NEWEST = 462  # of the calls that the profile knows

_ALLOW = 0x7FFF0000
_LESS, _EQUAL, _GREATER, _MASKED_EQUAL = 2, 4, 6, 7
_NO_NEW_PRIVILEGES = 3  # an attribute of the filter
_NEEDED = (6, 7, 8, 21)  # CAP_SETGID, CAP_SETUID, CAP_SETPCAP, CAP_SYS_ADMIN
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP = 1, 24


class _Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def _errno(number: int) -> int:
    return 0x00050000 | number


def is_possible() -> bool:
    """Whether libseccomp is here, and this process may filter without `no_new_privs` and change its user."""
    status = Path("/proc/self/status").read_text()
    effective = int(status.partition("CapEff:\t")[2].split()[0], 16)
    return _library() is not None and all(effective >> capability & 1 for capability in _NEEDED)


def _library():
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_char_p
    library.seccomp_syscall_resolve_num_arch.argtypes = [ctypes.c_uint32, ctypes.c_int]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Comparison)]
    library.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    return library


def _comparisons(name: str) -> list:
    """With which arguments the call is allowed: one of these, or with any if there is none."""
    if name == "clone":
        return [_Comparison(0, _MASKED_EQUAL, NAMESPACES, 0)]
    if name == "personality":
        return [_Comparison(0, _EQUAL, which, 0) for which in PERSONALITIES]
    if name == "socket":
        return [_Comparison(0, _LESS, CIPHERS, 0), _Comparison(0, _EQUAL, CIPHERS + 1, 0),
                _Comparison(0, _GREATER, VIRTUAL_MACHINES, 0)]
    return []


def filter_calls() -> None:
    library = _library()
    filtered = library.seccomp_init(_errno(errno.EPERM))

    def must(failed: int) -> None:
        if failed:
            raise OSError(-failed, os.strerror(-failed))

    def add(action: int, number: int, *comparison) -> None:
        must(library.seccomp_rule_add_array(filtered, action, number, len(comparison),
                                            (_Comparison * len(comparison))(*comparison)))

    # As Docker does unless it is told --security-opt no-new-privileges.
    must(library.seccomp_attr_set(filtered, _NO_NEW_PRIVILEGES, 0))
    architecture = library.seccomp_arch_native()
    for number in range(NEWEST + 50):
        name = (library.seccomp_syscall_resolve_num_arch(architecture, number) or b"").decode()
        if number > NEWEST or name == "clone3":
            add(_errno(errno.ENOSYS), number)
        elif name and name not in DENIED:
            for comparison in _comparisons(name) or [None]:
                add(_ALLOW, number, *([comparison] if comparison else []))
    must(library.seccomp_load(filtered))


def become(user: str) -> None:
    """The user, who gets no capability back, not by executing a program either."""
    libc = ctypes.CDLL(None, use_errno=True)
    account = pwd.getpwnam(user)
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(*[account.pw_gid] * 3)
    os.setresuid(*[account.pw_uid] * 3)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # the change of the user has forgotten it


def launcher() -> tuple:
    """The words before a command."""
    return (sys.executable, "-c", Path(__file__).read_text())


if __name__ == "__main__":
    filter_calls()
    become(USER)
    os.execvp(sys.argv[1], sys.argv[1:])
