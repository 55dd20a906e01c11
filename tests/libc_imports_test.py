"""Checks the list of process-wide functions of libc. Every function of libc that libphp, one of
its libraries, opcache.so or, with Debian's PHP, one of its extensions in .so files imports, and that
is not thread-safe (static buffers, process-wide state, the environment, the locale, the time zone)
or acts on the whole process, must have a row in src/php/libc_functions.toml. A new import fails the
test, and so does a row for an import that is gone."""

import fnmatch
import re
import subprocess
import tomllib

import pytest

from harness.engine import is_thread_safe
from harness.php_build import extension_directory, is_debians, libphp, php_version
from harness.server import BINARY, REPOSITORY
from harness.worker_processes import HOST

TABLE = REPOSITORY / "src/php/libc_functions.toml"
SOURCES = REPOSITORY / "src/php"

# From the glibc manual's "MT-Unsafe" and "MT-Safe env, locale, race, sig, term" (and functions that
# it does not document), and from the manual pages of calls that act on the process. `*` matches any
# text.
UNSAFE = {
    "static buffers": """
        asctime ctime gmtime localtime strerror strsignal strtok dlerror localeconv nl_langinfo
        getpw* setpwent endpwent fgetpwent putpwent getgrent getgrnam getgrgid setgrent endgrent fgetgrent
        getspent getspnam setspent endspent fgetspent sgetspent getsgent getsgnam setsgent endsgent
        getservent getservbyname getservbyport setservent endservent
        getprotoent getprotobyname getprotobynumber setprotoent endprotoent
        gethostent gethostbyname gethostbyname2 gethostbyaddr sethostent endhostent
        getnetent getnetbyname getnetbyaddr setnetent endnetent
        getrpcent getrpcbyname getrpcbynumber setrpcent endrpcent getaliasent getaliasbyname
        setaliasent endaliasent getnetgrent setnetgrent endnetgrent innetgr
        inet_ntoa inet_nsap_ntoa inet_neta inet_net_ntop ether_ntoa ether_aton ether_line
        ttyname ptsname ctermid cuserid getlogin setlogin getpass getusershell setusershell endusershell
        tmpnam tempnam mktemp getmntent getfsent getfsspec getfsfile setfsent endfsent
        getttyent getttynam setttyent endttyent getutent getutid getutline getutxent getutxid
        getutxline pututline pututxline setutent setutxent endutent endutxent utmpname utmpxname
        crypt encrypt setkey fcrypt hcreate hsearch hdestroy ecvt fcvt qecvt qfcvt l64a a64l getdate
        readdir readdir64 hstrerror gai_strerror basename dirname re_comp re_exec
        getopt getopt_long getopt_long_only optind optarg opterr optopt
        res_init res_query res_search res_querydomain res_mkquery res_send _res __resp
        mblen mbtowc wctomb mbrlen mbrtowc wcrtomb mbsrtowcs mbsnrtowcs wcsrtombs wcsnrtombs
        mbrtoc16 c16rtomb mbrtoc32 c32rtomb tsearch tfind tdelete twalk lsearch lfind profil""",
    "random numbers of the process": """
        rand srand random srandom initstate setstate drand48 lrand48 mrand48 erand48 nrand48 jrand48
        srand48 seed48 lcong48""",
    "environment": "getenv secure_getenv putenv setenv unsetenv clearenv environ __environ _environ",
    "locale": """
        setlocale *gettext textdomain bindtextdomain bind_textdomain_codeset catopen catgets
        uselocale __uselocale""",
    "time zone and clock": """
        tzset mktime timelocal localtime_r ctime_r strftime strftime_l __strftime_l wcsftime
        __wcsftime_l strptime tzname timezone daylight __tzname __timezone __daylight ftime
        settimeofday stime adjtime adjtimex ntp_adjtime clock_settime clock_adjtime""",
    "log": "openlog closelog setlogmask syslog vsyslog __syslog_chk __vsyslog_chk",
    "signals and timers": """
        signal sigaction bsd_signal sysv_signal __sysv_signal sigset sighold sigrelse sigignore sigpause
        siginterrupt sigvec sigblock sigsetmask sigprocmask sigsuspend sigpending sigwait sigwaitinfo
        sigtimedwait sigaltstack signalfd sigqueue pthread_sigqueue kill killpg raise tgkill
        pthread_kill pthread_cancel psignal alarm ualarm setitimer timer_* pause""",
    "end of the process or thread": """
        exit _exit _Exit quick_exit atexit on_exit at_quick_exit abort __assert* __stack_chk_fail
        __chk_fail __*_chk err errx verr verrx error error_at_line pthread_exit thrd_exit""",
    "processes": """
        fork vfork clone system popen pclose posix_spawn* exec* fexecve wait wait3 wait4 waitid waitpid
        daemon forkpty login_tty pthread_atfork __register_atfork syscall""",
    "identity and limits": """
        setuid setgid seteuid setegid setreuid setregid setresuid setresgid setfsuid setfsgid
        setgroups initgroups chroot pivot_root mount umount umount2 umask chdir fchdir setsid setpgid
        setpgrp tcsetpgrp tcsetattr tcflush tcflow tcsendbreak vhangup nice setpriority getpriority
        sched_set* sched_getaffinity pthread_setaffinity_np pthread_setschedparam
        setrlimit setrlimit64 prlimit prlimit64 ulimit vlimit mlockall munlockall mlock mlock2 munlock
        personality prctl arch_prctl ptrace sethostname setdomainname sethostid reboot swapon swapoff
        acct quotactl init_module delete_module ioperm iopl unshare setns sync pthread_setconcurrency""",
    "descriptors and files of the process": """
        close_range closefrom ftruncate ftruncate64 flock lockf lockf64 fcntl fcntl64 fcloseall flushall
        freopen freopen64 setbuf setvbuf setbuffer setlinebuf""",
    "memory and code": """
        mmap mmap64 munmap mremap mprotect madvise mallopt malloc_trim mtrace muntrace brk sbrk
        dlopen dlmopen dlclose""",
    "wide walks": "ftw ftw64 nftw nftw64 wordexp glob glob64 scandir scandir64",
}  # fmt: skip

SECTIONS = ("replaced", "refused", "harmless", "ending")
# They have the functions that only a PHP imports that is not thread-safe.
SECTIONS_NTS = ("refused_nts", "harmless_nts")

# Exceptions to the patterns: safe, because their argument carries the state.
SAFE = {"getpwnam_r", "getpwuid_r", "getpwent_r", "fgetpwent_r"}


def unsafe(name: str) -> str | None:
    if name in SAFE:
        return None
    for kind, patterns in UNSAFE.items():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns.split()):
            return kind
    return None


def symbols(path, *options) -> set:
    listed = subprocess.run(["nm", "-D", *options, path], capture_output=True, text=True, check=True)
    return {line.split()[-1].partition("@")[0] for line in listed.stdout.splitlines() if line}


def loaded_with(library) -> dict:
    """Returns names and paths of everything that the program loads."""
    listed = subprocess.run(["ldd", library], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"(\S+) => (/\S+)", listed))


def extensions_in_files() -> set:
    """Returns Debian's extensions of the packages that the set-up installs; libphp has few inside."""
    if not is_debians():
        return set()
    listed = (REPOSITORY / "tools/setup/packages.debian-php").read_text()
    packages = re.findall(r"^php8[^\s#]+", listed, re.M) + [f"php{php_version()}-common"]
    files = subprocess.run(["dpkg", "-L", *packages], capture_output=True, text=True, check=True).stdout
    inside = str(extension_directory())
    return {line for line in files.splitlines() if line.startswith(inside) and line.endswith(".so")}


def importers() -> list:
    own = re.compile(r"(libc|libm|libpthread|libdl|librt|libgcc_s|ld-linux[\w-]*)\.so")
    found = {str(libphp()), *extensions_in_files()} - {opcache()}
    for library in list(found):
        found |= {path for name, path in loaded_with(library).items() if not own.match(name)}
    return sorted(found)


def opcache() -> str:
    return str(extension_directory() / "opcache.so")


def libc() -> str:
    return loaded_with(libphp())["libc.so.6"]


@pytest.fixture(scope="module")
def table() -> dict:
    return tomllib.loads(TABLE.read_text())


@pytest.fixture(scope="module")
def of_libc() -> set:
    return symbols(libc(), "--defined-only")


@pytest.fixture(scope="module")
def imported(of_libc) -> dict:
    """Returns the unsafe functions of libc, each with the libraries that import it."""
    found = {}
    for library in importers():
        for name in symbols(library, "--undefined-only") & of_libc:
            if unsafe(name):
                found.setdefault(name, set()).add(library.rpartition("/")[2])
    return found


def row_of(section: dict, name: str) -> str | None:
    if name in section:
        return section[name]
    return next((why for key, why in section.items() if fnmatch.fnmatchcase(name, key)), None)


def test_the_search_finds_known_imports(imported):
    """It reads the libraries, and finds functions that scripts are known to reach."""
    assert len(importers()) > 40
    expected = {"getservbyname", "openlog", "putenv", "setrlimit", "kill", "bindtextdomain"}
    assert expected <= set(imported)
    assert not unsafe("memcpy") and not unsafe("getpwnam_r") and not unsafe("read")


def test_every_unsafe_function_has_a_row(table, imported):
    """Replaced and refused functions are defined by the executable; harmless and ending ones
    have a reason."""
    names = SECTIONS if is_thread_safe() else SECTIONS + SECTIONS_NTS
    sections = [table[section] for section in names]
    missing = {
        f"{name} ({unsafe(name)}; {', '.join(sorted(by))})"
        for name, by in imported.items()
        if not any(row_of(section, name) for section in sections)
    }
    assert not missing, f"add a row for each to {TABLE.name}"


def test_no_row_is_stale(table, imported, of_libc):
    """Each function is still imported, and is in one section only. A row that nothing imports
    would be a claim that nobody checks."""
    both = [name for section in SECTIONS + SECTIONS_NTS for name in table[section]]
    assert len(both) == len(set(both))
    # A thread-safe PHP is built with more extensions.
    sections = SECTIONS if is_thread_safe() else SECTIONS_NTS
    rows = [name for section in sections for name in table[section]]
    idle = [row for row in rows if not any(fnmatch.fnmatchcase(name, row) for name in imported)]
    version = subprocess.run(["getconf", "GNU_LIBC_VERSION"], capture_output=True, text=True).stdout
    if version.split()[-1:] != ["2.36"]:
        pytest.skip("another version of libc, whose libraries import other functions")
    assert idle == []


@pytest.mark.parametrize("section", ["replaced", "refused", "refused_nts"])
def test_replaced_functions_are_exported(table, section):
    """The executable exports them, and the named source file exists."""
    ours = symbols(BINARY if is_thread_safe() else HOST, "--defined-only")
    assert set(table[section]) <= ours
    missing = {file for file in table[section].values() if not (SOURCES / file).is_file()}
    assert not missing


def test_harmless_functions_have_a_reason(table):
    """The reason is given in words."""
    for section in ("harmless", "harmless_nts", "ending", "opcache", "opcache_nts"):
        assert [name for name, why in table[section].items() if len(why.split()) < 3] == []


def test_opcache_has_rows_of_its_own(table, of_libc):
    """PHP opens OPcache with RTLD_DEEPBIND, so it calls libc's functions even if the executable
    defines its own."""
    names = {name for name in symbols(opcache(), "--undefined-only") & of_libc if unsafe(name)}
    rows = table["opcache"] | (table["opcache_nts"] if is_debians() else {})
    assert {name for name in names if not row_of(rows, name)} == set()
    assert [row for row in rows if not fnmatch.filter(names, row)] == []
