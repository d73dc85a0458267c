"""Pages in HTML, looked at: what they are made of, what they need, which links are lost."""

import re
from html.parser import HTMLParser


class Seen(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.unclosed = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in {"meta", "br", "wbr", "input"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.unclosed.append(tag)


def elements(text):
    """Yield each element, (tag, {attribute: value}); faster than Seen, which asks for order."""
    for tag, inside in re.findall(r"<(\w+)((?:\s[^<>]*)?)>", text):
        yield tag, dict(re.findall(r'\s([\w:-]+)(?:="(.*?)")?', inside, re.DOTALL))


def needs(text):
    """List what a page would have to run or to fetch."""
    for tag, attributes in elements(text):
        if tag in {"script", "link", "iframe", "object", "embed", "img", "image", "use"}:
            yield tag
        yield from (name for name in attributes if name.startswith("on") or name == "src")
        if tag != "a" and {"href", "xlink:href"} & attributes.keys():
            yield f"{tag} href"
    yield from (url for url in re.findall(r"url\(\"?(.{5})", text) if url != "data:")
    yield from re.findall(r"@import", text)


def lost(files):
    """Yield each link between these files that leads nowhere, and each anchor that is twice."""
    found = {name: [*elements(text)] for name, text in files.items()}
    anchors = {name: [at["id"] for _, at in found[name] if "id" in at] for name in files}
    for name, of_page in found.items():
        yield from (f"{name}: {i} twice" for i in {*anchors[name]} if anchors[name].count(i) > 1)
        for target in [at["href"] for tag, at in of_page if tag == "a" and "href" in at]:
            file, _, anchor = target.partition("#")
            if re.match(r"https?:", target):
                continue
            if (file or name) not in files or (anchor and anchor not in anchors[file or name]):
                yield f"{name}: {target}"
