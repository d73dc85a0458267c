"""What a training run keeps: its weights after each epoch, and all that it needs to go on.

    W1, b1, W2, b2            the weights after the last epoch that it has seen
    best_W1, ...              those of the epoch with the smallest loss of held-out images
    V_W1, ...                 the last step, for momentum
    losses, held_out_losses   of every mini-batch, and after every epoch
    settings, order           the options; the state of the generator that draws the order

An .npz file, whole or not there, with no pickle in it and none read. Tested in
tests/command/test_kept.py.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlp.descent import Step
from mlp.files import try_place, write_whole
from mlp.shapes import Array

FORM = "mlp-train/1"
PIXELS, CLASSES = 64, 10
WEIGHTS = ("W1", "b1", "W2", "b2")
PARTS = ("", "best_", "V_")  # of each of the weights
BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, NotImplementedError)


class Settings(NamedTuple):
    """The options of a run that cannot change once it has begun."""

    seed: int
    width: int
    rate: float
    activation: str


@dataclass(frozen=True)
class SoFar:
    """A run after some epochs."""

    step: Step  # the last one
    best: Any  # the weights with the smallest loss of held-out images
    losses: list[float]  # of every mini-batch
    held_out_losses: list[float]  # after every epoch
    order: dict[str, Any]  # the state of the generator that draws the order

    @property
    def best_epoch(self) -> int:
        """The epoch with the smallest loss of held-out images: 1, 2, 3, ..."""
        return best_epoch(self.held_out_losses)


def best_epoch(held_out_losses: list[float]) -> int:
    """Return the epoch with the smallest loss of held-out images: 1, 2, 3, ..."""
    return 1 + int(np.argmin(np.nan_to_num(held_out_losses, nan=np.inf, posinf=np.inf)))


@dataclass
class Keeper:
    """Keeps what is known of a run in a file, where there is one to keep it in."""

    path: Path | None
    settings: Settings
    epochs: int
    kept: SoFar | None = None

    def __call__(self, kept: SoFar) -> None:
        """Keep a run after one more epoch; raise OSError where that fails."""
        if self.path:
            try:
                write(self.path, self.settings, kept)
            except OSError as error:
                raise OSError(f"--save: {self.path} is not written: {error}") from error
            self.kept = kept

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Say of what stops a run what is kept of it."""
        try:
            yield
        except KeyboardInterrupt:
            if self.kept:
                seen = f"{self.kept.step.epoch} of {self.epochs} epochs"
                said = f"interrupted: {self.path} has the first {seen}; --resume goes on"
                raise KeyboardInterrupt(said) from None
            raise
        except FloatingPointError as error:
            if self.kept:
                best = f"{self.path} keeps the best weights, of epoch {self.kept.best_epoch}"
                raise FloatingPointError(f"{error}; {best}") from None
            raise


def keeper(
    path: Path | None, settings: Settings, epochs: int, runs: int, *, resume: bool
) -> Keeper:
    """Make ready to keep a run; raise ValueError or OSError for what cannot be kept."""
    if path is None:
        if resume:
            raise ValueError("--resume needs --save FILE, with the run that it goes on with")
        return Keeper(None, settings, epochs)
    if path.suffix != ".npz":
        raise ValueError(f"--save: {path} must end in .npz")
    if runs > 1:
        raise ValueError("--save keeps one run: leave --seeds out")
    if not resume:
        if path.exists():
            said = "is there already: --resume goes on with it, or choose another name"
            raise ValueError(f"--save: {path} {said}")
        try_place(path)
        return Keeper(path, settings, epochs)
    if not path.is_file():
        raise ValueError(f"--resume: {path} is not there, or is no file: without it a run begins")
    try:
        kept = read(path, settings)
    except ValueError as error:
        raise ValueError(f"--resume: {path} {error}") from None
    if kept.step.epoch > epochs:
        seen = f"{kept.step.epoch} epochs"
        raise ValueError(f"--resume: {path} has seen {seen}: say as many --epochs, or more")
    return Keeper(path, settings, epochs, kept)


def write(path: Path, settings: Settings, kept: SoFar) -> None:
    """Write a run, whole or not at all; raise OSError where that fails."""
    words = {"form": FORM, "settings": settings._asdict(), "order": kept.order}
    arrays = {name: np.array(json.dumps(word)) for name, word in words.items()}
    arrays |= {"losses": np.array(kept.losses), "held_out_losses": np.array(kept.held_out_losses)}
    for part, weights in zip(PARTS, (kept.step.parameters, kept.best, kept.step.V), strict=True):
        arrays |= {part + name: a for name, a in zip(WEIGHTS, weights, strict=True)}
    write_whole(path, partial(np.savez, **arrays))  # type: ignore[arg-type]  # all are arrays


def read(path: Path, settings: Settings) -> SoFar:
    """Return the run in a file; raise ValueError or OSError unless it is one of these settings."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            ours = "form" in found.files
            arrays = {name: found[name] for name in found.files} if ours else {}
    except (*BROKEN, TypeError, AttributeError) as error:
        why = str(error).partition("\n")[0]
        raise ValueError(f"is damaged, or no .npz file: {why}") from None
    if not ours or _word(arrays, "form") != FORM:
        raise ValueError(f"is no run of mlp train: it holds no form {FORM}")
    learned = _word(arrays, "settings")
    for name, asked in settings._asdict().items():
        has = learned.get(name) if isinstance(learned, dict) else None
        if has != asked:
            raise ValueError(f"learned with --{name} {has}, not {asked}")
    parts = {part: _weights(arrays, part, settings.width) for part in PARTS}
    held_out = _numbers(arrays, "held_out_losses", None)
    losses = _numbers(arrays, "losses", None)
    epochs = len(held_out)
    if not epochs or len(losses) % epochs or not len(losses):
        raise ValueError(f"is damaged: losses must be as many in each of {epochs} epochs")
    return SoFar(
        Step(len(losses), epochs, float(losses[-1]), parts[""], parts["V_"]),
        parts["best_"],
        losses.tolist(),
        held_out.tolist(),
        _order(arrays),
    )


def _word(arrays: dict[str, Array], name: str) -> Any:
    """Return what JSON under a name says; None where there is none."""
    try:
        return json.loads(str(arrays[name]))
    except (KeyError, ValueError):
        return None


def _weights(arrays: dict[str, Array], part: str, width: int) -> tuple[Array, ...]:
    shapes = ((PIXELS, width), (width,), (width, CLASSES), (CLASSES,))
    named = zip(WEIGHTS, shapes, strict=True)
    return tuple(_numbers(arrays, part + name, shape) for name, shape in named)


def _numbers(arrays: dict[str, Array], name: str, shape: tuple[int, ...] | None) -> Array:
    """Return an array of finite numbers of a shape, or of losses: one axis of any length."""
    a = arrays.get(name, np.array(None))
    fits = a.ndim == 1 if shape is None else a.shape == shape
    if not (fits and a.dtype == np.float64 and (shape is None or np.isfinite(a).all())):
        wanted = "of one axis" if shape is None else f"of the shape {shape}, all finite"
        came = f"is {a.dtype} of shape {a.shape}" if name in arrays else "is not there"
        raise ValueError(f"is damaged: {name} must be float64 {wanted}, but {came}")
    return a


def _order(arrays: dict[str, Array]) -> dict[str, Any]:
    """Return the state of a generator, once one has taken it."""
    order = _word(arrays, "order")
    try:
        np.random.default_rng(0).bit_generator.state = order
    except (TypeError, ValueError, KeyError, OverflowError):
        raise ValueError("is damaged: order must be the state of a PCG64 generator") from None
    return dict(order)
