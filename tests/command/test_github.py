"""A run where GitHub Actions shows it."""

import re

from outcomes import SAMPLES, found_of, outcomes, proofs

from mlp.cli import main
from mlp.command.github import annotations, job_summary
from mlp.runner.verdicts import Outcome


def test_each_op_that_failed_has_one_line_at_its_backward():
    lines = [*annotations(outcomes())]
    assert [re.match(r"::(\w+) .*title=(.*?)%3A", line).groups() for line in lines[:4]] == [
        ("error", "three_wrong.sigmoid"),
        ("error", "three_wrong.mean_loss"),
        ("error", "three_wrong.affine"),
        ("warning", "undecided.constant"),
    ]
    assert re.match(r"::error file=\S*tests/samples/three_wrong.py,line=11,title=", lines[0])
    assert f"::mismatch: Z: {found_of(0)}" in lines[0]
    assert len(lines) == 6
    assert not any("\n" in line for line in lines)


def test_what_would_end_a_command_is_escaped():
    outcome = Outcome("a,b:c", "", "", "error", reason="100 %\n::error::no")
    (line,) = annotations([outcome])
    assert line == "::error title=a%2Cb%3Ac%3A error::100 %25%0A::error::no"


def test_what_is_correct_is_not_annotated():
    assert [*annotations([o for o in outcomes() if o.verdict == "correct"])] == []


def test_the_summary_has_a_table_with_what_failed_first_and_the_reports_of_that():
    text = job_summary(outcomes(), 3)
    lines = text.splitlines()
    assert lines[0] == "### ❌ Gradients: wrong"
    rows = [line for line in lines if line.startswith("| ") and "verdict" not in line]
    assert rows[0].startswith("| three_wrong.sigmoid |  | Z | ❌ wrong | ")
    assert rows[-1].startswith("| relu | float32 ×3 | Z | ✅ correct | ")
    assert {line.count(" | ") + line.count("|\n") for line in rows} == {6}
    assert text.count("<details>") == text.count("</details>") == 4
    assert "\nWRONG: sigmoid_backward as the gradient of sigmoid\n" in text


def test_a_cell_cannot_break_the_table():
    text = job_summary([Outcome("f", "", "", "error", reason="a|b <script>")], 0)
    assert "| a\\|b &lt;script> |" in text


def test_a_refused_proof_is_annotated_and_proofs_have_a_column():
    (line,) = annotations(proofs())
    assert re.match(
        r"::error file=\S*nearly\.py,line=23,title=nearly\.cube%3A wrong::proof: x: ", line
    )
    table, _, details = job_summary(proofs(), 3).partition("<details>")
    cells = [line.split(" | ")[-1] for line in table.splitlines() if line.startswith("| ")]
    shown = ["❌ refused", "✅ proved", "❔ not proved", *["✅ proved (definition)"] * 2]
    assert cells == [f"{cell} |" for cell in ("proof", *shown)]
    assert "\n\nREFUSED: cube_backward as the gradient of cube\nx[0]  by hand 1.00" in details
    assert "proof" not in job_summary(outcomes(), 3)


def test_the_summary_is_appended_to_the_page_of_the_job(tmp_path, monkeypatch, capsys):
    page = tmp_path / "summary.md"
    page.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert main(["verify", "--github", str(SAMPLES / "undecided.py")]) == 2
    assert page.read_text(encoding="utf-8").startswith("before\n### ❔ Gradients: inconclusive\n")
    assert "\n::warning file=" in capsys.readouterr().out


def test_elsewhere_the_annotations_are_all_there_is(monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert main(["verify", "--github", str(SAMPLES / "undecided.py")]) == 2
    assert "\n::warning file=" in capsys.readouterr().out
