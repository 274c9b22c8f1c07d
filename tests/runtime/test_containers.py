"""docker-compose.yml, by the Compose specification's own schema, and by what it promises."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from .conftest import ROOT

COMPOSE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return services


def test_the_file_fits_the_compose_specification() -> None:
    # The schema (Apache-2.0) is the one that check-jsonschema ships.
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    validator = jsonschema.Draft7Validator(json.loads(schema.read_text()))
    errors = [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(yaml.safe_load(COMPOSE.read_text()))
    ]
    assert errors == []


def test_every_service_has_the_least_privilege(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_every_lasting_service_tells_its_health_and_restarts(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"postgres", "valkey", "prepare", "web", "worker", "extractor", "beat"}
    for name in set(services) - {"prepare"}:
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped", name


def test_nothing_opens_before_the_database_is_prepared(services: dict[str, dict[str, Any]]) -> None:
    assert services["prepare"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("web", "worker", "extractor", "beat"):
        assert services[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"


def test_no_secret_has_a_default(services: dict[str, dict[str, Any]]) -> None:
    text = COMPOSE.read_text()
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"):
        assert f"${{{secret}:?" in text
        assert f"${{{secret}:-" not in text
    # 18's image refuses a volume at the old place, /var/lib/postgresql/data.
    assert services["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_the_image_runs_as_nobody_special_and_from_the_lock() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "\nUSER 10001:10001\n" in dockerfile
    assert "--require-hashes -r /requirements/base.txt" in dockerfile
    for line in dockerfile.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists() or source in ("templates/", "static/"), source
    assert Path(ROOT / ".dockerignore").exists()
