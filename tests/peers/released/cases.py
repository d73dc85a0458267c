"""Where the gradients of released packages are listed: each a package, a name and what is asked."""

CASES = {}


def case(package):
    """Take a function that returns a report as a gradient of a package."""

    def taken(ask):
        CASES[f"{package}: {ask.__name__}"] = ask
        return ask

    return taken


def table(package, rows, ask):
    """Take ask(*row) as a gradient of a package, for every row of a table by name."""
    for name, row in rows.items():
        CASES[f"{package}: {name}"] = lambda row=row: ask(*row)
