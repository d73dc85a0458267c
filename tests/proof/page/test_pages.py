"""Pages as people write them are proved, and each is refused where one step of it is wrong."""

import pytest
from pages import ROOT

from mlp.proof.page.fences import blocks
from mlp.proof.page.ledger import Page

PAGES = ROOT / "tests/proof/pages"
WRONG = {  # page -> steps that are right, each with one that students write instead
    "softmax": [
        (r"(\mathbb{1}(i = k) - p_k)", r"(1 - p_k)"),
        (r"\mathbf{p} - \mathbf{y}", r"\mathbf{y} - \mathbf{p}"),
        (r"\sum_{j \neq i} p_j$", r"\sum_{j} p_j$"),
        ("diag}(p) - p p", "diag}(p) + p p"),
        (r"\\ -p_i p_j &", r"\\ p_i p_j &"),
        (r"\text{if } i = j \\ -p_i p_j & i \neq j", r"i = j \\ -p_i & i \neq j"),
        (r"\mathbb{1}_{i = k} - p_k", r"\mathbb{1}_{i = k} - p_i"),
    ],
    "linear": [
        ("= X^T G", "= X^T G + W"),
        ("= G W^T", "= 2 G W^T"),
        (r"\operatorname{tr}(X^T X)", r"\operatorname{tr}(2 X^T X)"),
    ],
    "normalisation": [
        (r"- h_k \sum_i g_i h_i", r"- h_k \sum_i g_i"),
        (r"n g_k - \sum_i g_i", "n g_k"),
    ],
    "lstm": [
        (r"r \sigma(f) (1 - \sigma(f))", r"r \sigma(f)"),
        (r"(1 - \tanh(q)^2)$", r"(1 - \tanh(q))$"),
    ],
    "attention": [
        (r"a_i (v_i - y)$", r"a_i v_i$"),
        (r"- y K^T a", r"+ y K^T a"),
        (r"(v_i - y) q_k", "(v_i - y)"),
    ],
    "losses": [
        (r"(\sigma(u_i) - t_i) X_{ik}", r"\sigma(u_i) X_{ik}"),
        (r"X^T (u - t)", r"X^T (t - u)"),
        ("= 1 ", "= 2 "),
        (r"\frac{2}{z}", r"\frac{1}{z}"),
    ],
    "recurrence": [
        (r"h^{(1)} + w (1 - (h^{(1)})^2) h_0", "h^{(1)}"),
        (r"w (1 - (h^{(1)})^2) w$", r"(1 - (h^{(1)})^2) w$"),
    ],
    "ridge": [(r"+ 2 \lambda w$", r"+ \lambda w$"), (r"2 \lambda \delta_{jk}", r"2 \lambda")],
    "gaussian": [(r"D = \mu", r"D = 2 \mu"), (r"s_k - \frac{1}{s_k}", r"s_k - 1")],
    "rectifier": [
        (r"G \odot", r"2 G \odot"),
        ("[Z > 0]", "[Z < 0]"),
        (r"= \mathbb{1}_{\{i = k\}} ", "= "),
        (r"\mathbb{1}_{z_i > 0} & i", r"\mathbb{1}_{z_k < 0} & i"),
    ],
    "quadratic": [
        (r"(A + A^{\mathsf{T}}) ", "2 A "),
        (r"= x - y$", r"= 2 (x - y)$"),
        (r"y + 2 B^T B x", r"y + B^T B x"),
        ("= 2 A$", "= A$"),
        (r"\frac{x_k}{\|x\|}", "x_k"),
        ("A_{ij}^2", "A_{ij}"),
    ],
    "layernorm": [(r"- \frac{1}{d} \sum_j g_j \gamma_j", ""), ("= g_k u_k", "= g_k")],
}


def text_of(name):
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def verdicts(name, text):
    return [line.verdict for line in Page(PAGES / f"{name}.md", text, {}).prove()]


def test_every_page_has_a_wrong_version():
    assert {path.stem for path in PAGES.glob("[a-z]*.md")} == {*WRONG}


@pytest.mark.parametrize("name", WRONG)
def test_a_page_is_proved_in_every_line(name):
    assert {*verdicts(name, text_of(name))} == {"proved"}
    shown = text_of(name).count("$$") // 2 + text_of(name).count("```") // 2
    assert len([*blocks(text_of(name))]) == shown  # nothing is passed over


@pytest.mark.parametrize(
    ("name", "step"), [(n, step) for n, steps in WRONG.items() for step in steps]
)
def test_a_wrong_step_is_refused(name, step):
    text = text_of(name)
    assert step[0] in text
    assert "refused" in verdicts(name, text.replace(*step, 1))


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (r"\opertorname{diag}(x)", r"do not know the command \opertorname: is it \operatorname?"),
        (r"\operatorname{softmax}(x)", "but diag, tr, erf: define it by :="),
        (r"\hat x", "take another letter"),
        (r"\det x", "write the determinant out"),
        (r"\max(x)", r"write \max(a, b)"),
        (r"\begin{cases} 1 & i = j \\ 0 & i \neq k \end{cases}", r"stands one other, i \neq j"),
        (r"\begin{cases} 1 & i = j \\ 0 & x_1 > 0 \end{cases}", r"stands one other, i \neq j"),
        (r"\prodd_i x_i", r"do not know the command \prodd"),
    ],
)
def test_what_is_not_read_is_named_with_the_nearest_thing_that_is(formula, said):
    page = f"$$x \\in \\mathbb{{R}}^{{n}}$$\n\n$${formula} = 1$$\n"
    *_, line = Page(PAGES / "none.md", page, {}).prove()
    assert line.verdict == "error"
    assert said in line.message
