"""What is in deploy/ is well formed, asks for settings that there are, and publishes the same."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import crossplane
import kubernetes_validate
import pytest
import yaml

from bot.cli import parser
from bot.cluster_parts import nginx_conf
from bot.front import MOST_BYTES, PUBLISHED, REPEATABLE, Doors
from bot.paths import ROOT
from bot.settings import TABLE

DEPLOY = ROOT / "deploy"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
VARIABLES = {setting.variable for setting in TABLE}
DOORS = Doors("127.0.0.1", 5005, ("http://127.0.0.1:5006",), 5055, ("http://127.0.0.1:5056",))

Block = list[dict[str, Any]]


def in_place(folder: Path) -> Path:
    """The files for nginx, as docs/deploy.md puts them, in `folder`."""
    for path in (DEPLOY / "nginx").iterdir():
        text = path.read_text("utf-8").replace("/etc/nginx", str(folder))
        (folder / path.name).write_text(text.replace("/var/run", str(folder)), "utf-8")
    return folder / "nginx.conf"


def for_a_cluster(folder: Path) -> Path:
    """The file that `otto cluster` gives to nginx."""
    path = folder / "nginx.conf"
    path.write_text(nginx_conf(DOORS, folder, ()), encoding="utf-8")
    return path


CONFIGURATIONS = pytest.mark.parametrize("written", [in_place, for_a_cluster])


def parsed(path: Path) -> Block:
    found = crossplane.parse(str(path), combine=True, strict=True)
    assert found["errors"] == []
    return found["config"][0]["parsed"]


def all_of(block: Block, name: str) -> list[dict[str, Any]]:
    found = [each for each in block if each["directive"] == name]
    return found + [deep for each in block for deep in all_of(each.get("block", []), name)]


def servers(path: Path) -> Block:
    return [each for each in all_of(parsed(path), "server") if "block" in each]


def front(path: Path) -> Block:
    """The server that visitors meet."""
    return next(s["block"] for s in servers(path) if "limit_req" in str(s))


@CONFIGURATIONS
def test_nginx_can_read_its_configuration(written: Any, tmp_path: Path) -> None:
    assert parsed(written(tmp_path))


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx; crossplane read it")
@CONFIGURATIONS
def test_nginx_itself_agrees(written: Any, tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=otto"]
    key += ["-keyout", str(tmp_path / "tls" / "tls.key"), "-out", str(tmp_path / "tls" / "tls.crt")]
    subprocess.run(key, check=True, capture_output=True)
    subprocess.run(["nginx", "-t", "-e", "stderr", "-c", str(written(tmp_path))], check=True)


@CONFIGURATIONS
def test_nginx_publishes_what_is_for_visitors_and_nothing_else(
    written: Any, tmp_path: Path
) -> None:
    locations = all_of(front(written(tmp_path)), "location")
    exact = {each["args"][1] for each in locations if each["args"][0] == "="}
    assert exact == PUBLISHED
    (rest,) = [each for each in locations if each["args"] == ["/"]]
    assert [(each["directive"], each["args"]) for each in rest["block"]] == [("return", ["404"])]


@CONFIGURATIONS
def test_nginx_sends_only_that_again_which_is_answered_once(written: Any, tmp_path: Path) -> None:
    again = {
        each["args"][-1]
        for each in all_of(front(written(tmp_path)), "location")
        if any("non_idempotent" in d["args"] for d in all_of(each["block"], "proxy_next_upstream"))
    }
    assert again == REPEATABLE & PUBLISHED


@CONFIGURATIONS
@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("server_tokens", "off"),
        ("client_max_body_size", f"{MOST_BYTES // 1024}k"),
        ("limit_req_zone", "$binary_remote_addr"),
        ("proxy_buffering", "off"),
    ],
)
def test_nginx_is_careful(name: str, argument: str, written: Any, tmp_path: Path) -> None:
    assert argument in all_of(parsed(written(tmp_path)), name)[0]["args"]


@CONFIGURATIONS
def test_nginx_logs_neither_addresses_nor_what_was_asked(written: Any, tmp_path: Path) -> None:
    (log,) = all_of(parsed(written(tmp_path)), "log_format")
    written_down = set(re.findall(r"\$\{?(\w+)", " ".join(log["args"])))
    assert written_down.isdisjoint({"remote_addr", "binary_remote_addr", "args", "request_uri"})
    assert written_down.isdisjoint({"request", "http_user_agent", "http_referer", "request_body"})


@CONFIGURATIONS
def test_nginx_opens_no_standard_stream_which_may_be_a_socket(written: Any, tmp_path: Path) -> None:
    found = parsed(written(tmp_path))
    logs = [*all_of(found, "access_log"), *all_of(found, "error_log")]
    assert not [log for log in logs if log["args"][0].startswith("/dev/")]


def test_nginx_ends_tls_and_leaves_nothing_without_it(tmp_path: Path) -> None:
    plain, encrypted = servers(in_place(tmp_path))
    assert [each["args"][0] for each in all_of([plain], "return")] == ["301"]
    assert all_of([encrypted], "ssl_protocols")[0]["args"] == ["TLSv1.2", "TLSv1.3"]


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text("utf-8")) if each]


MANIFESTS = [
    pytest.param(each, id=f"{path.stem}-{each['kind']}-{each.get('metadata', {}).get('name')}")
    for path in KUBERNETES
    for each in documents(path)
    if each["kind"] != "Kustomization"
]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [each for path in KUBERNETES for each in documents(path) if each["kind"] == kind]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_kubernetes_knows_every_field(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.28", strict=True)


def test_kubernetes_gets_every_file() -> None:
    (whole,) = of_kind("Kustomization")
    assert {*whole["resources"], "kustomization.yaml"} == {path.name for path in KUBERNETES}


def test_the_ingress_publishes_the_same_as_nginx() -> None:
    published = {
        path["path"]: rules["metadata"]["annotations"]
        for rules in of_kind("Ingress")
        for path in rules["spec"]["rules"][0]["http"]["paths"]
        if path["pathType"] == "Exact"
    }
    assert published.keys() == PUBLISHED
    again = "nginx.ingress.kubernetes.io/proxy-next-upstream"
    assert {
        path for path, notes in published.items() if "non_idempotent" in notes[again]
    } == REPEATABLE & PUBLISHED


@pytest.mark.parametrize("deployment", of_kind("Deployment"), ids=lambda d: d["metadata"]["name"])
def test_a_deployment_is_hardened_and_replaced_without_a_pause(deployment: dict[str, Any]) -> None:
    spec = deployment["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    pod = spec["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["resources"]["limits"]["memory"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    parser().parse_args(container["args"])
    assert not any("valueFrom" in variable for variable in container["env"])


@pytest.mark.parametrize("kind", ["PodDisruptionBudget", "HorizontalPodAutoscaler", "Service"])
def test_each_deployment_has_what_keeps_it_up(kind: str) -> None:
    deployments = {each["metadata"]["name"] for each in of_kind("Deployment")}
    assert {each["metadata"]["name"] for each in of_kind(kind)} == deployments


def test_no_secret_is_in_a_file() -> None:
    assert of_kind("Secret") == []
    (known,) = of_kind("ConfigMap")
    private = ("SECRET", "TOKEN", "DATABASE", "REDIS")
    assert not [name for name in known["data"] if any(word in name for word in private)]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text("utf-8"))
    return found


def test_compose_starts_every_part_and_watches_it() -> None:
    services = compose()["services"]
    assert services.keys() == {"nginx", "rasa", "actions", "postgres", "redis"}
    for name, service in services.items():
        assert service["restart"] == "always"
        assert service["mem_limit"]
        assert "healthcheck" in service or name == "nginx"
        # Only nginx can be reached from outside.
        assert ("ports" in service) == (name == "nginx")
        assert set(service.get("depends_on", {})) <= services.keys()
        assert set(service["networks"]) <= compose()["networks"].keys()
    assert compose()["networks"]["back"]["internal"] is True
    assert services["rasa"]["deploy"]["replicas"] > 1


@pytest.mark.parametrize("name", ["rasa", "actions"])
def test_compose_runs_otto_by_commands_that_there_are(name: str) -> None:
    service = compose()["services"][name]
    assert parser().parse_args(service["command"]).only == name
    assert service["read_only"] is True


def test_compose_finds_the_files_of_nginx() -> None:
    mounted = [each.split(":")[0] for each in compose()["services"]["nginx"]["volumes"]]
    given = [path for path in mounted if not path.endswith("/tls")]
    assert given
    assert all((DEPLOY / "compose" / path).exists() for path in given)


class Unit(configparser.ConfigParser):
    """A systemd unit, whose keys may come more than once and are not made small."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, interpolation=None, delimiters=("=",))
        self.optionxform = str  # type: ignore[assignment, method-assign]
        self.read(path, encoding="utf-8")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened_and_starts_again(path: Path) -> None:
    service = Unit(path)["Service"]
    assert service["Restart"] == "always"
    assert service["User"] == "otto"
    assert service["NoNewPrivileges"] == "true"
    assert service["ProtectSystem"] == "strict"
    assert service["MemoryMax"]
    program, *arguments = service["ExecStart"].split()
    assert program.endswith("/.venv/bin/otto")
    parser().parse_args(arguments)


def test_a_replica_of_systemd_has_the_port_in_its_name() -> None:
    assert Unit(DEPLOY / "systemd" / "otto@.service")["Service"]["Environment"] == "OTTO_PORT=%i"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_itself_agrees(path: Path, tmp_path: Path) -> None:
    # It looks for the program, which is not at its place here.
    name = path.name.replace("@", "@5006")
    text = path.read_text("utf-8").replace("/opt/otto/.venv/bin/otto", "/bin/true")
    (tmp_path / name).write_text(text.replace("otto-actions.service", ""), "utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(DEPLOY.rglob("*")) if p.is_file()],
    ids=lambda path: str(path.relative_to(DEPLOY)),
)
def test_every_setting_that_is_named_there_is_one(path: Path) -> None:
    named = set(re.findall(r"\bOTTO_[A-Z_]+\b", path.read_text("utf-8")))
    # The version is Compose's, for the image.
    assert named - {"OTTO_VERSION"} <= VARIABLES


def test_the_image_is_made_with_pinned_packages_and_runs_as_nobody() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    assert {line.split()[1] for line in lines if line.startswith("FROM")} == {"python:3.10-slim"}
    assert any(line.startswith("RUN") and "scripts/setup" in line for line in lines)
    assert "USER 10001" in lines
    setup = (ROOT / "scripts" / "setup").read_text("utf-8")
    assert "--require-hashes" in setup
