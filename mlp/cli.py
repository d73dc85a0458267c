"""The command line, ``mlp verify`` and the others. Results on stdout, everything else on stderr.

The words and options of each command are in command/parser.py; here is what it does. Imports that
cost time stand inside the functions that need them, so that help comes at once.
Tested in tests/test_cli.py.
"""
# ruff: noqa: PLC0415, T201  # help must not wait for NumPy; printing is what a command is for

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from mlp.command.complaints import UsageError, complain, confess, losing, need, refused, told
from mlp.command.parser import FILES, OURS, SCHEMA, USAGE, parser
from mlp.command.streams import lasting, silence

if TYPE_CHECKING:
    from pathlib import Path

    from mlp.command.training import Run
    from mlp.proof.page.ledger import LedgerLine
    from mlp.runner.verdicts import Outcome

INTERRUPTED, NOBODY_READS = 130, 141
GRAVITY = (1, OURS, USAGE, 2, 0)  # a wrong gradient outranks all that may befall a command


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    with lasting() as out:
        words = parser()
        try:
            args = words.parse_args(argv)
        except SystemExit as ending:  # help, or a command that cannot be understood
            raise SystemExit(max(int(ending.code or 0), *told(out))) from None
        if args.run is None:
            words.print_help()
            return max(0, *told(out))
        known = {0}  # the exit statuses of what came to light so far
        try:
            known.add(RUN[args.run](args, known))
            known |= told(out)
        except UsageError as error:
            complain(f"mlp {args.run}: {error}")
            known.add(USAGE)
        except KeyboardInterrupt as stop:
            complain(str(stop) or "interrupted")
            return INTERRUPTED
        except BrokenPipeError:  # as in: mlp verify | head
            silence(sys.stdout)
            return NOBODY_READS
        except Exception as error:  # noqa: BLE001  # whatever is left is our fault
            known.add(confess(error))
        return min(known, key=GRAVITY.index)


def run_verify(args: argparse.Namespace, known: set[int]) -> int:
    """Check what was named, or everything that is shipped, and print what came of it."""
    from mlp.command.console import print_table, watched
    from mlp.command.options import verify_again
    from mlp.runner.child import Child
    from mlp.runner.guard import can_stop
    from mlp.runner.sharing import sharing
    from mlp.runner.targets import briefed
    from mlp.runner.verdicts import gather, judge, status_of

    since = time.perf_counter()  # what is loaded and compiled takes time as well
    if not can_stop():
        complain("mlp verify: no time limit here, for it takes the main thread of a Unix process")
    prover = None
    if args.prove:
        need("SymPy", "prove", "--prove ")
        from mlp.runner.proofs import Prover

        prover = Prover(args.seed, args.timeout)
    make = partial(Child, args.memory, proving=args.prove)
    words = (args.targets, args.shapes, args.wrt, args.timeout)
    targets = gather(*words, skip_empty=args.skip_empty, make=make, apart=args.workers > 1)
    allowed = "--allow-inconclusive" if args.allow_inconclusive else ""
    meant = {"along": args.along} if args.along else {}
    targets = [briefed(t, accept=args.accept, allowed=allowed, meant=meant) for t in targets]
    again = partial(verify_again, args)
    verdict = partial(judge, seed=args.seed, timeout=args.timeout, prover=prover, repeat=again)
    verdict = partial(verdict, tangent=not args.no_tangent)
    done: list[Outcome] = []
    try:
        with sharing(targets, verdict, args.workers) as shared:
            if args.json:
                done.extend(map(shared, watched(targets)))  # grows one by one
            else:
                told = {"since": since, "proofs": args.prove, "verbose": args.verbose}
                print_table(targets, shared, args.seed, done, **told)
    except BaseException as error:  # interrupted, or a fault of ours: what was checked is kept
        known.add(status_of(done))
        stopped = isinstance(error, KeyboardInterrupt)
        write_reports(args, done, INTERRUPTED if stopped else max(known), known)
        raise
    known.add(status := status_of(done))
    if args.html:
        from mlp.command.html import pictured

        with losing("mlp verify: a picture", known):
            done = pictured(targets, done, partial(verdict, picture=True))
    write_reports(args, done, status, known)
    return status


def write_reports(
    args: argparse.Namespace, done: "Sequence[Outcome]", status: int, known: set[int]
) -> None:
    """Write what was checked in every form that was asked for, each of them whole or not at all."""
    from mlp.files import write_whole

    if args.json:
        checks = [outcome.to_dict() for outcome in done]
        print(json.dumps({"schema": SCHEMA, "seed": args.seed, "status": status, "checks": checks}))
    if args.github:
        from mlp.command.github import tell

        with losing("mlp verify: the summary of --github, in GITHUB_STEP_SUMMARY,", known):
            tell(done, args.seed)
    for name in FILES:
        if path := vars(args)[name.replace("-", "_")]:
            with losing(f"mlp verify: --{name}", known):
                form = import_module(f"mlp.command.{name.partition('-')[0]}")
                write_whole(path, form.text(done, args.seed))


def run_vectors(args: argparse.Namespace, _: set[int]) -> int:
    """Write the battery for other languages, and name the files."""
    from mlp.command.vectors import write_battery

    with refused(OSError, "not written: "):
        files = write_battery(args.out)
    print(*files, sep="\n")
    return 0


def run_conformance(args: argparse.Namespace, known: set[int]) -> int:
    """Print how far the answers in a file are off, op by op."""
    from mlp.command.vectors import compared, read_answers

    with refused((OSError, ValueError), f"{args.answers} cannot be read: "):
        found = [*compared(read_answers(args.answers), args.limit)]
    known.add(status := int(not all(found)))
    if args.json:
        print(json.dumps([measured.to_dict() for measured in found]))
    else:
        print(*found, sep="\n\n")
    return status


def run_prove(args: argparse.Namespace, known: set[int]) -> int:
    """Prove what was named, and print the ledger."""
    need("SymPy", "prove")
    from mlp.command.proving import as_json, ledger, print_ledger, status, write_pages
    from mlp.verdict import exit_status

    done: list[LedgerLine] = []
    lines = ledger(args.targets, dict(args.size), args.shapes, args.timeout, args.memory)
    try:
        if args.json:
            done.extend(lines)  # grows one by one
        else:
            print_ledger(lines, done)
    except BaseException:
        known.add(exit_status(line.verdict for line in done))
        raise
    finally:
        if args.json:
            print(as_json(done))
    known.add(status(done))
    if args.html:
        try:
            files = write_pages(args.targets, args.html, done, args.guide)
        except (OSError, ValueError, ImportError) as error:
            complain(f"mlp prove: --html is not written: {error}")
            return USAGE
        complain(f"{len(files)} pages in {args.html}")
    return status(done)


def run_guide(args: argparse.Namespace, _: set[int]) -> int:
    """Print the guide's contents or a page of it, or write the page as HTML."""
    from mlp.command.guide import contents, in_terminal, overview, page_of, pages

    listed = pages(contents())
    with refused(LookupError, ""):
        page = page_of(args.page, listed) if args.page is not None else listed[0]
    if args.html:
        need("SymPy", "prove", "--html ")
        from mlp.proof.html.book import write_page

        with refused(OSError, "--html is not written: "):
            write_page(page, args.html)
    else:
        show = overview if page == listed[0] else in_terminal
        print(show(page.read_text(encoding="utf-8")))
    return 0


def run_completion(args: argparse.Namespace, _: set[int]) -> int:
    """Print the script for a shell."""
    need("shtab", "completion")
    from mlp.command.completion import script

    print(script(parser(), args.shell), end="")
    return 0


def picture(path: "Path") -> "Callable[[Run], None]":
    """Return what draws a run, once it is known that it can."""
    need("matplotlib", "plot", "--plot ")
    from mlp.command.training_picture import save, try_format
    from mlp.files import try_place, write_whole

    with refused((OSError, ValueError), "no picture: "):
        try_format(path)
        try_place(path)
    return lambda run: write_whole(path, partial(save, run))


def run_train(args: argparse.Namespace, _: set[int]) -> int:
    """Learn the digits once for each seed, and print how well the network reads new ones."""
    from mlp.command.kept import Settings, keeper
    from mlp.command.training import BATCH, CHANCE, HELD_OUT, MOMENTUM, learn

    draw = picture(args.plot) if args.plot else None
    settings = Settings(args.seed, args.width, args.rate, args.activation)
    with refused((OSError, ValueError), ""):
        keep = keeper(args.save, settings, args.epochs, args.seeds, resume=args.resume)
    print(
        f"64-{args.width}-10 network, {args.activation}; {args.epochs} epochs in mini-batches of "
        f"{BATCH}, rate {args.rate:g}, momentum {MOMENTUM:g}; held out {HELD_OUT:.0%}"
    )
    options = {key: vars(args)[key] for key in ("width", "epochs", "rate", "activation")}
    runs = []
    for seed in range(args.seed, args.seed + args.seeds):
        with refused((FloatingPointError, MemoryError, OSError), ""), keep.telling():
            run = learn(seed, **options, progress=True, kept=keep.kept, keep=keep)
        print(
            f"seed {seed}:  train {run.accuracy:.2%}  held out {run.held_out_accuracy:.2%}  "
            f"({run.right.sum()} of {len(run.y)}, {run.seconds:.1f} s)"
        )
        if run.is_chance:
            print(f"seed {seed}:  no better than chance ({CHANCE:.0%}): try a lower --rate")
        runs.append(run)
    if len(runs) > 1:
        mean = sum(run.held_out_accuracy for run in runs) / len(runs)
        print(f"mean of {len(runs)} seeds:  held out {mean:.2%}")
    if draw:
        with refused((OSError, ValueError), "no picture: "):
            draw(runs[0])
        print(f"picture of seed {args.seed} in {args.plot}")
    if args.save:
        print(f"weights of seed {args.seed} in {args.save}")
    return 0


RUN = {
    run.__name__.removeprefix("run_"): run
    for run in (
        run_verify,
        run_prove,
        run_train,
        run_vectors,
        run_conformance,
        run_guide,
        run_completion,
    )
}
