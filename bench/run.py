#!/usr/bin/python3
"""Measures tusk beside its peers and prints one table. See README.md here for how to read it."""

import argparse
import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from measure import build, file_tree, machine, syscalls, table  # noqa: E402
from measure.context import Context  # noqa: E402
from measure.errors import BenchError  # noqa: E402
from measure.sample import Row, Sample  # noqa: E402
from measure.scenario import SCENARIOS, Scenario  # noqa: E402
from peers import BASELINES, ON_REQUEST, PEERS, Peer  # noqa: E402
from peers.nginx_fpm import nginx_build  # noqa: E402

# The peer that must handle a long load without one error.
STEADY_PEER = "tusk-ext"

# If other work uses more CPUs than this, the figures mean little.
NOISY_CORES = 0.1


def say(text: str = "") -> None:
    print(text, flush=True)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def peer_keys(text: str) -> list[str]:
    keys = [key.strip() for key in text.split(",") if key.strip()]
    for key in keys:
        if key not in PEERS:
            raise argparse.ArgumentTypeError(
                f"no peer is named {key!r}; there are {', '.join(PEERS)}")
    return keys


def parse_command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--scenario", action="append", choices=[*SCENARIOS, "all"], metavar="NAME",
        help=f"{', '.join(SCENARIOS)} or all; may be given several times (default hello)")
    add("--only", type=peer_keys, metavar="PEER,...", help=f"these peers only, of {', '.join(PEERS)}")
    add("--rounds", type=positive, default=3, help="each peer runs once in each round (default 3)")
    add("--duration", type=positive, default=8, metavar="S", help="length of one run (default 8)")
    add("--warm-up", type=positive, default=1, metavar="S", help="time before each run (default 1)")
    add("--connections", type=positive, default=64, metavar="N", help="connections of the client (default 64)")
    add("--steady", type=int, default=30, metavar="S",
        help=f"then run {STEADY_PEER} alone for S seconds without an error (default 30; 0: skip)")
    add("--quick", action="store_true", help="one round of 2 s: does it work?")
    add("--syscalls", action="store_true",
        help="count system calls per request with strace, instead of measuring time")
    add("--json", type=Path, metavar="FILE", help="also write all measurements to FILE")
    add("--build-dir", type=Path, default=build.RELEASE_DIR, metavar="DIR",
        help="build folder of the programs (default build/release)")
    add("--tusk", type=Path, metavar="FILE",
        help="measure this tusk instead of the one in the build folder")
    add("--frankenphp", type=Path, metavar="FILE",
        help="a FrankenPHP that was built against the same PHP, for the scenario resident")
    add("--no-build", action="store_true", help="use the programs without building them")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.duration, options.steady = 1, 2, 0
    names = options.scenario or ["hello"]
    options.scenarios = list(SCENARIOS.values()) if "all" in names else [
        SCENARIOS[name] for name in dict.fromkeys(names)]
    return options


def choose_peers(scenario: Scenario, options: argparse.Namespace) -> list[Peer]:
    if options.only is not None:
        wanted = list(options.only)
    elif options.syscalls:
        wanted = ["tusk-stub", "tusk-ext", "libphp"]
    else:
        wanted = [key for key in PEERS if key not in ON_REQUEST]
    if options.frankenphp is None and "frankenphp" in wanted:
        wanted.remove("frankenphp")
    return [peer for key, peer in PEERS.items() if key in wanted and key in scenario.peers]


def describe(context: Context, uses_nginx: bool) -> dict:
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return {
        **machine.describe(),
        "php": context.php_version,
        "nginx": nginx_build().partition("\n")[0].rpartition("/")[2] if uses_nginx else None,
        "wrk": wrk.partition(" [")[0].removeprefix("wrk "),
        "connections": context.connections,
        "seconds": context.seconds,
    }


def measure(scenario: Scenario, peers: list[Peer], rounds: int, context: Context) -> list[Row]:
    samples: dict[str, list[Sample]] = {peer.key: [] for peer in peers}
    for number in range(rounds):
        for peer in peers:
            sample = peer.measure(scenario, context)
            samples[peer.key].append(sample)
            rate = f", {sample.requests_per_s:,.0f} requests/s" if sample.requests_per_s else ""
            progress(f"  {scenario.name}, round {number + 1} of {rounds}, {peer.title}: "
                     f"{sample.cpu_us:.1f} us{rate}")
    baseline = next((samples[key] for key in BASELINES if key in samples), None)
    return [Row(peer.key, peer.title, samples[peer.key], baseline) for peer in peers]


def report(scenario: Scenario, rows: list[Row]) -> None:
    say()
    say(scenario.title)
    say(table.render(rows))
    for line in table.error_lines(rows):
        say(line)
    busiest = max(sample.others_cores for row in rows for sample in row.samples)
    if busiest > NOISY_CORES:
        say(f"The machine was not ours alone: others took up to {busiest:.1f} of its "
            f"{machine.CORES} CPUs. The figures mean little; measure again when it is quiet.")


def compare(rows: list[Row], one: str, other: str) -> None:
    """Prints a line with the ratios of two peers' CPU per request and rates, computed within
    each round."""
    found = {row.peer: row for row in rows}
    if one in found and other in found:
        pair = Row(one, found[one].title, found[one].samples, found[other].samples)
        say(f"{found[one].title} to {found[other].title}: CPU us/request x{pair.ratio('cpu_us'):.2f}, "
            f"requests/s x{pair.ratio('requests_per_s'):.2f}")


def hold(scenario: Scenario, seconds: int, context: Context) -> dict:
    """Runs one long load; returns whether there were errors."""
    peer = PEERS[STEADY_PEER]
    sample = peer.measure(scenario, dataclasses.replace(context, seconds=seconds))
    count = sum(sample.errors.values())
    say(f"\n{peer.title} for {seconds} s: {sample.requests:,} requests, {count} errors"
        + (f" ({sample.errors})" if count else "") + f", p99 {sample.p99_us / 1000:.2f} ms")
    return {"requests": sample.requests, "errors": sample.errors}


def run_scenarios(options: argparse.Namespace, context: Context) -> dict:
    chosen = [(scenario, choose_peers(scenario, options)) for scenario in options.scenarios]
    if not any(peers for _, peers in chosen):
        raise BenchError("none of these peers can run these scenarios")
    facts = describe(context, any("nginx" in peer.key for _, peers in chosen for peer in peers))
    say(f"{facts['cores']} cores of {facts['cpu']}, Linux {facts['kernel']}; PHP {facts['php']} ZTS"
        + (f", nginx {facts['nginx']}" if facts["nginx"] else ""))
    results: dict = {"machine": facts, "scenarios": {}}
    if options.syscalls:
        say(f"strace; wrk with {context.connections} connections for {context.seconds} s")
        for scenario, peers in chosen:
            counted = syscalls.count(peers, scenario, context)
            say(f"\n{scenario.title}\n{syscalls.render(peers, counted)}")
            results["scenarios"][scenario.name] = {"syscalls": counted}
        return results
    say(f"wrk with 1 thread and {context.connections} connections on the same machine; medians of "
        f"{options.rounds} x {context.seconds} s; ratios to nginx, or else to tusk ext")
    results["errors"] = 0
    for scenario, peers in chosen:
        rows = measure(scenario, peers, options.rounds, context)
        if not rows:
            continue
        report(scenario, rows)
        compare(rows, "tusk-ext", "tusk-php")
        results["errors"] += sum(sum(row.errors().values()) for row in rows)
        results["scenarios"][scenario.name] = [row.as_dict() for row in rows]
        if options.steady and scenario.name == "hello" and STEADY_PEER in [p.key for p in peers]:
            results["steady"] = hold(scenario, options.steady, context)
            results["errors"] += sum(results["steady"]["errors"].values())
    return results


def run(options: argparse.Namespace, work_dir: Path) -> int:
    build_dir = options.build_dir.resolve()
    if not options.no_build:
        progress("building tusk and libphp_alone")
        build.build(build_dir, work_dir / "build.log")
    programs = build.find(build_dir, options.tusk and options.tusk.resolve(),
                          options.frankenphp and options.frankenphp.resolve())
    context = Context(programs, programs.php_version, work_dir,
                      options.connections, options.duration, options.warm_up,
                      file_tree.make(work_dir / "root"))
    results = run_scenarios(options, context)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    if results.get("errors"):
        say("There were errors: the figures above do not count.")
        return 1
    return 0


def main() -> int:
    options = parse_command_line()
    # So that every `finally` runs and no server is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    work_dir = Path(tempfile.mkdtemp(prefix="tusk-bench-"))
    failed = False
    try:
        status = run(options, work_dir)
        failed = status != 0
        return status
    except BenchError as error:
        failed = True
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    finally:
        if failed:
            print(f"  logs and configuration: {work_dir}", file=sys.stderr)
        else:
            shutil.rmtree(work_dir, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
