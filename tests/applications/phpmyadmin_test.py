"""phpMyAdmin 5.2 (Debian trixie's package) on MariaDB, used as a person with a browser does:
pages, and the requests of its scripts. One script answers nearly everything, with long answers:
imports, and exports in several formats."""

import gzip
import io
import re
import zipfile

import pytest

from applications import packages
from applications.mariadb import MariaDB
from applications.page import Page
from applications.picture import png

CONFIGURATION = """<?php
$cfg['blowfish_secret'] = '0123456789abcdef0123456789abcdef';
$cfg['Servers'][1]['auth_type'] = 'cookie';
$cfg['Servers'][1]['host'] = 'localhost';
$cfg['Servers'][1]['socket'] = '{socket}';
"""

# Pages for a chosen table; each needs many templates and queries.
PAGES = """/server/databases /server/status /server/status/advisor /server/variables /server/engines
/database/structure /database/search /database/designer /database/qbe /database/export
/table/structure /table/search /table/operations /table/export /table/import /table/change
/table/chart /preferences/features""".split()


def assemble(directory, socket):
    """Puts the package's files into one directory, and adapts their paths."""
    tree = packages.unpacked("phpmyadmin")
    root = packages.copy(tree / "usr/share/phpmyadmin", directory / "phpmyadmin", "doc", "locale")
    php = packages.copy(tree / "usr/share/php", directory / "php")
    data, etc = directory / "data", directory / "etc"
    (data / "tmp").mkdir(parents=True)
    etc.mkdir()
    (etc / "config.inc.php").write_text(CONFIGURATION.format(socket=socket))
    places = {
        "/usr/share/phpmyadmin/": f"{root}/",
        "/usr/share/php/": f"{php}/",
        "/var/lib/phpmyadmin/": f"{data}/",
        "/etc/phpmyadmin/": f"{etc}/",
    }
    packages.rewrite(php, places)
    for name in ("autoload.php", "libraries/vendor_config.php"):
        text = (root / name).read_text()
        for old, new in places.items():
            text = text.replace(old, new)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def database():
    server = MariaDB(["herd"])
    yield server
    server.stop()


@pytest.fixture(scope="module")
def site(database, serve_application, tmp_path_factory):
    root = assemble(tmp_path_factory.mktemp("phpmyadmin"), database.socket)
    return serve_application(root, {"memory_limit": "256M"}, option=())


class Admin:
    """The browser of a user who has logged in, with the token that every request of a script
    carries."""

    def __init__(self, client, password=MariaDB.password):
        self.client = client
        form = Page(client.get("/")).form(id="login_form")
        fields = {"pma_username": MariaDB.user, "pma_password": password}
        self.welcome = client.post("/" + form.action, data=form.filled(fields))
        token = re.search(r'token:"([^"]+)"', self.welcome.text)
        self.token = token and token[1]

    def post(self, route, files=None, **fields):
        fields = {"server": 1, "db": "herd", "token": self.token, **fields}
        return self.client.post("/index.php", params={"route": route}, data=fields, files=files)

    def ask(self, route, files=None, **fields):
        answer = self.post(route, files, ajax_request="1", **fields)
        assert answer.headers["content-type"].startswith("application/json"), answer.text[:300]
        assert answer.json()["success"], answer.text[:1000]
        return answer.json()["message"]

    def export(self, **fields):
        chosen = {"table_select[]": "tusk", "table_structure[]": "tusk", "table_data[]": "tusk"}
        return self.post(
            "/export",
            export_type="database",
            export_method="quick",
            quick_or_custom="custom",
            output_format="sendit",
            asfile="sendit",
            filename_template="@DATABASE@",
            charset="utf-8",
            **chosen,
            **fields,
        )


@pytest.fixture(scope="module")
def admin(site):
    with site.new_client(follow_redirects=True) as client:
        admin = Admin(client)
        assert "login_form" not in admin.welcome.text
        admin.ask(
            "/sql",
            sql_query="CREATE TABLE tusk (id INT AUTO_INCREMENT PRIMARY KEY, name TEXT, pic LONGBLOB)",
        )
        admin.ask("/sql", sql_query="INSERT INTO tusk (name) VALUES ('Ada'), ('象牙 & <b>')")
        yield admin


def test_log_in(site):
    """A wrong password is refused; the right one is kept in an encrypted cookie until the
    log-out."""
    with site.new_client(follow_redirects=True) as client:
        refused = Admin(client, "wrong")
        assert "Access denied" in refused.welcome.text and "login_form" in refused.welcome.text
        admin = Admin(client)
        assert admin.welcome.history[0].status_code == 302
        assert "pmaAuth-1" in client.cookies and "s3cret" not in str(client.cookies)
        assert "herd" in client.get("/index.php?route=/server/databases").text
        gone = admin.post("/logout")
        assert gone.history[0].status_code == 302 and "login_form" in gone.text
        assert "login_form" in client.get("/index.php?route=/server/databases").text


def test_every_page_and_what_it_loads(site, admin, no_complaints):
    """Including style sheets, scripts and pictures; a script's version is in its query."""
    loaded = set()
    for route in PAGES:
        where = {"route": route, "db": "herd", "table": "tusk", "server": 1}
        page = admin.client.get("/index.php", params=where)
        assert page.status_code == 200 and "</html>" in page.text, (route, page.status_code)
        loaded |= set(re.findall(r'(?:src|href)="((?:\./)?(?:js|themes)/[^"#]+)"', page.text))
    assert len(loaded) > 50
    for address in loaded:
        answer = admin.client.get("/" + address.removeprefix("./").replace("&amp;", "&"))
        kind = answer.headers["content-type"].split(";")[0]
        assert answer.status_code == 200, address
        assert kind.startswith("image/") or kind in ("text/css", "text/javascript"), address
    no_complaints(site)


def test_queries(admin):
    answer = admin.ask("/sql", sql_query="SELECT * FROM tusk")
    assert "Ada" in answer and "象牙 &amp; &lt;b&gt;" in answer
    wrong = admin.post("/sql", ajax_request="1", sql_query="SELECT * FROM nothing")
    assert not wrong.json()["success"] and "1146" in wrong.json()["error"]


def test_import_and_export(admin):
    """2000 statements in an upload; all rows come back as SQL, compressed once, and as CSV."""
    names = [f"row {n} {'ivory ' * 20}" for n in range(2000)]
    statements = "".join(f"INSERT INTO tusk (name) VALUES ('{name}');\n" for name in names)
    admin.ask(
        "/import",
        files={"import_file": ("rows.sql.gz", gzip.compress(statements.encode()), "application/gzip")},
        import_type="database",
        format="sql",
        charset_of_file="utf-8",
        sql_compatibility="NONE",
        sql_delimiter=";",
    )
    as_sql = {"what": "sql", "sql_structure_or_data": "structure_and_data", "sql_insert_syntax": "both"}
    plain = admin.export(compression="none", sql_max_query_size="50000", **as_sql)
    assert plain.headers["content-disposition"] == 'attachment; filename="herd.sql"'
    assert plain.text.count("ivory " * 20) == 2000
    as_csv = {
        "what": "csv",
        "csv_separator": ",",
        "csv_enclosed": '"',
        "csv_escaped": '"',
        "csv_terminated": "AUTO",
        "csv_null": "NULL",
        "csv_structure_or_data": "data",
    }
    zipped = admin.export(compression="zip", **as_csv)
    assert "content-encoding" not in zipped.headers
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        assert archive.read(archive.namelist()[0]).count(b"ivory " * 20) == 2000
    packed = admin.export(compression="gzip", **as_csv)
    assert gzip.decompress(packed.content).count(b"ivory " * 20) == 2000


def test_a_picture_in_a_row(admin):
    """It is uploaded by the form for a new row, and downloaded from there."""
    picture = png(64, 48)
    where = {"route": "/table/change", "db": "herd", "table": "tusk"}
    form = Page(admin.client.get("/index.php", params=where)).form(id="insertForm")
    # Columns are named by hashes; the form has several rows.
    column = next(name for name, value in form.fields.items() if value == "pic")
    upload = column.replace("fields_name", "fields_upload")
    fields = form.filled({"submit_type": "save", "after_insert": "back"})
    files = {upload: ("a.png", picture, "image/png")}
    saved = admin.client.post("/" + form.action, data=fields, files=files)
    assert "1 row inserted." in saved.text
    rows = admin.ask("/sql", sql_query="SELECT * FROM tusk WHERE pic IS NOT NULL")
    link = re.search(r'href="(index\.php\?route=/table/get-field[^"]+)"', rows)[1]
    stored = admin.client.get("/" + link.replace("&amp;", "&"))
    assert stored.content == picture and "attachment" in stored.headers["content-disposition"]
