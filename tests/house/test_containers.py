"""The container files, read only: no container is built or run by this suite."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.fixtures.bouncer import CONFIGURATION
from tests.house.sources import ROOT

IMAGE = re.compile(r"^[a-z][a-z0-9./-]*:\d+\.\d+[\w.-]*$")


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile: pairs of an instruction and the rest of its line."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = (line.strip() for line in text.splitlines())
    return [
        (word, " ".join(rest.split()))
        for word, _, rest in (line.partition(" ") for line in lines if line)
        if word != "#"
    ]


def last_stage() -> list[tuple[str, str]]:
    """Read what becomes the image."""
    found = instructions()
    start = max(index for index, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


@pytest.fixture
def services() -> dict[str, Any]:
    """The services of the compose file."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return services


def test_base_images():
    """Images are built in two stages from the same base, whose version is pinned."""
    bases = [rest.split(" AS ")[0] for word, rest in instructions() if word == "FROM"]

    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert IMAGE.match(bases[0])


def test_user():
    """The image runs as nobody in particular, by number, so that Kubernetes can tell."""
    users = [rest for word, rest in last_stage() if word == "USER"]

    assert users == ["10001:10001"]


def test_health():
    """The image tells whether it can serve, by the readiness of the database too."""
    (check,) = [rest for word, rest in last_stage() if word == "HEALTHCHECK"]
    command = json.loads(check.partition("CMD ")[2])

    compile(command[2], "HEALTHCHECK", "exec")
    assert "/readyz" in command[2]


def test_locked():
    """Packages come from the lock, by hash."""
    installed = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]

    assert "--require-hashes -r requirements.lock" in installed[0]
    assert "--no-deps" in installed[1]


def test_ignored():
    """The image is built from listed files only; every file copied is among them."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        name
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    ]

    assert "*" in lines
    assert sorted(copied) == sorted(line[1:] for line in lines if line.startswith("!"))
    assert all((ROOT / name).exists() for name in copied)


def test_images_of_services(services: dict[str, Any]):
    """Images that are not built here have a pinned version."""
    images = [service["image"] for service in services.values() if "image" in service]

    assert images
    assert [image for image in images if not IMAGE.match(image)] == []


def test_order_of_services(services: dict[str, Any]):
    """The application waits for a healthy database and for the migrations."""
    assert "healthcheck" in services["database"]
    assert services["app"]["depends_on"] == {
        "database": {"condition": "service_healthy"},
        "migrations": {"condition": "service_completed_successfully"},
    }


def test_secrets_of_services(services: dict[str, Any]):
    """No secret has a value of its own: without one, nothing starts."""
    secrets = [
        value
        for service in services.values()
        for name, value in service.get("environment", {}).items()
        if any(word in name for word in ("PASSWORD", "SECRET", "URL"))
    ]

    assert len(secrets) == 5
    assert [value for value in secrets if not re.search(r"\$\{[A-Z_]+:\?", value)] == []


def test_bouncer(services: dict[str, Any]):
    """PgBouncer is started on demand, and accepts what the application sends at the start."""
    content = yaml.safe_load((ROOT / "compose.yaml").read_text())["configs"]["bouncer"]["content"]
    ours = CONFIGURATION.split("ignore_startup_parameters = ")[1].splitlines()[0]

    assert services["bouncer"]["profiles"] == ["bouncer"]
    assert "pool_mode = transaction" in content
    assert f"ignore_startup_parameters = {ours}\n" in content


def test_ports_of_services(services: dict[str, Any]):
    """Ports are open on this machine only; the database's is not at all."""
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    assert "ports" not in services["database"]
