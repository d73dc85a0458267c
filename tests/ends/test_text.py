"""What a stranger says reaches a terminal, a log and a file as text, whole and once."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

pytestmark = pytest.mark.long

SPEAKERS = "commands.py commands_at_once.py"


def lines_that_command(text):
    """Return the lines that GitHub would obey, and those with control characters."""
    return [
        line
        for line in re.split(r"[\n\r]", text)
        if line.lstrip().startswith("::")
        or "##[" in line
        or re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", line)
    ]


@pytest.mark.parametrize("words", ["verify", "verify --verbose", "prove --shapes '(3)->(3)'"])
def test_no_message_commands_a_terminal_or_a_log(words, shell):
    ended = shell(f"mlp {words} {SPEAKERS}")
    assert ended.status == 3
    assert "forged" in ended.out
    assert lines_that_command(ended.out + ended.err) == []


def test_annotations_are_ours_alone(shell):
    ended = shell(f"mlp verify --github {SPEAKERS}")
    told = lines_that_command(ended.out)
    assert len(told) == 2, told
    assert all(re.match(r"::error file=commands(_at_once)?\.py,", line) for line in told)


def test_a_name_of_a_file_does_not_command_either(shell):
    ended = shell(r"""cp "$WRONG" $'\n::error ::x.py'; mlp verify $'\n::error ::x.py' no$'\n::y'""")
    assert lines_that_command(ended.out + ended.err) == []


@pytest.mark.parametrize("file", ["wordy.py", "wordy_at_once.py"])
def test_three_megabytes_of_message_are_cut_once(file, shell):
    ended = shell(f"mlp verify --verbose {file} --sarif x.sarif; cat x.sarif")
    assert len(ended.out) < 20_000
    assert ended.out.count("3,000,000 characters") >= 1


def test_a_name_that_is_no_text_costs_no_report(shell, tmp_path):
    ended = shell(
        r"""cp "$WRONG" $'caf\xe9.py'; """
        r"""mlp verify --html h --junit-xml j --sarif s $'caf\xe9.py'; """
        r"""mlp verify --json $'caf\xe9.py' > n; mlp verify --github $'caf\xe9.py' > /dev/null"""
    )
    assert (ended.status, ended.err) == (1, ""), ended
    assert "wrong" in (tmp_path / "h").read_text(encoding="utf-8")
    assert ET.parse(tmp_path / "j").getroot().get("failures") == "6"  # noqa: S314  # our own
    (run,) = json.loads((tmp_path / "s").read_text(encoding="utf-8"))["runs"]
    assert "caf%E9.py" in json.dumps(run)
    assert json.loads((tmp_path / "n").read_text(encoding="utf-8"))["status"] == 1
