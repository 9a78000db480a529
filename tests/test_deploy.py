"""What `deploy/` holds is right as far as can be told without a container or a service manager that runs."""

import getpass
import json
import os
import re
import shutil
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from gateway.cli import app
from gateway.serving import KEPT_SECONDS, STOP_SECONDS
from gateway.settings import Settings, unknown_variables
from tests.patience import ENOUGH

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
INSTRUCTIONS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in (DEPLOY / "Dockerfile").read_text().replace("\\\n", "").splitlines()
    if line and not line.startswith("#")
]
SERVED = [COMPOSE["services"][name] for name in ("gateway-1", "gateway-2")]


def test_the_image_is_built_of_what_is_there():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    taken = {line[1:] for line in ignored if line.startswith("!")}
    for name, rest in INSTRUCTIONS:
        if name == "COPY" and not rest.startswith("--from="):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source.split("/")[0] in taken, source
    stages = {rest.split(" AS ")[1] for name, rest in INSTRUCTIONS if name == "FROM" and " AS " in rest}
    assert {stage for _, rest in INSTRUCTIONS for stage in re.findall(r"^--from=(\S+)", rest)} == stages
    assert "*.db.key" in (DEPLOY / "Dockerfile.dockerignore").read_text()


def test_the_image_runs_a_command_that_there_is_as_nobody_in_particular():
    last = dict(INSTRUCTIONS[max(n for n, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :])
    assert last["USER"] not in ("0", "root")
    assert json.loads(last["ENTRYPOINT"]) == ["gateway"]
    command, *options = json.loads(last["CMD"])
    known = {option for each in get_command(app).commands[command].params for option in each.opts}
    assert {each for each in options if each.startswith("--")} <= known
    assert "/readyz" in last["HEALTHCHECK"]
    _, _, check = json.loads(last["HEALTHCHECK"].split(" CMD ")[1])
    compile(check, "HEALTHCHECK", "exec")


def lint(*command):
    """Run a linter of this environment, which must have nothing to say."""
    done = subprocess.run(
        [Path(sys.executable).parent / command[0], *command[1:]],
        capture_output=True,
        text=True,
        timeout=ENOUGH,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_linters_take_the_image_and_the_services():
    lint("hadolint", DEPLOY / "Dockerfile")
    lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_images_come_by_their_names_alone():
    images = [rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"]
    images += [each["image"] for each in COMPOSE["services"].values()]
    for image in images:
        assert re.fullmatch(r"[a-z]+(:[\w.-]+)?", image), image


def test_two_gateways_stand_behind_the_one_proxy_that_they_trust():
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert re.search(r"reverse_proxy (.+) \{", caddy)[1] == "gateway-1:8000 gateway-2:8000"
    assert "health_uri /readyz\n" in caddy
    assert "health_interval 1s\n" in caddy  # for which a gateway that has stopped is still asked
    assert int(re.search(r"\tkeepalive (\d+)s", caddy)[1]) < KEPT_SECONDS
    proxy = COMPOSE["services"]["proxy"]["networks"]["default"]["ipv4_address"]
    assert ip_address(proxy) in ip_network(COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"])
    for each in SERVED:
        assert each["environment"]["GATEWAY_TRUSTED_PROXIES"] == proxy
        assert "ports" not in each
        assert int(each["stop_grace_period"].removesuffix("s")) > STOP_SECONDS
        assert each["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert COMPOSE["services"]["migrate"]["command"] == ["migrate"]
    volumes = {each.split(":")[0] for one in COMPOSE["services"].values() for each in one.get("volumes", [])}
    assert {each for each in volumes if not each.startswith(".")} == set(COMPOSE["volumes"])
    assert all((DEPLOY / each).is_file() for each in volumes if each.startswith("."))


def test_the_settings_are_ones_that_there_are(monkeypatch):
    for name, value in SERVED[0]["environment"].items():
        if name.startswith("GATEWAY_"):
            monkeypatch.setenv(name, re.sub(r"\$\{.*\}", "", value))
    assert unknown_variables() == []
    assert Settings.from_environment().database_url == "postgresql://gateway@database/gateway"


NGINX = (DEPLOY / "nginx.conf").read_text()


def test_nginx_passes_on_what_callers_need():
    given = dict(re.findall(r"^\s*(?:proxy_set_header )?(\w[\w-]*) (\S+);$", NGINX, re.MULTILINE))
    assert given["client_max_body_size"] == "0"  # the gateway's own limits are larger
    assert given["proxy_request_buffering"] == "off"
    assert given["proxy_http_version"] == "1.1"
    assert given["X-Forwarded-For"] == "$remote_addr"  # not what the caller says of itself
    assert (given["Upgrade"], given["Connection"]) == ("$http_upgrade", "$gateway_connection")
    assert int(given["proxy_read_timeout"].removesuffix("s")) > 20
    compressed = re.search(r"location ~ (\S+) \{[^}]*gzip on;\s*gzip_types ([^;]*);", NGINX)
    assert [path for path in ("/graphql", "/graphql/", "/v1/requests") if re.search(compressed[1], path)] == [
        "/graphql",
        "/graphql/",
    ]
    assert compressed[2].split() == ["application/json", "application/graphql-response+json"]  # no streams
    assert "keepalive_timeout" not in NGINX  # whose default of 60 s for an upstream is less than ours
    assert KEPT_SECONDS > 60


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx")
def test_the_server_is_one_that_nginx_takes(tmp_path):
    site = re.sub(r"\tlisten \[.*;\n", "", NGINX).replace("listen 80", f"listen unix:{tmp_path}/nginx.sock")
    (tmp_path / "site.conf").write_text(site)
    paths = "".join(
        f"{name}_temp_path {tmp_path};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    http = f"http {{ access_log off; {paths} include {tmp_path}/site.conf; }}"
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; events {{}} {http}")
    command = ["nginx", "-t", "-e", f"{tmp_path}/error.log", "-c", f"{tmp_path}/nginx.conf"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ENOUGH)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("caddy") is None, reason="there is no Caddy")
def test_the_proxy_is_one_that_caddy_takes(tmp_path):
    done = subprocess.run(
        ["caddy", "validate", "--config", DEPLOY / "Caddyfile", "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        timeout=ENOUGH,
        env={**os.environ, "SITE": ":8080", "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_the_unit_is_one_that_systemd_takes(tmp_path):
    unit = (DEPLOY / "gateway.service").read_text()
    assert "User=gateway\nGroup=gateway\n" in unit
    assert "Restart=always\n" in unit
    assert "StartLimitIntervalSec=0\n" in unit.partition("[Service]")[0]
    assert int(re.search(r"TimeoutStopSec=(\d+)", unit)[1]) > STOP_SECONDS
    # It names what an installation has and this machine has not.
    unit = unit.replace("/opt/gateway/bin/gateway", sys.executable)
    unit = unit.replace("=gateway\nGroup=gateway", f"={getpass.getuser()}")
    (tmp_path / "gateway.service").write_text(unit)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / "gateway.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
