"""The words of the command line: what each command says of itself, and its options.

What a command does is read in ``mlp.cli``. Tested in tests/test_cli.py.
"""
# ruff: noqa: PLC0415, T201  # help must not wait; printing is what a command is for

import argparse
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from mlp.command.options import (
    TIMEOUT,
    accepted,
    activation,
    along,
    count,
    positions,
    positive,
    signature,
    size,
    whole,
)

USAGE = 3  # exit status of a command that cannot be understood or carried out
OURS = 4  # and of one that a fault of our own ended
SCHEMA = "mlp-verify/2"  # has all that 1 had; the reports in it are of schema 2
FILES = {  # that a run can be written to, each by the module of its name
    "html": "write a page with pictures: where the error sits, and how the slope was found",
    "junit-xml": "write test results as GitLab, Jenkins and others read them",
    "sarif": "write findings, SARIF 2.1.0, as code scanning reads them",
}

ABOUT = """\
Multilayer perceptrons in explicit mathematics, and the checker that proves their gradients right.

  mlp verify                 check every op here, the network, and the network on real images
  mlp verify my_layers.py    check yours
  mlp prove page.md          prove a derivation, line by line
  mlp train                  learn to read digits
  mlp vectors --out DIR      write hard inputs and correctly rounded answers, for other languages
  mlp conformance FILE       measure the answers of another implementation
  mlp guide                  read what to do about what, a page a task
  mlp completion SHELL       complete words in bash, zsh, fish or tcsh
"""
ABOUT_VERIFY = """\
Compare gradients derived by hand with numeric ones, each of which carries an error bar.

what can be checked
  (nothing)                  every op of this package and its two-layer network
  affine relu two_layer      some of them
  digits                     the two-layer network on a batch of real images
  my_layers.py               every op in a file;    my_layers.py::gelu    one of them
  pkg.layers                 every op in a module;  pkg.layers:gelu       one of them

An op is a module with forward and backward, a class with both, or a pair of functions:

  def cube(x):                return x**3
  def cube_backward(dO, x):   return 3 * x**2 * dO
  def cube_example(rng):      return (rng.normal(size=(2, 3)),)

backward takes the cotangent and then every argument of forward, and returns one array for
each float argument. WRT = (0,) on an op, or --wrt, says that it answers for some of them only;
ACCEPT = 1e-6, or --accept, that it may be off by design, by so much of its largest entry;
ALLOW_INCONCLUSIVE = "why", that it may stay undecided, and the reason is printed;
ALONG, RETRACT, AGAINST and SURROGATE are the options of mlp.check that are called so.
The point comes from example(rng) of a module or class, cube_example(rng) of a pair, from the
signature @shapes("(n,d),(d,m),(m)->(n,m)") of forward, or from --shapes.

With an example beside them, these are ops too: gelu_forward and gelu_backward(dout, cache), a class
derived from torch.autograd.Function or torch.nn.Module, a jax.custom_vjp, and any of mlp.adapters.
"""
STATUS = """\
exit status
  1  a gradient is wrong, or its proof is refused
  4  a fault of mlp's own
  3  usage, or a target cannot be loaded, has no point, raises, ends or times out, or a report
     cannot be written
  2  inconclusive
  0  all correct             the first of these that occurs; 130 when interrupted
"""
ABOUT_PROVE = """\
Prove derivations: each equation of a page of Markdown, each entry of a gradient in code, for all
real values at small sizes. Both run Python that stands in them.

what can be proved
  page.md                    every equation in its ```math blocks; derivations/00-notation.md says
                             what is understood there
  my_layers.py               every op in a file;    my_layers.py::gelu    one of them
  pkg.layers                 every op in a module;  pkg.layers:gelu       one of them
  softmax gelu two_layer     ops of this package, as in mlp verify
"""
STATUS_PROVE = """\
exit status
  1  an equation is refused, with a point at which it fails
  4  a fault of mlp's own
  3  usage, a target or an equation that cannot be read, or a page that cannot be written
  2  neither proved nor refused, or nothing to prove
  0  all proved              the first of these that occurs; 130 when interrupted
"""
ABOUT_TRAIN = """\
Learn to read 8 x 8 images of digits with the two-layer network, by mini-batch gradient descent.
A fifth of every class is held out, and never learned from.

A run with --save FILE may be stopped at any time: the same words and --resume go on after the last
whole epoch, and end in the same weights bit for bit. W1, b1, W2, b2 in FILE are the weights;
best_W1 and so on those of the epoch with the smallest loss of held-out images.
"""
ABOUT_VECTORS = """\
Write hard inputs of every op with correctly rounded answers, as JSON and as NumPy arrays, for those
who write the same ops in another language. README.md beside them says how to read them.
"""
ABOUT_CONFORMANCE = """\
Measure in ULPs how far the answers of another implementation are from the correctly rounded ones.
FILE has the form of vectors.json or vectors.npz that `mlp vectors` writes, with the forward and
backward of that implementation in place of ours. Exit status: 0 where all ops that it answers
conform, 1 where one does not, 3 where it cannot be read or the result not printed, 4 for a fault
of mlp's own.
"""
ABOUT_GUIDE = """\
Read the guide, a page a task, without a network. Without a PAGE: the list of them.

  mlp guide                                        what there is
  mlp guide adapters                               one page
  mlp guide adapters --html adapters.html          the same for a browser (needs SymPy)
"""
ABOUT_COMPLETION = """\
Print the script that lets a shell complete commands, options, ops and files (needs shtab):

  eval "$(mlp completion bash)"        in ~/.bashrc
  eval "$(mlp completion zsh)"         in ~/.zshrc, after compinit
  mlp completion fish | source         in ~/.config/fish/config.fish
  mlp completion tcsh > ~/.mlp.tcsh    once, and in ~/.tcshrc: source ~/.mlp.tcsh
"""
COMMANDS = {  # what each is for, what it says of itself, and of its exit status
    "verify": ("is this gradient right?", ABOUT_VERIFY, STATUS),
    "prove": ("is this derivation right?", ABOUT_PROVE, STATUS_PROVE),
    "train": ("learn to read digits", ABOUT_TRAIN, None),
    "vectors": ("hard inputs with correctly rounded answers, as files", ABOUT_VECTORS, None),
    "conformance": ("how far another implementation is off", ABOUT_CONFORMANCE, None),
    "guide": ("what to do about what, a page a task", ABOUT_GUIDE, None),
    "completion": ("complete words in bash, zsh, fish and tcsh", ABOUT_COMPLETION, None),
}


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` whose usage errors have a status that no verdict has."""

    def __init__(self, **words: Any) -> None:
        form: Any = partial(argparse.RawDescriptionHelpFormatter, max_help_position=26, width=96)
        super().__init__(formatter_class=form, **words)

    def error(self, message: str) -> NoReturn:
        """Say what was wrong with the command and how to learn more."""
        self.exit(USAGE, f"{self.prog}: {message}; {self.prog} --help says more\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse here what is unknown: the parser of all commands would name its own help."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            options = [name for action in self._actions for name in action.option_strings]
            close = get_close_matches(unknown[0].partition("=")[0], options, n=1)
            hint = f", did you mean {close[0]}?" if close else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return found, unknown

    def takes(
        self, name: str, word: str, kind: Callable[[str], Any], text: str, **more: Any
    ) -> None:
        """Add an argument, or an option that a word follows; a default is said in its help."""
        said = f"{text} ({more['default']})" if more.get("default") else text
        self.add_argument(name, metavar=word, type=kind, help=said, **more)


class Version(argparse.Action):
    """Print the version, and look it up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print the version and stop."""
        from importlib.metadata import version

        print("mlp", version("mlp-reference"))
        parser.exit()


def parser() -> Parser:
    """Describe the commands and their options."""
    top = Parser(prog="mlp", description=ABOUT)
    top.add_argument("--version", action=Version, nargs=0, help="print the version and stop")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="run")
    verify, prove, train, vectors, conformance, guide, completion = (
        commands.add_parser(name, help=text, description=about, epilog=status)
        for name, (text, about, status) in COMMANDS.items()
    )
    switch: Any = {"action": "store_true"}

    verify.takes("targets", "TARGET", str, "an op, a file or a module", nargs="*")
    verify.takes("--seed", "N", whole, "of points and probes", default="0")
    verify.takes(
        *("--shapes", "'(3,4),(4,2),(2)'", signature),
        "draw points of these shapes for ops without an example",
    )
    verify.takes(
        *("--wrt", "0,b", positions),
        "positions or names of the arguments that backward answers for",
    )
    verify.takes(
        *("--accept", "1e-6", accepted),
        "what gradients may be off by design; by argument, W=1e-6,b=1e-4",
    )
    verify.takes(
        *("--along", "S=symmetric", along),
        "matrices that stay symmetric, lower or upper triangular; others: ALONG on an op",
    )
    verify.takes(
        *("--timeout", "SECONDS", positive),
        "limit for loading a target (300 at least if it imports torch, jax or tensorflow), and for "
        "each point",
        default=f"{TIMEOUT:g}",
    )
    verify.takes(
        *("--memory", "GB", positive),
        "limit for the process of each file, on Linux (all there is)",
    )
    verify.takes(
        *("--workers", "N", count, "processes that share the ops; what they find is the same"),
        default="1",
    )
    verify.add_argument(
        "--no-tangent",
        **switch,
        help="leave it to differences alone, which doubt where the tangent of forward may know",
    )
    verify.add_argument(
        "--allow-inconclusive",
        **switch,
        help="let what cannot be decided pass; ALLOW_INCONCLUSIVE on an op says why it may",
    )
    verify.add_argument(
        "--verbose", **switch, help="print reports in full, with versions and the machine"
    )
    verify.add_argument("--skip-empty", **switch, help="pass over files in which there is no op")
    verify.add_argument(
        "--prove",
        **switch,
        help="prove each op as well, for all real values at small sizes (needs SymPy)",
    )
    printed = verify.add_mutually_exclusive_group()
    printed.add_argument("--json", **switch, help=f"print JSON, schema {SCHEMA}")
    printed.add_argument(
        "--github", **switch, help="annotate the lines and the job in GitHub Actions"
    )
    for name, text in FILES.items():
        verify.takes(f"--{name}", "FILE", Path, text)

    prove.takes("targets", "TARGET", str, "a page, a file or a module", nargs="+")
    prove.takes(
        *("--size", "n=2", size, "the length of an axis; may be repeated"),
        action="append",
        default=[],
    )
    prove.takes(
        *("--shapes", "'(n,d),(d)'", signature),
        "the shapes of the arguments of ops that do not say them",
    )
    prove.takes(
        *("--timeout", "SECONDS", positive),
        "limit for loading a target, and for each equation or op",
        default="600",
    )
    prove.takes(
        *("--memory", "GB", positive),
        "limit for the process of each file, on Linux (all there is)",
    )
    prove.takes("--html", "DIR", Path, "write the pages with their proofs")
    prove.takes(
        *("--guide", "FILE", Path),
        "beside --html: a page that lists others, to follow them as they are, unproved",
    )
    prove.add_argument("--json", **switch, help="print JSON, schema mlp-prove/1")

    for name, word, kind, default, text in (
        ("seed", "N", whole, "0", "of split, weights and order"),
        ("seeds", "N", count, "1", "how often to learn afresh, with seeds that follow each other"),
        ("epochs", "N", count, "30", "how often to see every image"),
        ("width", "N", count, "64", "number of hidden units"),
        ("rate", "RATE", positive, "0.1", "learning rate"),
        ("activation", "OP", activation, "relu", "an activation of mlp.ops"),
    ):
        train.takes(f"--{name}", word, kind, text, default=default)
    train.takes("--plot", "FILE", Path, "save a picture of the first run")
    train.takes("--save", "FILE", Path, "keep the weights after every epoch, as .npz")
    train.add_argument(
        "--resume", **switch, help="go on with the run in the file of --save, to the same weights"
    )

    vectors.takes("--out", "DIR", Path, "directory to write them to", required=True)

    conformance.takes("answers", "FILE", Path, "answers, .json or .npz")
    conformance.takes("--limit", "ULPS", positive, "the same for all ops, in place of ours")
    conformance.add_argument("--json", **switch, help="print JSON")

    guide.takes("page", "PAGE", str, "its name, as the list has it", nargs="?")
    guide.takes("--html", "FILE", Path, "write the page as HTML that stands by itself")

    shells = ("bash", "zsh", "fish", "tcsh")
    completion.takes("shell", "SHELL", str, "bash, zsh, fish or tcsh", choices=shells)
    return top
