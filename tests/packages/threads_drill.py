"""tusk-php8.4, the PHP for threads, in a bare Debian with systemd: it serves without any PHP of Debian's, takes extensions
that tusk-ext builds, and takes the place of Debian's PHP and gives it back without losing a request. Run by
`make package-test`, as root, with the packages of `make package PACKAGE_ARGS=--threads`; tusk-ext needs Debian's archive.
One test goes on where the one before has stopped, as an administrator does."""

import shutil

import pytest

from harness.wait import wait_for
from packages.drilled import (
    APT,
    PACKAGES,
    PHP,
    boot,
    built,
    change_version,
    files,
    main_pid,
    page,
    processes,
)

pytestmark = [
    pytest.mark.skipif(not list(PACKAGES.glob("tusk-php8.4_*.deb")), reason="built without PACKAGE_ARGS=--threads"),
    pytest.mark.timeout(1800),
]

PROBE = """<?php echo json_encode(['zts' => (bool) PHP_ZTS, 'opcache' => opcache_get_status(false)['opcache_enabled'] ?? false,
  'database' => extension_loaded('mysqli') && extension_loaded('pdo_mysql'),
  'built' => array_values(array_filter(['apcu', 'igbinary', 'redis'], 'extension_loaded'))]);
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    packages = [built("tusk"), built("tusk-php8.4")]
    others = f"libphp{PHP}-embed php{PHP}-cli php{PHP}-opcache"
    with boot("threads", packages, tmp_path_factory.mktemp("next"), others) as machine:
        for name in (f"tusk-engine-php{PHP}", "tusk-php8.4-dev"):
            shutil.copy(built(name), machine.root / "var/drill")
        yield machine


def probe(machine) -> str:
    return page(machine, "http://127.0.0.1/probe.php", "php8.4-zts")


def engine(machine) -> str:
    """What runs scripts, as the names of the processes show it."""
    return "processes" if processes(machine, "tusk-php-host") else "threads"


def test_apt_install_serves_at_once(machine):
    """Without any package of Debian's PHP. All extensions load, which their libraries need to be there for."""
    print(machine.call(f"{APT} install /var/drill/now/*.deb"))
    assert machine.call("systemctl is-active tusk").strip() == "active"
    assert "tusk works" in page(machine, php="php8.4-zts")
    assert "php" not in machine.call("dpkg-query -W -f '${Package}\\n'").replace("tusk-php8.4", "")
    assert "warning" not in machine.call("tusk check --config /etc/tusk/tusk.toml 2>&1").lower()
    assert machine.call("php8.4-zts -m 2>&1 >/dev/null") == ""
    switched_on = machine.call("ls /etc/tusk/php8.4/conf.d | wc -l; ls /usr/lib/tusk/php8.4/lib/php/extensions/* | wc -l")
    assert len(set(switched_on.split())) == 1 and int(switched_on.split()[0]) > 20
    machine.call("mkdir /srv/probe; echo '<?php echo 1;' >/srv/probe/index.php")
    (machine.root / "srv/probe/probe.php").write_text(PROBE)
    machine.call("sed -i 's|^document_root = .*|document_root = \"/srv/probe\"|' /etc/tusk/tusk.toml")
    machine.call("systemctl reload tusk")
    assert probe(machine) == '{"zts":true,"opcache":true,"database":true,"built":[]}'
    assert engine(machine) == "threads"


def test_upgrade_loses_no_request(machine):
    change_version(machine, "next")
    assert engine(machine) == "threads"


def test_downgrade_loses_no_request(machine):
    change_version(machine, "now")
    assert engine(machine) == "threads"


def test_extensions_are_built_and_loaded_at_once(machine):
    """From Debian's archive, by the package's own php-config. The running tusk takes them without losing a request."""
    print(machine.call(f"{APT} install /var/drill/tusk-php8.4-dev_*.deb", network=True))
    pid = main_pid(machine)
    with machine.clients(number=2):
        print(machine.call("tusk-ext --install-depends install apcu igbinary redis", network=True, patience=1500))
    assert probe(machine).endswith('"built":["apcu","igbinary","redis"]}')
    assert main_pid(machine) == pid
    assert "redis" in machine.call("tusk-ext list")
    machine.call("tusk-ext remove redis")
    assert probe(machine).endswith('"built":["apcu","igbinary"]}')


def test_debians_php_takes_over_and_gives_back(machine):
    """With both packages tusk runs threads; when tusk-php8.4 is removed, the running tusk goes on with Debian's PHP."""
    print(machine.call(f"{APT} install /var/drill/tusk-engine-php*.deb"))
    assert engine(machine) == "threads"
    pid = main_pid(machine)
    with machine.clients():
        print(machine.call(f"{APT} remove tusk-php8.4"))
    assert main_pid(machine) == pid and engine(machine) == "processes"
    assert page(machine, "http://127.0.0.1/probe.php").startswith('{"zts":false,"opcache":true,')
    # What tusk-ext has built is gone with the PHP that it was built for.
    assert machine.call("find /usr/lib/tusk /etc/tusk -name '*apcu*'") == ""
    with machine.clients():
        print(machine.call("dpkg -i /var/drill/now/tusk-php8.4_*.deb"))
    assert main_pid(machine) == pid
    wait_for(lambda: engine(machine) == "threads", "the end of worker processes")
    assert probe(machine).startswith('{"zts":true,')


def test_purge_leaves_nothing(machine):
    print(machine.call(f"{APT} purge tusk 'tusk-*'; rm -r /srv/probe"))
    wait_for(lambda: processes(machine, "tusk") == [], "the end of all processes")
    machine.call("systemctl daemon-reload; systemctl reset-failed")
    assert files(machine) - machine.files_before == set()
