"""What a release needs: one version in three files, a tag that fits, workflows on a short lead."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from pages import ROOT

sys.path.append(str(ROOT / ".github" / "release"))
import recipe

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FILES = ("pyproject.toml", "CITATION.cff", "CHANGELOG.md")


def differences(project, citation, changelog):
    """Yield where the texts of the three files do not speak of one release."""
    version = tomllib.loads(project)["project"]["version"]
    cited = yaml.safe_load(citation)
    number, day = re.search(r"^## (\S+) - (\S+)$", changelog, re.MULTILINE).groups()
    if cited["version"] != version:
        yield f"CITATION.cff has version {cited['version']}, pyproject.toml {version}"
    if number != version:
        yield f"CHANGELOG.md begins with {number}, pyproject.toml has {version}"
    if (released := str(cited.get("date-released", "unreleased"))) != day:
        yield f"CITATION.cff says {released}, CHANGELOG.md {day}"


def texts():
    return [(ROOT / name).read_text(encoding="utf-8") for name in FILES]


def test_three_files_speak_of_one_release():
    assert [*differences(*texts())] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (0, r'^version = ".*"', 'version = "9.9.9"', "pyproject.toml 9.9.9"),
        (1, r"^version: .*", "version: 9.9.9", "CITATION.cff has version 9.9.9"),
        (2, r"^## \S+ - ", "## 9.9.9 - ", "CHANGELOG.md begins with 9.9.9"),
        (2, r"(^## \S+ - )\S+", r"\g<1>1999-12-31", "CHANGELOG.md 1999-12-31"),
    ],
)
def test_files_that_speak_of_another_release_are_found(file, old, new, said):
    changed = texts()
    changed[file] = re.sub(old, new, changed[file], count=1, flags=re.MULTILINE)
    assert said in "".join(differences(*changed))


def jobs(name):
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))["jobs"]


@pytest.mark.skipif(sys.platform == "win32", reason="the steps are scripts of bash")
@pytest.mark.parametrize(
    ("tag", "heading", "status"),
    [
        ("v1.2.3", "## 1.2.3 - 2026-11-29", 0),
        ("v1.2.4", "## 1.2.3 - 2026-11-29", 1),
        ("v1.2.3", "## 1.2.3 - unreleased", 1),
        ("1.2.3; touch broken", "## 1.2.3 - 2026-11-29", 1),
    ],
)
def test_a_tag_is_refused_that_is_not_the_version_or_has_no_day(tag, heading, status, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n")
    (step,) = [step for step in jobs("release.yml")["build"]["steps"] if "TAG" in str(step)]
    done = subprocess.run(  # noqa: S603  # our own step
        ["/bin/bash", "-e", "-c", step["run"]], cwd=tmp_path, env={"TAG": tag}, check=False
    )
    assert done.returncode == status
    assert not (tmp_path / "broken").exists()


def test_a_release_is_what_make_dist_makes_and_is_published_without_a_password():
    release = jobs("release.yml")
    assert {"run": "make dist"} in release["build"]["steps"]
    assert release["publish"]["needs"] == "build"
    assert release["publish"]["permissions"] == {"id-token": "write"}
    *_, publish = release["publish"]["steps"]
    assert publish["uses"].startswith("pypa/gh-action-pypi-publish@")
    assert publish["with"] == {"attestations": True}


def test_the_book_that_is_published_is_what_make_book_writes():
    build = jobs("book.yml")["build"]["steps"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"run": "make book"} in build
    assert build[-1]["with"]["path"] == re.search(r"^BOOK +:= (.*)$", makefile, re.MULTILINE)[1]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_no_input_is_a_part_of_a_script(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False


RECIPE = """\
test:
  imports:
    - mlp_reference
about:
  license: IT-WAS-NOT-POSSIBLE-TO-RECOVER-LICENCE AND BSD-3-Clause
  license_file:
    - LICENSE
"""


def test_a_recipe_gets_what_grayskull_cannot_know():
    right = yaml.safe_load(recipe.mended(RECIPE))
    assert right["test"]["imports"] == ["mlp"]
    assert right["about"] == {"license": "BSD-3-Clause AND CC-BY-4.0", "license_file": ["LICENSE"]}
    with pytest.raises(ValueError, match="has 0 lines"):
        recipe.mended(RECIPE.replace("mlp_reference", "something_else"))
