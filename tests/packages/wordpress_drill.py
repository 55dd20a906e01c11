"""WordPress and MariaDB, both Debian's, with tusk's packages in a bare Debian with systemd: it is installed over HTTP, and
serves its pages while tusk is reloaded, upgraded and downgraded. Run by `make package-test`, as root. One test goes on
where the one before has stopped, as an administrator does."""

import json
import re

import pytest

from harness.wait import wait_for
from packages.drilled import APT, PHP, boot, built, change_version, files, main_pid, page, processes

pytestmark = pytest.mark.timeout(1800)
# WordPress asks for `httpd` and `php`, which tusk's packages provide. The command line is for post() below.
NEEDED = f"wordpress wordpress-theme-twentytwentythree mariadb-server php{PHP}-cli"
FIELDS = {"weblog_title": "Tusk and Sons", "user_name": "grace", "admin_password": "Nanosecond-11.8-inches",
          "admin_password2": "Nanosecond-11.8-inches", "admin_email": "grace@example.org"}  # fmt: skip
SETTINGS = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'wordpress');
define('DB_PASSWORD', 'drill');
define('DB_HOST', 'localhost');
define('WP_CONTENT_DIR', '/srv/wordpress/wp-content');
define('WP_HTTP_BLOCK_EXTERNAL', true);
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    packages = [built("tusk"), built(f"tusk-engine-php{PHP}")]
    with boot("wordpress", packages, tmp_path_factory.mktemp("next"), NEEDED) as machine:
        yield machine


def post(machine, path: str, fields: dict) -> str:
    """A form as a browser sends it, by PHP's own command line."""
    script = (
        "<?php echo file_get_contents('http://127.0.0.1' . $argv[1], false, stream_context_create(['http' => ["
        "'method' => 'POST', 'header' => 'Content-Type: application/x-www-form-urlencoded',"
        " 'content' => http_build_query(json_decode($argv[2], true))]]));"
    )
    (machine.root / "var/drill/post.php").write_text(script)
    return machine.call(f"php /var/drill/post.php '{path}' '{json.dumps(fields)}'")


def test_wordpress_is_installed(machine):
    """Debian's package is content with tusk as its web server. `tusk init` recognises the application."""
    print(machine.call(f"{APT} install /var/drill/now/*.deb {NEEDED}"))
    assert not re.search(r"^ii +(apache2|nginx|libapache2-mod)", machine.call("dpkg -l"), re.M)
    machine.call("systemctl start mariadb; mysql -e \"CREATE DATABASE wordpress; CREATE USER wordpress@localhost"
                 " IDENTIFIED BY 'drill'; GRANT ALL ON wordpress.* TO wordpress@localhost\"")  # fmt: skip
    machine.call("mkdir /srv/wordpress; cp -rL /usr/share/wordpress/. /srv/wordpress"
                 "; cp -rL /var/lib/wordpress/wp-content/. /srv/wordpress/wp-content"
                 "; mkdir -p /srv/wordpress/wp-content/uploads; chown -R tusk: /srv/wordpress/wp-content")  # fmt: skip
    (machine.root / "etc/wordpress/config-default.php").write_text(SETTINGS)
    machine.call("chgrp tusk /etc/wordpress/config-default.php")
    assert "WordPress" in machine.call("tusk init --root /srv/wordpress --host 127.0.0.1 --yes 2>&1")
    machine.call("systemctl reload tusk")
    assert "install" in page(machine)
    assert "Success!" in post(machine, "/wp-admin/install.php?step=2", FIELDS)
    assert "<title>Tusk and Sons</title>" in page(machine)
    assert "Hello world!" in page(machine, "http://127.0.0.1/?p=1")


def test_reload_loses_no_request(machine):
    pid = main_pid(machine)
    with machine.clients(path="/"):
        machine.call("echo 'php_workers = 3' >/etc/tusk/conf.d/50-workers.toml; systemctl reload tusk")
        machine.call("tusk reload --php")
    assert main_pid(machine) == pid and machine.call("tusk workers").count(" idle") == 3


def test_upgrade_and_downgrade_lose_no_request(machine):
    change_version(machine, "next", "/")
    change_version(machine, "now", "/")
    assert "<title>Tusk and Sons</title>" in page(machine)


def test_what_was_written_is_there(machine):
    """A comment that a visitor writes after all this is in the database, and WordPress runs its own tasks."""
    before = "SELECT COUNT(*) FROM wordpress.wp_comments"
    assert machine.call(f"mysql -Ne '{before}'").strip() == "1"
    comment = {"comment": "Well done", "author": "Ada", "email": "ada@example.org", "comment_post_ID": "1"}
    post(machine, "/wp-comments-post.php", comment)
    assert machine.call(f"mysql -Ne '{before}'").strip() == "2"
    assert page(machine, "http://127.0.0.1/wp-cron.php") == ""
    assert "PHP Fatal" not in machine.call("journalctl -u tusk -o cat")


def test_purge_leaves_the_application(machine):
    """The site and its database stay, and what an administrator has added to /etc/tusk. Of tusk nothing does."""
    print(machine.call(f"{APT} purge tusk 'tusk-engine-*' wordpress"))
    wait_for(lambda: processes(machine, "tusk") == [], "the end of all processes")
    machine.call("systemctl daemon-reload; systemctl reset-failed; test -f /srv/wordpress/wp-login.php")
    assert machine.call("find /etc/tusk -type f").split() == ["/etc/tusk/conf.d/50-workers.toml"]
    machine.call("rm -r /etc/tusk")
    assert files(machine) - machine.files_before == set()
