"""contrib/kubernetes: every name, port, path and time in it fits the others and tusk, and tusk understands the
configuration as it is mounted. With kustomize and kubernetes-validate installed, also what the API server would say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from harness.server import PHP_SCRIPTS, REPOSITORY, run_tusk
from integration.contrib_test import known_metrics

KUBERNETES = REPOSITORY / "contrib/kubernetes"
IMAGE = REPOSITORY / "packaging/container"
# Values of another program, and no resource.
NO_RESOURCES = {KUBERNETES / "autoscaling/adapter.yaml"}


def documents(path: Path) -> list:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def resources() -> dict:
    """Every resource by kind and name; a name that comes twice is a mistake."""
    found = {}
    for path in sorted(KUBERNETES.rglob("*.yaml")):
        if path.name == "kustomization.yaml" or path in NO_RESOURCES:
            continue
        for each in documents(path):
            key = (each["kind"], each["metadata"]["name"])
            assert key not in found and each["apiVersion"], key
            found[key] = each
    return found


@pytest.fixture(scope="module")
def all_resources():
    found = resources()
    assert len(found) >= 9
    return found


@pytest.fixture(scope="module")
def pod(all_resources):
    return all_resources["Deployment", "tusk"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def container(pod):
    [container] = pod["containers"]
    return container


def seconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", text).groups()
    return float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def option(name: str, path: Path = KUBERNETES / "base/tusk.toml") -> str:
    return re.search(rf'^{name} = "?([^"\n]*)"?', path.read_text(), re.M)[1]


def test_kustomizations_name_files_that_are_there():
    """And every file belongs to one."""
    used = set(NO_RESOURCES)
    for path in KUBERNETES.rglob("kustomization.yaml"):
        [content] = documents(path)
        names = content.get("resources", []) + content.get("components", [])
        for generator in content.get("configMapGenerator", []):
            names = names + generator["files"]
        for name in names:
            target = (path.parent / name).resolve()
            assert target.is_file() or (target / "kustomization.yaml").is_file(), f"{path}: {name}"
            used.add(target)
    left = {path for path in KUBERNETES.rglob("*") if path.suffix in (".yaml", ".toml")} - used
    assert {path.name for path in left} == {"kustomization.yaml"}


def test_ports_and_paths_of_the_probes_exist(all_resources, container):
    """The internal server has the pages, and needs no token for them."""
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert str(ports["internal"]) in option("internal_addr")
    assert ports["http"] == int(re.search(r'^listen = \[":(\d+)"\]', (IMAGE / "tusk.toml").read_text(), re.M)[1])
    pages = (REPOSITORY / "src/admin/pages.cc").read_text()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        get = container[probe]["httpGet"]
        assert get["port"] == "internal"
        assert re.search(rf'Entry\{{"{get["path"]}", [^}}]*true\}}', pages), f"{get['path']} is not open to all"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health", "a pod that drains must not be restarted"
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    named = {"tusk": set(ports), "redis": {"redis"}}
    for (kind, _), resource in all_resources.items():
        if kind == "Service":
            of = "redis" if resource["metadata"]["name"] == "redis" else "tusk"
            assert {port["targetPort"] for port in resource["spec"]["ports"]} <= named[of]
        if kind == "NetworkPolicy":
            assert {p["port"] for rule in resource["spec"]["ingress"] for p in rule["ports"]} == set(ports)
        if kind == "Ingress":
            for rule in resource["spec"]["rules"]:
                for path in rule["http"]["paths"]:
                    backend = path["backend"]["service"]
                    service = all_resources["Service", backend["name"]]
                    assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}


def test_the_end_of_a_pod_leaves_time_for_the_drain(pod, container):
    """docs/operating.md: drain_delay + drain_timeout + 25 s; and drain_delay is longer than the readiness probe and
    the proxies take to notice."""
    needed = seconds(option("drain_delay")) + seconds(option("drain_timeout")) + 25
    assert pod["terminationGracePeriodSeconds"] >= needed
    probe = container["readinessProbe"]
    assert seconds(option("drain_delay")) > probe["periodSeconds"] * probe["failureThreshold"]
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] > seconds(option("warm_up_timeout"))


def test_the_pod_may_do_no_more_than_it_must(pod, container):
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    allowed = container["securityContext"]
    assert allowed["readOnlyRootFilesystem"] and not allowed["allowPrivilegeEscalation"]
    assert allowed["capabilities"] == {"drop": ["ALL"]}
    user = int(re.search(r"^ARG USER_ID=(\d+)", (IMAGE / "Dockerfile").read_text(), re.M)[1])
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == user


def test_what_is_mounted_is_what_the_configuration_names(all_resources, pod, container):
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert set(mounts) == {volume["name"] for volume in pod["volumes"]}
    assert mounts["tmp"] == option("temp_dir", IMAGE / "tusk.toml")
    assert option("internal_token_file") == mounts["internal-token"] + "/token"
    include = re.search(r'^include = \["(.*)"\]', (IMAGE / "tusk.toml").read_text(), re.M)[1]
    assert mounts["configuration"] + "/*.toml" == "/etc/tusk/" + include
    secret = next(each["secret"]["secretName"] for each in pod["volumes"] if each["name"] == "internal-token")
    [endpoint] = all_resources["ServiceMonitor", "tusk"]["spec"]["endpoints"]
    assert endpoint["authorization"]["credentials"] == {"name": secret, "key": "token"}
    assert secret in (KUBERNETES / "example/kustomization.yaml").read_text()


def test_the_service_monitor_finds_the_service(all_resources):
    monitor = all_resources["ServiceMonitor", "tusk"]["spec"]
    service = all_resources["Service", "tusk-internal"]
    # The first label comes from base/kustomization.yaml.
    [base] = documents(KUBERNETES / "base/kustomization.yaml")
    labels = service["metadata"]["labels"] | base["labels"][0]["pairs"]
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    assert monitor["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_the_autoscaler_asks_for_figures_that_are_made(all_resources):
    """The adapter makes each of them, from metrics and labels that tusk has."""
    scaler = all_resources["HorizontalPodAutoscaler", "tusk"]["spec"]
    assert ("Deployment", scaler["scaleTargetRef"]["name"]) in all_resources
    [adapter] = documents(KUBERNETES / "autoscaling/adapter.yaml")
    rules = {rule["name"]["as"]: rule for rule in adapter["rules"]["custom"]}
    assert {metric["pods"]["metric"]["name"] for metric in scaler["metrics"]} == set(rules)
    known = known_metrics()
    for rule in rules.values():
        name = re.match(r"\w+", rule["seriesQuery"])[0]
        assert name in known
        labels = set(re.findall(r"(\w+)=~?\"", rule["metricsQuery"])) | set(re.findall(r"\(le\b", rule["metricsQuery"]) and ["le"])
        assert labels <= known[name], labels
    states = re.search(r"`tusk_workers`.*`state`: ([\w, ]+)", (REPOSITORY / "docs/metrics.md").read_text())[1]
    assert {"busy", "idle"} <= set(states.split(", "))


def mounted(directory: Path, *files: Path) -> Path:
    """The files in a directory, as the kubelet makes it of a ConfigMap: links to what ..data links to."""
    number = len(list(directory.glob("..20*"))) if directory.exists() else 0
    content = directory / f"..2026_11_29_{number}"
    content.mkdir(parents=True)
    for path in files:
        shutil.copy(path, content)
        if not (directory / path.name).is_symlink():
            (directory / path.name).symlink_to(f"..data/{path.name}")
    (directory / "..new").symlink_to(content.name)
    (directory / "..new").rename(directory / "..data")
    return directory


@pytest.fixture
def etc(tmp_path) -> Path:
    """/etc/tusk of a pod, with paths that exist here."""
    etc = tmp_path / "etc"
    etc.mkdir()
    (tmp_path / "token").write_text("0123456789abcdef0123456789abcdef")
    text = (IMAGE / "tusk.toml").read_text()
    (etc / "tusk.toml").write_text(text.replace('"/app/public"', f'"{PHP_SCRIPTS}"').replace(":8080", "127.0.0.1:0"))
    text = (KUBERNETES / "base/tusk.toml").read_text()
    text = text.replace("/etc/tusk/secrets/token", str(tmp_path / "token")).replace('":9090"', '"127.0.0.1:0"')
    text = text.replace('warm_up = ["/"]', 'warm_up = ["/hello.php"]')
    (tmp_path / "tusk.toml").write_text(text)
    mounted(etc / "conf.d", tmp_path / "tusk.toml")
    return etc


def test_tusk_understands_the_configuration(etc):
    """Each key is an option, and the ConfigMap overrides the image's file."""
    mounted(etc / "more", KUBERNETES / "example/zz-shop.toml")
    text = (etc / "tusk.toml").read_text().replace('["conf.d/*.toml"]', '["conf.d/*.toml", "more/*.toml"]')
    (etc / "tusk.toml").write_text(text)
    done = run_tusk("config", "--config", etc / "tusk.toml")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^php_workers = 8 ", done.stdout, re.M), done.stdout
    assert re.search(r"^rate_limit = 300 ", done.stdout, re.M), done.stdout
    assert "tcp://redis:6379" in done.stdout and "unknown" not in done.stderr


def test_a_changed_config_map_is_read_at_a_reload(start_tusk, etc, tmp_path):
    """`kubectl exec POD -- tusk reload`, once the kubelet has changed the links: a value changes in place."""
    text = (tmp_path / "tusk.toml").read_text().split("[php]")[0].replace('drain_delay = "8s"', 'drain_delay = "0s"')
    (tmp_path / "tusk.toml").write_text(text)
    mounted(etc / "conf.d", tmp_path / "tusk.toml")
    tusk = start_tusk(None, "--config", etc / "tusk.toml", supervised=True)
    [server] = tusk.server_pids()
    (tmp_path / "tusk.toml").write_text(text + 'log_level = "warn"\n')
    mounted(etc / "conf.d", tmp_path / "tusk.toml")
    done = tusk.command("reload")
    assert (done.returncode, done.stdout) == (0, "applied without a new generation: log_level\n"), done.stderr
    assert tusk.server_pids() == [server] and tusk.get("/hello.php").status_code == 200


@pytest.mark.parametrize("directory", ["base", "example"])
def test_the_api_server_would_take_it(directory, tmp_path):
    """By Kubernetes' own schemas, with kustomize and kubernetes-validate where they are installed."""
    kustomize, validate = shutil.which("kustomize"), shutil.which("kubernetes-validate")
    if not kustomize or not validate:
        pytest.skip("needs kustomize (Go) and kubernetes-validate (PyPI) in PATH")
    built = subprocess.run([kustomize, "build", KUBERNETES / directory], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (tmp_path / "all.yaml").write_text(built.stdout)
    for version in ("1.27", "1.30"):
        done = subprocess.run(
            [validate, "-k", version, "--strict", tmp_path / "all.yaml"], capture_output=True, text=True
        )
        report = done.stdout + done.stderr
        assert done.returncode == 0 and "ERROR" not in report and report.count("passed") >= 6, report
