"""The command line, ``mlp verify`` and the others. Results on stdout, everything else on stderr.

The words and options of each command are in command/parser.py; here is what it does. Imports that
cost time stand inside the functions that need them, so that help comes at once.
Tested in tests/test_cli.py.
"""
# ruff: noqa: PLC0415, T201  # help must not wait for NumPy; printing is what a command is for

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from mlp.command.parser import FILES, SCHEMA, USAGE, parser

INTERRUPTED, NOBODY_READS = 130, 141


class UsageError(Exception):
    """A command cannot be carried out; the message says why in one line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    words = parser()
    args = words.parse_args(argv)
    if args.run is None:
        words.print_help()
        return 0
    try:
        status = RUN[args.run](args)
        sys.stdout.flush()
    except UsageError as error:
        complain(f"mlp {args.run}: {error}")
        return USAGE
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # as in: mlp verify | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    return status


def complain(text: str) -> None:
    """Say what is not a result."""
    print(text, file=sys.stderr)


def need(package: str, extra: str, whose: str = "") -> None:
    """Refuse a command, or an option of it, whose package is not installed."""
    if not find_spec(package.lower()):
        raise UsageError(f"{whose}needs {package}: pip install 'mlp-reference[{extra}]'")


@contextmanager
def refused(errors: type[Exception] | tuple[type[Exception], ...], why: str) -> Iterator[None]:
    """Refuse a command in whose body one of the errors is raised."""
    try:
        yield
    except errors as error:
        raise UsageError(f"{why}{error}") from error


def run_verify(args: argparse.Namespace) -> int:
    """Check what was named, or everything that is shipped, and print what came of it."""
    from mlp.command.console import print_table, watched
    from mlp.command.options import verify_again
    from mlp.runner.guard import can_stop
    from mlp.runner.targets import accepting, meaning
    from mlp.runner.verdicts import gather, judge
    from mlp.verdict import exit_status

    if not can_stop():
        complain("mlp verify: no time limit here, for it takes the main thread of a Unix process")
    targets = gather(args.targets, args.shapes, args.wrt, args.timeout, skip_empty=args.skip_empty)
    targets = [accepting(target, args.accept) for target in targets]
    targets = [meaning(target, {"along": args.along} if args.along else {}) for target in targets]
    prover = None
    if args.prove:
        need("SymPy", "prove", "--prove ")
        from mlp.runner.proofs import Prover

        prover = Prover(args.seed, args.timeout)
    again = partial(verify_again, args)
    verdict = partial(judge, seed=args.seed, timeout=args.timeout, prover=prover, repeat=again)
    verdict = partial(verdict, tangent=not args.no_tangent)
    done = (
        [verdict(target) for target in watched(targets)]
        if args.json
        else print_table(targets, verdict, args.seed, proofs=args.prove, verbose=args.verbose)
    )
    status = exit_status(outcome.verdict for outcome in done)
    if args.json:
        checks = [outcome.to_dict() for outcome in done]
        print(json.dumps({"schema": SCHEMA, "seed": args.seed, "status": status, "checks": checks}))
    if args.github:
        from mlp.command.github import tell

        tell(done, args.seed)
    if args.html:
        from mlp.command.html import pictured

        done = pictured(targets, done, partial(verdict, picture=True))
    for name in FILES:
        if path := vars(args)[name.replace("-", "_")]:
            form = import_module(f"mlp.command.{name.partition('-')[0]}")
            try:
                path.write_text(form.text(done, args.seed), encoding="utf-8")
            except OSError as error:
                complain(f"mlp verify: --{name} is not written: {error}")
                status = status or USAGE
    return status


def run_vectors(args: argparse.Namespace) -> int:
    """Write the battery for other languages, and name the files."""
    from mlp.command.vectors import write_battery

    with refused(OSError, "not written: "):
        files = write_battery(args.out)
    print(*files, sep="\n")
    return 0


def run_conformance(args: argparse.Namespace) -> int:
    """Print how far the answers in a file are off, op by op."""
    from mlp.command.vectors import compared, read_answers

    with refused((OSError, ValueError), f"{args.answers} cannot be read: "):
        found = [*compared(read_answers(args.answers), args.limit)]
    if args.json:
        print(json.dumps([measured.to_dict() for measured in found]))
    else:
        print(*found, sep="\n\n")
    return int(not all(found))


def run_prove(args: argparse.Namespace) -> int:
    """Prove what was named, and print the ledger."""
    need("SymPy", "prove")
    from mlp.command.proving import as_json, ledger, print_ledger, status, write_pages

    lines = ledger(args.targets, dict(args.size), args.shapes, args.timeout)
    done = [*lines] if args.json else print_ledger(lines)
    if args.json:
        print(as_json(done))
    if args.html:
        try:
            files = write_pages(args.targets, args.html, done)
        except (OSError, ValueError, ImportError) as error:
            complain(f"mlp prove: --html is not written: {error}")
            return status(done) or USAGE
        complain(f"{len(files)} pages in {args.html}")
    return status(done)


def run_completion(args: argparse.Namespace) -> int:
    """Print the script for a shell."""
    need("shtab", "completion")
    from mlp.command.completion import script

    print(script(parser(), args.shell), end="")
    return 0


def run_train(args: argparse.Namespace) -> int:
    """Learn the digits once for each seed, and print how well the network reads new ones."""
    from mlp.command.training import BATCH, HELD_OUT, MOMENTUM, learn

    if args.plot:
        need("matplotlib", "plot", "--plot ")
    print(
        f"64-{args.width}-10 network, {args.activation}; {args.epochs} epochs in mini-batches of "
        f"{BATCH}, rate {args.rate:g}, momentum {MOMENTUM:g}; held out {HELD_OUT:.0%}"
    )
    options = {key: vars(args)[key] for key in ("width", "epochs", "rate", "activation")}
    runs = []
    for seed in range(args.seed, args.seed + args.seeds):
        with refused(FloatingPointError, ""):
            run = learn(seed, **options, progress=True)
        print(
            f"seed {seed}:  train {run.accuracy:.2%}  held out {run.held_out_accuracy:.2%}  "
            f"({run.right.sum()} of {len(run.y)}, {run.seconds:.1f} s)"
        )
        runs.append(run)
    if len(runs) > 1:
        mean = sum(run.held_out_accuracy for run in runs) / len(runs)
        print(f"mean of {len(runs)} seeds:  held out {mean:.2%}")
    if args.plot:
        from mlp.command.training_picture import save

        with refused((OSError, ValueError), "no picture: "):
            save(runs[0], args.plot)
        print(f"picture of seed {args.seed} in {args.plot}")
    return 0


RUN = {
    run.__name__.removeprefix("run_"): run
    for run in (run_verify, run_prove, run_train, run_vectors, run_conformance, run_completion)
}
