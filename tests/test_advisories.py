"""docs/advisories.yml speaks of the packages that are locked, and of tests that there are."""

import datetime
import re

import pytest
import yaml

from bot.paths import ROOT
from tests.named import is_a_test

LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
LOCKED = re.compile(r"(?m)^([a-z0-9][a-z0-9._-]*)==([^ \\\n]+)")
CONTENT = yaml.safe_load((ROOT / "docs" / "advisories.yml").read_text(encoding="utf-8"))
PACKAGES = CONTENT["packages"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_version_that_changed_calls_for_another_look(package: str) -> None:
    versions = {version for name, version in LOCKED.findall(LOCK) if name == package}
    assert PACKAGES[package]["version"] in versions, "look at its advisories again"


@pytest.mark.parametrize("package", PACKAGES)
def test_each_says_whether_otto_can_be_reached_and_why(package: str) -> None:
    row = PACKAGES[package]
    assert row["affected"] is False or row["reachable"] is False
    assert row["why"].endswith(".")
    for advisory in row["advisories"]:
        assert re.fullmatch(r"CVE-\d{4}-\d{4,}|GHSA(-[a-z0-9]{4}){3}", advisory)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_names_tests_that_there_are(package: str) -> None:
    tests = PACKAGES[package]["tests"]
    assert tests
    assert [test for test in tests if not is_a_test(test)] == []


def test_it_says_when_it_was_looked_at() -> None:
    assert isinstance(CONTENT["looked_at"], datetime.date)


def test_every_package_is_locked_by_its_hash() -> None:
    for entry in re.split(r"(?m)^(?=[a-z0-9])", LOCK):
        assert not LOCKED.match(entry) or "--hash=sha256:" in entry
