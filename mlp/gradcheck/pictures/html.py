"""A report as HTML: one self-contained page, or a piece of one for a notebook.

No script, no network, and no colour of text or ground of its own: light and dark follow the reader.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape

from mlp.gradcheck.finding import Argument, Finding, Steps, told
from mlp.gradcheck.pictures import panels, svg
from mlp.gradcheck.pictures.panels import Panel
from mlp.verdict import LOOKS, VERDICTS, rank

STYLE = """
.mlp{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;overflow-wrap:anywhere}
.mlp h1{font-size:1.45rem;line-height:1.25;margin:.2em 0 .6em}
.mlp h2{font-size:1.15rem;margin:1.6em 0 .4em}
.mlp h3{font-size:1rem;margin:1.2em 0 .3em}
.mlp code,.mlp pre{font:13px/1.45 ui-monospace,monospace}
.mlp pre{white-space:pre-wrap;margin:.4em 0;padding:.5em .7em;background:#8881;border-radius:6px}
.mlp .wide{overflow-x:auto;overflow-wrap:normal}
.mlp table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.5em 0}
.mlp th,.mlp td{padding:.25em .8em .25em 0;text-align:right;white-space:nowrap;
  border-bottom:1px solid #8884}
.mlp th:first-child,.mlp td:first-child,.mlp .word{text-align:left}
.mlp td.reason,.mlp td.proof{white-space:normal;text-align:left}.mlp td.reason{min-width:16rem}
.mlp .ops td:first-child,.mlp .ops code{white-space:normal;overflow-wrap:anywhere}
.mlp .verdict{font-weight:600;padding:.05em .5em;border-radius:1em;color:#fff;white-space:nowrap}
.mlp .figures{display:grid;gap:.5rem 1.2rem;margin:.4em 0;
  grid-template-columns:repeat(auto-fill,minmax(min(100%,16rem),1fr))}
.mlp figure{margin:0}.mlp figure strong{font-weight:600;font-size:.9rem}
.mlp figcaption{font-size:.82rem;line-height:1.45}
.mlp figcaption span{white-space:nowrap;margin-right:.8em}
.mlp svg{width:100%;max-width:24rem;display:block;fill:none;overflow:hidden}
.mlp svg text{font:11px system-ui,sans-serif;fill:currentColor;opacity:.85}
.mlp .mid{text-anchor:middle}.mlp .end{text-anchor:end}
.mlp .frame,.mlp .tick{stroke:currentColor;opacity:.45}.mlp .grid{stroke:currentColor;opacity:.1}
.mlp .line{stroke-width:1.6;stroke-linejoin:round}
.mlp .hand,.mlp .bar{stroke-width:2}
.mlp .bar,.mlp .noise{stroke-dasharray:5 4}.mlp .tangent{stroke-width:2.4;stroke-dasharray:2 4}
.mlp .agree{fill:currentColor;fill-opacity:.13}.mlp .high{fill:#d9480f}.mlp .low{fill:#1971c2}
.mlp rect.none{stroke:currentColor;stroke-opacity:.5;stroke-dasharray:2 2}
.mlp i.key{display:inline-block;width:1em;height:.28em;margin:0 .3em .2em 0;border-radius:1px}
.mlp i.cell{height:.8em;width:.8em;margin-bottom:-.05em}
.mlp .key.high{background:#d9480f}.mlp .key.low{background:#1971c2}.mlp .key.agree{background:#8884}
.mlp .key.none{border:1px dashed #888;box-sizing:border-box}
.mlp i.key.tangent{background:none;height:0;border-top:.28em dotted #9068e8;margin-bottom:.25em}
.mlp .keys{margin-top:.15em}
.mlp details{margin:.3em 0}.mlp summary{cursor:pointer}
.mlp a{color:inherit}.mlp summary{padding:.15em 0}
@media(max-width:40rem){.mlp .numbers,.mlp .numbers tbody{display:block}
  .mlp .numbers tr{display:flex;flex-wrap:wrap;gap:0 .9em;padding:.35em 0;
    border-bottom:1px solid #8884}
  .mlp .numbers tr:first-child{display:none}.mlp .numbers td{border:0;padding:0;text-align:left}
  .mlp .numbers td[data-head]::before{content:attr(data-head) " ";opacity:.7}
  .mlp .extra{display:none}.mlp table{font-size:.85rem}
  .mlp .ops,.mlp .ops tbody{display:block}.mlp .ops tr:first-child{display:none}
  .mlp .ops tr{display:flex;flex-wrap:wrap;gap:0 .6em;padding:.3em 0;border-bottom:1px solid #8884}
  .mlp .ops td{border:0;padding:0;flex:0 1 auto}.mlp .ops td:first-child{flex:1 1 9rem}
  .mlp .ops td:first-child:empty{flex-basis:0}.mlp .ops :is(.reason,.proof){flex:1 0 100%}
  .mlp .ops .said{min-width:6.8rem;margin-left:auto}
  .mlp :is(.ops,.numbers) td{white-space:normal;overflow-wrap:anywhere}
  .mlp .ops .proof:not(:empty)::before{content:"proof ";opacity:.7}
  .mlp th,.mlp td{padding-right:.6em}
  .mlp td a{white-space:normal;display:inline-block;min-width:6.5rem}}
.mlp .small{font-size:.85rem;opacity:.8}
"""
STYLE += "".join(f".mlp .{look.name}{{background:{look.ground}}}\n" for look in LOOKS)
STYLE += "".join(
    f".mlp .{name}{{stroke:{colour}}}.mlp circle.{name}{{fill:{colour}}}"
    f".mlp .key.{name}{{background:{colour}}}\n"
    for name, colour in panels.COLOURS.items()
)
HEADS = ("argument", "verdict", "by hand", "numeric", "error bar", "detects")


def page(title: str, body: str) -> str:
    """Return a whole page around a body."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title></head><body>{piece(body)}</body></html>\n"
    )


def piece(body: str) -> str:
    """Return a body with the style it needs, to stand inside another page."""
    return f'<div class="mlp"><style>{STYLE}</style>{body}</div>'


def badge(verdict: str) -> str:
    """Return a verdict on its colour."""
    word, _, ground = verdict.partition(" (")
    badge = f'<span class="verdict {VERDICTS[verdict].look.name}">{word}</span>'
    return f"{badge} ({ground}" if ground else badge


def table(arguments: Iterable[Argument]) -> str:
    """Return the numbers of each argument, a row for each, of the worst first."""
    body = "".join(
        f'<tr><td><code>{escape(a.name)}</code><td class="word">{badge(a.verdict)}'
        f"{escape(a.remark.removeprefix(a.verdict))}"
        f"{_numbers(*a.numbers(11), f'{a.error_bar:.1e}', f'{a.smallest_detectable:.0e}')}"
        for a in worst_first(arguments)
    )
    heads = "".join(
        f'<th class="word">{head}' if head == "verdict" else f"<th>{head}" for head in HEADS
    )
    if not body:
        return ""
    return f'<div class="wide"><table class="numbers"><tr>{heads}{body}</table></div>'


def _numbers(*numbers: str) -> str:
    """Return cells that say what they are where a narrow page has no line of heads."""
    pairs = zip(HEADS[2:], numbers, strict=True)
    return "".join(f'<td data-head="{head}">{number}' for head, number in pairs)


def findings(found: Iterable[Finding]) -> str:
    """Return what was found, each in its lines."""
    return "".join(f"<pre>{escape(text)}</pre>" for text in map("\n".join, map(told, found)))


def pictures(
    arguments: Iterable[Argument], found: Sequence[Finding], *, unfolded: bool = False
) -> str:
    """Return the pictures of every argument; those of correct ones may have to be unfolded."""
    return "".join(
        figures(a, found, unfolded=unfolded or a.verdict != "correct")
        for a in worst_first(arguments)
    )


def worst_first(arguments: Iterable[Argument]) -> list[Argument]:
    """Return arguments in the order in which they are read: what is wrong before what is right."""
    return sorted(arguments, key=lambda argument: -rank(argument.verdict))


def figures(argument: Argument, found: Sequence[Finding] = (), *, unfolded: bool = True) -> str:
    """Return the heat map of an argument, and the panels of its steps."""
    drawn = _heat_map(argument, found)
    if steps := argument.ladder:
        drawn += "".join(_curves(panel, steps) for panel in panels.panels(steps) if panel)
    title = f"<summary><code>{escape(argument.name)}</code> in pictures</summary>"
    opened = " open" if unfolded else ""
    return f'<details{opened}>{title}<div class="figures">{drawn}</div></details>' if drawn else ""


def _curves(panel: Panel, steps: Steps) -> str:
    """Return a panel with its keys in the caption."""
    keys = "".join(_key(mark.colour, mark.name) for mark in panel.marks if mark.known)
    drawing = svg.frame(panel, (steps.rungs[-1][0] / 2, steps.rungs[0][0] * 2))
    return _figure(drawing, panel.title, f"{panel.said}. {_keys(keys)}")


def _figure(drawing: str, title: str, caption: str) -> str:
    return f"<figure><strong>{title}</strong>{drawing}<figcaption>{caption}</figcaption></figure>"


def _keys(keys: str) -> str:
    return f'<div class="keys">{keys}</div>'


def _key(name: str, text: str) -> str:
    return f'<span><i class="key {name}"></i>{text}</span> '


def _heat_map(argument: Argument, found: Sequence[Finding]) -> str:
    """Return where the gradient is off, entry by entry, if entries were measured."""
    drawn = panels.heat_map(argument, found)
    if drawn is None:
        return ""
    said = panels.counted(argument, drawn)
    if len(drawn.cells) < drawn.size:
        said += f" that were measured, of {drawn.size:,}"
    if drawn.wrong:
        said += f"; the strongest colour is off by {drawn.largest:.2g}"
    keys = _key("cell high", "too large") + _key("cell low", "too small") if drawn.wrong else ""
    keys += _key("cell agree", "within the error bar")
    if any(math.isnan(cell.share) for cell in drawn.cells):
        keys += _key("cell none", "no slope: a kink")
    return _figure(
        svg.cells(drawn, argument.name),
        "By hand − numeric, entry by entry",
        f"{said}. {_keys(keys)}",
    )
