"""resident_doctor: transactions that a request leaves open, of each extension, in servers that are real."""

import re

import pytest

from applications import postgresql
from applications.mariadb import MariaDB
from applications.postgresql import PostgreSQL
from harness.server import PHP_SCRIPTS

ROOT = PHP_SCRIPTS / "resident_doctor"
needs_postgresql = pytest.mark.skipif(
    not postgresql.is_there(), reason="no PostgreSQL: tools/setup/deps.sh test unpacks it")

MYSQL = ("mysqli", "MyMysqli", "PDO mysql")
PGSQL = ("PgSql\\Connection", "PDO pgsql")


@pytest.fixture(scope="module")
def mysql():
    server = MariaDB(["doctor"])
    yield {"TEST_MYSQL": server.socket, "TEST_USER": server.user, "TEST_PASSWORD": server.password}
    server.stop()


@pytest.fixture(scope="module")
def pgsql():
    server = PostgreSQL()
    yield {"TEST_PGSQL": server.data, "TEST_USER": server.user}
    server.stop()


def examine(start_tusk, env: dict, kind: str, *requests) -> tuple:
    """Sends the requests to one script, and returns the classes whose transactions the log tells of."""
    server = start_tusk(ROOT, "--resident", ROOT / "databases.php", "--resident-workers", 1, "--resident-doctor",
                        env=env)

    def get(**params):
        response = server.get("/databases.php", params={"kind": kind, **params})
        assert (response.status_code, response.text) == (200, "ok"), server.log()

    get()  # what others are compared with
    for params in requests:
        get(**params)
    server.stop()
    found = re.findall(r'left a transaction open what="transaction of ([^"]+)"', server.log())
    return tuple(name.replace("\\\\", "\\") for name in found)


def check(start_tusk, env: dict, kind: str) -> None:
    left = {"do": "BEGIN;SELECT 1"}
    # The requests after it do not end it: that is the same finding.
    assert examine(start_tusk, env, kind, left, {}, {}) == (kind.partition(" ")[0],)
    clean = ({"do": "BEGIN;SELECT 1;COMMIT"}, {"do": "BEGIN;ROLLBACK"}, {"do": "SELECT 1"})
    assert examine(start_tusk, env, kind, *clean) == ()
    # A connection that nobody holds is closed. pg_connect() itself holds the last one, which is the default of pg_query().
    is_held = kind == "PgSql\\Connection"
    assert examine(start_tusk, env, kind, left | {"drop": 1}) == ((kind,) if is_held else ())


@pytest.mark.parametrize("kind", MYSQL)
def test_mysql(start_tusk, mysql, kind):
    check(start_tusk, mysql, kind)


@needs_postgresql
@pytest.mark.parametrize("kind", PGSQL)
def test_pgsql(start_tusk, pgsql, kind):
    check(start_tusk, pgsql, kind)


def test_mysql_transactions_end_with_their_connection(start_tusk, mysql):
    """Also one that the server begins by itself, with the first statement after autocommit was turned off."""
    assert examine(start_tusk, mysql, "mysqli", {"do": "BEGIN;SELECT 1;close"}) == ()
    table = "CREATE TABLE IF NOT EXISTS t (a INT) ENGINE=InnoDB;SET autocommit=0;INSERT INTO t VALUES (1)"
    assert examine(start_tusk, mysql, "mysqli", {"do": table}) == ("mysqli",)


@needs_postgresql
def test_a_failed_transaction_is_open_too(start_tusk, pgsql):
    """PostgreSQL refuses all that follows in it until it is rolled back."""
    [native, _] = PGSQL
    assert examine(start_tusk, pgsql, native, {"do": "BEGIN;SELECT nothing"}) == (native,)
    assert examine(start_tusk, pgsql, native, {"do": "BEGIN;close"}) == ()
