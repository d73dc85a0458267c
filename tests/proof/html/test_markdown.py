"""Markdown as HTML: what is known is shown, what is not is refused at its line."""

import re
import textwrap

import pytest
from ledger import Row

from mlp.proof.html.markdown import Chapter, PageError


def page(folder, text):
    """Write a page; return its path."""
    path = folder / "p.md"
    path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return path


def body(folder, text, ledger=()):
    """Return the body of a page with a title."""
    path = page(folder, "# T\n\n" + textwrap.dedent(text))
    return Chapter(path, ledger, {"q": "q.html", "r.ko": "r.ko.html"}).body.partition("</h1>\n")[2]


SHOWN = {
    "a *b* **c** `d<e`\n": "<p>a <em>b</em> <strong>c</strong> <code>d&lt;e</code></p>\n",
    "[a_b.py](a_b.py)\n": "<p>a_<wbr>b.py</p>\n",
    "`a_b/c`\n": "<p><code>a_<wbr>b/<wbr>c</code></p>\n",
    "## A b, c\n": '<h2 id="a-b-c">A b, c</h2>\n',
    "- a\n- b\n": "<ul><li>a</li>\n<li>b</li>\n</ul>\n",
    "[a](q.md) [b](q.md#c)\n": '<p><a href="q.html">a</a> <a href="q.html#c">b</a></p>\n',
    "[a](x/r.ko.md)\n": '<p><a href="r.ko.html">a</a></p>\n',
    "[a](../mlp/x.py) [b](r.md)\n": "<p>a b</p>\n",
    "[a](../q.md) [b](guide/q.md#c)\n": '<p><a href="q.html">a</a> <a href="q.html#c">b</a></p>\n',
    "| a |\n|---|\n| b |\n": '<div class="wide"><table>\n<thead><tr><th>a</th>\n</tr>\n</thead>\n'
    "<tbody><tr><td>b</td>\n</tr>\n</tbody>\n</table></div>\n",
    "```text\na<b\n```\n": '<pre class="text" id="line-4"><code>a&lt;b\n</code></pre>\n',
    "```toml\na = 1\n```\n": '<pre class="toml" id="line-4"><code>a = 1\n</code></pre>\n',
    "```python\nif x:  # y\n    z('<')\n```\n": '<pre class="python" id="line-4"><code>'
    '<span class="keyword">if</span> x:  <span class="comment"># y</span>\n'
    "    z(<span class=\"string\">'&lt;'</span>)\n</code></pre>\n",
    "$`x`$\n": '<p><math alttext="x"><mi>x</mi></math></p>\n',
    "a $$x$$ b\n": '<p>a</p>\n<div class="equation" id="line-3"><div class="wide">'
    '<math display="block" alttext="x"><mi>x</mi></math></div></div>\n<p>b</p>\n',
    "`$$x$$`\n": "<p><code>$$x$$</code></p>\n",
    "a ($`x`$), b\n": '<p>a <span class="whole">(<math alttext="x"><mi>x</mi></math>),</span>'
    " b</p>\n",
}


@pytest.mark.parametrize("text", SHOWN)
def test_what_markdown_says_is_shown(text, tmp_path):
    assert body(tmp_path, text) == SHOWN[text]


def marked(folder, text, *rows):
    """Return what stands beside the equations of a page."""
    shown = body(folder, text, [Row("p.md", *row) for row in rows])
    return re.findall(r'<div class="marks">(.*?)</div></div>', shown)


def test_a_verdict_stands_beside_its_equation_wherever_in_it_its_line_is(tmp_path):
    text = "```math\na\n  = b\n```\n"
    for line in (4, 5):
        assert marked(tmp_path, text, (line, "proved", 6)) == [
            '<div class="proved">✓ proved, 6 entries'
        ]
        assert f'id="line-{line}"' in body(tmp_path, text, [Row("p.md", line)])
    with pytest.raises(PageError, match=r"^p.md:9: a verdict, but no block of this page$"):
        marked(tmp_path, text, (9,))
    assert "marks" not in body(tmp_path, text, [Row("q.md", 9)])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("```latex\na\n= b\n```\n", (4, 5)),
        ("``` TeX\na\n```\n", (4,)),
        ("~~~math\na\n~~~\n", (4,)),
        ("$$\na\n- b\n$$\n", (4, 5)),
        ("$$a$$\n", (3,)),
        ("that\n$$a\n= b$$\nis\n$$ c $$\n", (4, 5, 7)),
        ("- $$a$$\n", (3,)),
    ],
)
def test_mathematics_is_shown_and_marked_however_it_is_fenced(text, lines, tmp_path):
    for line in lines:
        assert marked(tmp_path, text, (line, "proved", 6)) == [
            '<div class="proved">✓ proved, 6 entries'
        ]


def test_code_that_fails_is_marked_where_it_stands(tmp_path):
    row = Row("p.md", 5, "error", 0, message="NameError: y")
    shown = body(tmp_path, "```python\nx = 1\ny\n```\n", [row])
    assert shown.endswith(
        '<div class="marks"><div class="error">✗ error<br>NameError: y</div></div>'
    )


def test_equations_of_one_block_are_added_up(tmp_path):
    text = "```math\na\n  = b\n```\n"
    rows = (4, "proved", 1), (5, "proved", 2), (5, "checked", 1)
    assert marked(tmp_path, text, *rows) == [
        '<div class="proved">✓ proved, 3 entries</div><div class="checked">≈ checked'
    ]


def test_a_verdict_that_is_not_good_says_why(tmp_path):
    why = "differs by 1 at z < 0"
    row = Row("p.md", 4, "refused", 1, message=why)
    shown = body(tmp_path, "```math\na\n```\n", [row])
    assert '<div class="refused">✗ refused<br>differs by 1 at z &lt; 0</div>' in shown


def test_a_drawing_is_put_in_with_what_it_shows_in_words(tmp_path):
    (tmp_path / "d.svg").write_text('<svg viewBox="0 0 1 1"></svg>\n', encoding="utf-8")
    assert body(tmp_path, '![a "b"](d.svg)\n') == (
        '<figure><svg role="img" aria-label="a &quot;b&quot;" viewBox="0 0 1 1"></svg></figure>\n'
    )


def test_the_panels_of_a_drawing_stand_alone_to_be_set_one_under_another(tmp_path):
    panels = "".join(f'<svg class="panel" x="{x}">\n<svg/>\n</svg>\n' for x in (0, 9))
    drawing = f'<svg class="plot">\n<style>p{{}}</style>\n<rect/>\n{panels}</svg>\n'
    (tmp_path / "d.svg").write_text(drawing, encoding="utf-8")
    first, second = re.findall(r"<svg class.*?</svg>\n", body(tmp_path, "![a](d.svg)\n"), re.DOTALL)
    assert first == '<svg class="plot panel" x="0"><style>p{}</style>\n<svg/>\n</svg>\n'
    assert second == '<svg class="plot panel" x="9">\n<svg/>\n</svg>\n'


REFUSED = {
    "<b>bold</b>\n": "p.md:3: html_inline is not known in a page",
    "<div>\n</div>\n": "p.md:3: html_block is not known in a page",
    "a $$\\foo$$\n": "p.md:3: \\foo is not known, in \\foo",
    "a\n\n---\n": "p.md:5: hr is not known in a page",
    "```ruby\n1\n```\n": "p.md:3: a block of ruby is not known",
    "```\n1\n```\n": "p.md:3: a block of no language is not known",
    "```python\n(1\n```\n": "p.md:3: not Python: EOF in multi-line statement",
    "a $`\\foo`$\n": "p.md:3: \\foo is not known, in \\foo",
    "```math\nx = \\foo\n```\n": "p.md:4: \\foo is not known, in x = \\foo",
    "# U\n": "p.md:3: a second title",
    "![a](d.png)\n": "p.md:3: d.png is not an SVG file beside the page",
    "![a](none.svg)\n": "p.md:3: none.svg is not an SVG file beside the page",
    "![a](script.svg)\n": "p.md:3: script.svg must begin with <svg and hold no script and no link",
    "![a](link.svg)\n": "p.md:3: link.svg must begin with <svg and hold no script and no link",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_known_is_refused_at_its_line(text, tmp_path):
    (tmp_path / "d.png").touch()
    (tmp_path / "script.svg").write_text("<svg ><script>1</script></svg>", encoding="utf-8")
    (tmp_path / "link.svg").write_text('<svg ><image href="x"/></svg>', encoding="utf-8")
    with pytest.raises(PageError) as refusal:
        body(tmp_path, text)
    said = str(refusal.value).replace("unexpected EOF", "EOF")  # of Python 3.12
    assert said == REFUSED[text]


def test_a_page_without_a_title_is_refused(tmp_path):
    with pytest.raises(PageError, match=r"^p.md:1: a page begins with its title, `# ...`$"):
        Chapter(page(tmp_path, "text\n"))
