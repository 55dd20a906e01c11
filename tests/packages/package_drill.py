"""The Debian packages in a bare Debian with systemd: `apt install` serves at once; upgrades of tusk and of PHP lose no
request; purge leaves nothing. Run by `make package-test`, as root, with the packages of build/packages. One test goes
on where the one before has stopped, as an administrator does."""

import re
import shutil

import pytest

from harness.wait import wait_for
from packages import debs
from packages.drilled import APT, PHP, boot, built, change_version, files, main_pid, page, processes

# A busy machine takes minutes to install PHP.
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    packages = [built("tusk"), built(f"tusk-engine-php{PHP}")]
    with boot("drill", packages, tmp_path_factory.mktemp("next"), "logrotate") as machine:
        yield machine


def test_apt_install_serves_at_once(machine):
    """One command on a bare Debian brings PHP, the service, and a page."""
    print(machine.call(f"{APT} install /var/drill/now/*.deb"))
    assert machine.call("systemctl is-active tusk").strip() == "active"
    text = page(machine)
    assert "tusk works" in text and "<?" not in text
    assert machine.call("systemctl show -p User --value tusk").strip() == "tusk"
    assert {user for user in machine.call("ps -C tusk,tusk-server -o user=").split()} == {"tusk"}
    assert "warning" not in machine.call("tusk check --config /etc/tusk/tusk.toml 2>&1")


def test_init_serves_the_application(machine):
    """The package's own file is replaced without a question, and the new one is checked as the service's user."""
    machine.call("mkdir -p /srv/shop/public && touch /srv/shop/artisan"
                 " && echo '<?php echo \"shop \", $_SERVER[\"REQUEST_URI\"];' >/srv/shop/public/index.php")  # fmt: skip
    text = machine.call("tusk init --root /srv/shop --host shop.example --yes 2>&1")
    assert "Laravel in /srv/shop/public" in text and "as user tusk" in text and "systemctl reload tusk" in text
    machine.call("systemctl reload tusk")
    assert page(machine, "http://127.0.0.1/any/page") == "shop /any/page"
    machine.call("rm -r /srv/shop; cp /usr/share/tusk/tusk.toml /etc/tusk/; systemctl reload tusk")
    assert "tusk works" in page(machine)


def test_the_service_is_confined(machine):
    """Scripts cannot write outside, gain rights, or see others' processes."""
    machine.call("mkdir -p /srv/probe && cat >/srv/probe/index.php <<'E'\n"
                 "<?php echo json_encode([\n"
                 "  'etc' => @file_put_contents('/etc/tusk-probe', ''), 'srv' => is_writable('/srv'),\n"
                 "  'user' => posix_getpwuid(posix_geteuid())['name'],\n"
                 "  'new' => trim(shell_exec('grep NoNewPrivs /proc/self/status')),\n"
                 "  'init' => @file_get_contents('/proc/1/cmdline'),\n"
                 "  'temp' => strlen(file_get_contents('data:,x')), 'save' => session_save_path(),\n"
                 "  'session' => session_start()]);\nE\n")  # fmt: skip
    machine.call("sed -i 's|^document_root = .*|document_root = \"/srv/probe\"|' /etc/tusk/tusk.toml")
    machine.call("systemctl reload tusk")
    text = page(machine)
    assert '"etc":false' in text and '"user":"tusk"' in text and '"session":true' in text
    assert "NoNewPrivs:\\t1" in text and '"init":false' in text
    assert '"save":"\\/var\\/lib\\/tusk\\/sessions"' in text


def test_reload_loses_no_request(machine):
    """`systemctl reload` takes a new configuration, and refuses a wrong one with its reason."""
    pid = main_pid(machine)
    with machine.clients():
        machine.call("sed -i 's/^#php_workers = 8/php_workers = 3/' /etc/tusk/tusk.toml; systemctl reload tusk")
        machine.call("echo 'slow_request = \"9s\"' >/etc/tusk/conf.d/50-slow.toml; systemctl reload tusk")
        machine.call("echo 'no_option = 1' >/etc/tusk/conf.d/60-wrong.toml")
        machine.call("systemctl reload tusk || true", check=False)
    assert main_pid(machine) == pid and "3 workers" in machine.call("journalctl -u tusk -o cat")
    assert "unknown key 'no_option'" in machine.call("journalctl -u tusk -o cat")
    machine.call("rm /etc/tusk/conf.d/60-wrong.toml; systemctl reload tusk")


def test_upgrade_loses_no_request(machine):
    """A higher version is installed: the process id stays, and all processes run the new files."""
    change_version(machine, "next")
    assert "generation" in machine.call("tusk status")


def test_downgrade_loses_no_request(machine):
    """The version before is installed again."""
    change_version(machine, "now")


def test_an_update_of_php_takes_effect_at_once(machine, tmp_path_factory):
    """A higher version of libphp is installed: PHP starts anew, the server process stays."""
    cached = next((machine.root / "var/cache/apt/archives").glob(f"libphp{PHP}-embed_*.deb"))
    newer = debs.with_higher_version(cached, tmp_path_factory.mktemp("php"))
    shutil.copy(newer, machine.root / "var/drill/newer-php.deb")
    servers, hosts = processes(machine, "tusk-server"), processes(machine, "tusk-php-host")
    with machine.clients():
        print(machine.call("dpkg -i /var/drill/newer-php.deb"))
    assert processes(machine, "tusk-server") == servers
    # The new hosts serve when dpkg has ended; the old ones end when their last requests have.
    before = {pid for pid, _ in hosts}
    wait_for(lambda: not before & {pid for pid, _ in processes(machine, "tusk-php-host")}, "the old hosts' end")
    after = processes(machine, "tusk-php-host")
    assert after
    libraries = machine.call(f"grep libphp /proc/{after[0][0]}/maps")
    assert "(deleted)" not in libraries


def test_logrotate_takes_the_access_log(machine):
    """A rotation has tusk open a new file, and no line is lost between."""
    machine.call(f"{APT} install logrotate")
    machine.call("logrotate --force /etc/logrotate.d/tusk")
    page(machine)
    wait_for(lambda: "GET" in machine.call("cat /var/log/tusk/access.log"), "a line in the new file")
    assert "GET" in machine.call("cat /var/log/tusk/access.log.1")


def test_a_crash_and_an_oom_kill_end_no_service(machine):
    """A worker that is killed, as the OOM killer does, is replaced."""
    pid = main_pid(machine)
    machine.call(f"kill -9 {processes(machine, 'tusk-php-host')[-1][0]}")
    wait_for(lambda: "etc" in page(machine), "an answer")
    assert main_pid(machine) == pid


def test_socket_activation_is_an_option(machine):
    """systemd opens the port, and the first request starts the service."""
    machine.call("systemctl disable --now tusk.service; systemctl enable --now tusk.socket")
    assert machine.call("systemctl is-active tusk || true", check=False).strip() == "inactive"
    assert '"user":"tusk"' in page(machine)
    assert machine.call("systemctl is-active tusk").strip() == "active"
    machine.call("systemctl disable --now tusk.socket; systemctl stop tusk; systemctl enable --now tusk.service")


def test_a_port_that_is_taken_fails_no_installation(machine):
    """The package is installed, and says what to do."""
    machine.call("mkdir /var/drill/other; echo taken >/var/drill/other/index.html")
    machine.call("systemctl stop tusk; systemd-run --unit taken php -S 127.0.0.1:80 -t /var/drill/other")
    wait_for(lambda: "taken" in machine.call("php -r 'echo @file_get_contents(\"http://127.0.0.1/\");'"), "that server")
    text = machine.call("dpkg --purge tusk; rm -rf /etc/tusk; dpkg -i /var/drill/now/tusk_*.deb")
    assert "Is its port taken?" in text
    assert machine.call("dpkg-query -W -f '${Status}' tusk") == "install ok installed"
    machine.call("systemctl stop taken; systemctl restart tusk")
    assert "tusk works" in page(machine)


def test_purge_leaves_nothing(machine):
    """No file, user, unit or process of tusk is there afterwards."""
    machine.call("rm -rf /srv/probe")
    print(machine.call(f"{APT} purge tusk 'tusk-engine-*'"))
    wait_for(lambda: processes(machine, "tusk") == [], "the end of all processes")
    machine.call("systemctl daemon-reload; systemctl reset-failed")
    assert files(machine) - machine.files_before == set()
    assert not re.search(r"^tusk", machine.call("dpkg -l | awk '{ print $2 }'"), re.M)
