#!/usr/bin/python3
"""Measures Symfony and Laravel applications: booted by tusk for each request, resident in tusk,
rewound by tusk, and behind nginx with PHP-FPM. See README.md here."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from measure import application, build, machine, table  # noqa: E402
from measure.application import Answers, Application, Route  # noqa: E402
from measure.context import Context  # noqa: E402
from measure.errors import BenchError  # noqa: E402
from measure.sample import Row, Sample  # noqa: E402
from peers.applications import servers  # noqa: E402
from peers.nginx_fpm import nginx_build  # noqa: E402
from peers.peer import ServerPeer  # noqa: E402

SERVERS = ("plain", "resident", "preload", "processes", "rewind", "rewind-resident", "fpm")
DEFAULT_SERVERS = ("plain", "resident", "processes", "rewind", "fpm")

Results = dict[tuple[str, str], list[Sample]]  # by route and server: one of each round


def named_path(text: str) -> Route:
    name, separator, path = text.partition("=")
    if not separator or not path.startswith("/"):
        raise argparse.ArgumentTypeError("must be NAME=/PATH")
    return application.route(name, path)


def server_names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in SERVERS]:
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]}; there are {', '.join(SERVERS)}")
    return names


def parse_command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--symfony", type=Path, metavar="DIR", help="a Symfony project, installed for production")
    add("--laravel", type=Path, metavar="DIR",
        help="a Laravel project with Octane and public/frankenphp-worker.php, its configuration cached")
    add("--route", type=named_path, action="append", metavar="NAME=/PATH",
        help="default: page=/bench/page, json=/bench/json and session=/bench/session")
    add("--only", type=server_names, metavar="NAMES", default=list(DEFAULT_SERVERS),
        help=f"servers with commas between, of {', '.join(SERVERS)} (default: "
             f"{', '.join(DEFAULT_SERVERS)})")
    add("--fixed-files", action="store_true",
        help="opcache.validate_timestamps=0 for all servers; preload needs it")
    add("--workers", type=int, default=4, metavar="N", help="PHP workers of each server (default 4)")
    add("--max-requests", type=int, default=500, metavar="N",
        help="requests after which the framework boots anew (default 500, as the frameworks have it)")
    add("--rounds", type=int, default=3, help="each server runs once in each round (default 3)")
    add("--duration", type=int, default=5, metavar="S", help="length of one run (default 5)")
    add("--warm-up", type=int, default=2, metavar="S", help="time before each run (default 2)")
    add("--connections", type=int, default=16, metavar="N", help="connections of the client (default 16)")
    add("--tusk", type=Path, metavar="FILE", help="the program (default build/release/tusk)")
    add("--json", type=Path, metavar="FILE", help="also write all measurements to FILE")
    add("--markdown", action="store_true", help="also print the table of docs/resident.md")
    options = parser.parse_args()
    if options.symfony is None and options.laravel is None:
        parser.error("--symfony or --laravel must name a project; README.md says what it needs")
    if "preload" in options.only and not options.fixed_files:
        parser.error("preload needs --fixed-files")
    options.route = options.route or [application.route(name, f"/bench/{name}")
                                      for name in ("page", "json", "session")]
    return options


def measure_server(peer: ServerPeer, routes: list[Route], answers: Answers, context: Context,
                   results: Results) -> None:
    with peer.serve(context) as running:
        for route in routes:
            asked = route.with_visitors(running.port, context.work_dir)
            size = answers.check(peer.title, running.port, asked, running.log)
            running.run_load(asked, context, context.warm_up_seconds)
            sample = running.sample(asked, context, size)
            answers.check(peer.title, running.port, asked, running.log)
            results.setdefault((route.name, peer.key), []).append(sample)
            print(f"  {peer.title}, {route.path}: {sample.cpu_us:.0f} us, "
                  f"{sample.requests_per_s:,.0f} requests/s", file=sys.stderr, flush=True)


def measure(app: Application, options: argparse.Namespace, context: Context) -> dict[str, list[Row]]:
    """Returns the rows of each route; ratios refer to each server's base."""
    app.check()
    results, answers = Results(), Answers()
    peers = [peer for peer in servers(app, options.workers, options.route)
             if peer.key in options.only]
    for number in range(options.rounds):
        print(f"{app.title}, round {number + 1} of {options.rounds}", file=sys.stderr)
        for peer in peers:
            measure_server(peer, options.route, answers, context, results)
    return {route.name: [Row(peer.key, peer.title, results[route.name, peer.key],
                             results.get((route.name, peer.base))) for peer in peers]
            for route in options.route}


def ratio(row: Row, name: str) -> str:
    value = row.ratio(name)
    return "" if value is None else f"{value:.2f}"


def markdown(app: Application, rows: dict[str, list[Row]]) -> list[str]:
    return [f"| {app.title} | {name} | {row.title} | {row.median('cpu_us'):,.0f} | "
            f"{ratio(row, 'cpu_us')} | {row.median('requests_per_s'):,.0f} | "
            f"{ratio(row, 'requests_per_s')} | {row.median('p99_us') / 1000:.1f} | "
            f"{ratio(row, 'p99_us')} | {(row.median('pss_bytes') or 0) / 1e6:.0f} |"
            for name, of_route in rows.items() for row in of_route]


MARKDOWN_HEAD = """\
| application | route | server | CPU us/request | ratio | requests/s | ratio | p99 ms | ratio | memory MB |
|---|---|---|---|---|---|---|---|---|---|"""


def report(app: Application, rows: dict[str, list[Row]]) -> int:
    """Prints the tables of an application; returns the number of errors."""
    errors = 0
    for name, of_route in rows.items():
        print(f"\n{app.title}, {name}\n{table.render(of_route)}")
        for line in table.error_lines(of_route):
            print(line)
        errors += sum(sum(row.errors().values()) for row in of_route)
    busiest = max(sample.others_cores for of_route in rows.values() for row in of_route
                  for sample in row.samples)
    if busiest > 0.1:
        print(f"The machine was not ours alone: others took up to {busiest:.1f} of its "
              f"{machine.CORES} CPUs. Requests/s and p99 mean little; CPU time is less affected.")
    return errors


def run(options: argparse.Namespace, work_dir: Path) -> int:
    programs = build.find(build.RELEASE_DIR, options.tusk and options.tusk.resolve())
    context = Context(programs, programs.php_version, work_dir, options.connections,
                      options.duration, options.warm_up, work_dir)
    sessions = work_dir / "sessions"
    sessions.mkdir()
    with context.php_ini.open("a") as settings:
        settings.write(f'session.save_path="{sessions}"\n')
        if options.fixed_files:
            settings.write("opcache.validate_timestamps=0\n")
    facts = machine.describe() | {
        "php": programs.php_version, "nginx": nginx_build().partition("\n")[0].rpartition("/")[2],
        "workers": options.workers, "connections": options.connections}
    print(f"{facts['cores']} cores of {facts['cpu']}, Linux {facts['kernel']}; PHP {facts['php']} ZTS, "
          f"nginx {facts['nginx']}\n{options.workers} workers; wrk with 1 thread and "
          f"{options.connections} connections; medians of {options.rounds} x {options.duration} s; "
          "ratios to tusk, plain, and of rewind to plain with processes")
    apps = [make(directory.resolve(), options.max_requests)
            for make, directory in ((application.symfony, options.symfony),
                                    (application.laravel, options.laravel)) if directory]
    errors, lines, found = 0, [MARKDOWN_HEAD], {}
    for app in apps:
        rows = measure(app, options, context)
        errors += report(app, rows)
        lines += markdown(app, rows)
        found[app.name] = {name: [row.as_dict() for row in of_route]
                           for name, of_route in rows.items()}
    if options.markdown:
        print("\n" + "\n".join(lines))
    if options.json:
        options.json.write_text(json.dumps({"machine": facts, "applications": found}, indent=2) + "\n")
    if errors:
        print("There were errors: the figures above do not count.")
    return 1 if errors else 0


def main() -> int:
    options = parse_command_line()
    # So that every `finally` runs and no server is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work_dir = Path(tempfile.mkdtemp(prefix="tusk-frameworks-"))
    status = 1
    try:
        status = run(options, work_dir)
    except BenchError as error:
        print(f"frameworks: {error}", file=sys.stderr)
    finally:
        if status == 0:
            shutil.rmtree(work_dir, ignore_errors=True)
        else:
            print(f"  logs and configuration: {work_dir}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
