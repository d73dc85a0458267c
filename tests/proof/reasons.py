"""Lists of what is known, each with its reason: page | what | why."""


def known(path):
    """Return the reasons in a file, by page and what they are for."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            page, what, reason = (part.strip() for part in line.split(" | "))
            found[page, what] = reason
    return found
