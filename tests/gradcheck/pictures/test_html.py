"""The report as HTML: self-contained, escaped, well-formed, and with pictures."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from mlp.gradcheck import check, depict
from mlp.gradcheck.finding import Argument, Finding
from mlp.gradcheck.pictures.html import STYLE, figures
from mlp.gradcheck.report import Report

VOID = {"meta", "i", "circle", "rect", "path"}
LEFT_OPEN = {"tr", "td", "th"}  # as HTML permits
rng = np.random.default_rng(0)
X = rng.normal(size=(4, 5))


class Page(HTMLParser):
    """The tags and the text of a page, whose tags must close in their order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {*VOID, *LEFT_OPEN}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, text):
        self.text += text


def bent(dO, X):
    dX = dO * np.cos(X)
    dX[2, 3] *= 1.01
    return dX


def wrong():
    return depict(np.sin, bent, X)


def test_a_page_needs_nothing_from_outside_and_runs_nothing():
    page = Page(wrong().to_html())
    names = {name for name, _ in page.attributes}
    assert not {"script", "link", "img", "iframe", "object"} & {*page.tags}
    assert not {name for name in names if name.startswith("on")} | {"src", "href"} & names
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert dict(page.attributes)["content"] == "light dark"


def test_what_comes_from_outside_is_escaped():
    evil = "<script>alert('&')</script>"
    row = Argument(evil, "wrong", 1.5, 1.5, 1e-11, 1e-10, 6, 0)
    found = Finding("mismatch", "fault", evil, evil)
    page = Report(evil, (found,), (row,), (evil,), 20, 7, 0.01, 3, 1e-6, False, evil).to_html()  # noqa: FBT003  # a field
    assert "script" not in Page(page).tags
    assert Page(page).text.count(evil) == 7


def test_every_element_closes_at_every_kind_of_point():
    half = np.array([[0.0, 1.0], [-1.0, 2.0]])
    for report in (
        wrong(),
        depict(np.abs, lambda dO, x: dO * np.sign(x), half),
        depict(lambda x: 0 * x, lambda dO, x: 0 * dO * x, X),
        depict(np.floor, lambda dO, x: 0 * dO * x, np.ones(2)),
        check(np.sin, lambda dO, x: dO[0] * x, X),
        check(np.sin, bent, X * np.nan),
    ):
        assert Page(report.to_html()).text.startswith(f"{report.verdict}: ")
        assert not re.search(r"\bnan\b|\binf\b", "".join(report.to_html().split("<svg")[1:]))


def test_the_wrong_entry_is_the_only_one_in_colour():
    page = wrong().to_html()
    coloured = re.findall(r'<rect class="(high|low)".*?<title>(.*?)</title>', page)
    assert [(sign, said.partition(":")[0]) for sign, said in coloured] == [("high", "x[2, 3]")]
    assert "1 of 20 entries wrong; the strongest colour" in page


def test_without_a_picture_asked_for_the_entries_found_wrong_are_shown():
    report = check(np.sin, bent, X)
    assert report.evaluations < wrong().evaluations
    assert "1 of 1 entries wrong that were measured, of 20" in report.to_html()


def test_pictures_of_what_is_wrong_are_unfolded():
    (row,) = wrong().arguments
    assert "<details open>" in figures(row)
    assert "<details>" in figures(row, unfolded=False)
    assert "<details>" in check(np.sin, lambda dO, x: dO * np.cos(x), X).to_html()
    assert figures(replace(row, ladder=None, entries=())) == ""


def test_at_a_kink_the_captions_do_not_promise_what_no_gradient_can_keep():
    def subgradient(dO, x):
        return dO * np.where(x == 0, 0.3, np.sign(x))

    page = depict(np.abs, subgradient, np.array([0.0, 2.0])).to_html()
    assert "there is no one slope to come near" in page
    assert "1 whatever the gradient" in page
    assert "a right gradient lies below" not in page


@pytest.mark.parametrize(("factor", "slope"), [(1.0, 2), (1.5, 1)])
def test_the_taylor_remainder_falls_with_the_slope_that_is_said(factor, slope):
    report = check(np.sin, lambda dO, x: factor * dO * np.cos(x), X)
    said = re.search(r"slope ([\d.]+);", report.to_html())[1]
    assert float(said) == pytest.approx(slope, abs=0.1)


def test_the_tangent_is_drawn_where_it_was_heard():
    right = check(np.sin, lambda dO, x: dO * np.cos(x), X).to_html()
    assert 'class="line tangent"' not in right
    page = wrong().to_html()
    assert page.count('class="line tangent"') == 2  # among the quotients and in the V-curve
    assert "wrong</span>, by both witnesses" in page
    assert "|tangent − numeric|" in page
    asked = depict(np.sin, lambda dO, x: dO * np.cos(x), X).to_html()
    assert asked.count('class="line tangent"') == 2  # a picture asks for it
    alone = depict(np.sin, lambda dO, x: dO * np.cos(x), X, tangent=False).to_html()
    assert 'class="line tangent"' not in alone


def test_each_number_says_what_it_is_for_narrow_pages_and_legends_stand_by_themselves():
    page = wrong().to_html()
    assert re.findall(r'<td data-head="(.*?)">[^<]', page) == [
        *("by hand", "numeric", "error bar", "detects")
    ]
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert len(captions) == 4
    assert all(re.fullmatch(r'[^<]+\. <div class="keys"><span>.*</div>', said) for said in captions)
