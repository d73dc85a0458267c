"""Training loses no work: what a run kept is whole, is named, and leads to the same weights."""

import zipfile

import numpy as np
import pytest

from mlp import two_layer
from mlp.cli import main
from mlp.command.kept import Settings, read, write
from mlp.datasets import digits

WORDS = ["train", "--width", "8", "--rate", "0.1", "--seed", "3"]
WEIGHTS = ("W1", "b1", "W2", "b2")
TRUE = two_layer.value_and_grad


def trained(path, *more, epochs=4):
    return main([*WORDS, "--epochs", str(epochs), "--save", str(path), *more])


def arrays(path):
    with np.load(path) as found:
        return {name: found[name] for name in found.files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Train without a stop, four epochs."""
    path = tmp_path_factory.mktemp("kept") / "whole.npz"
    assert trained(path) == 0
    return path


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """Train until somebody stops it, in the third epoch."""
    return stop(tmp_path / "stopped.npz", monkeypatch)


def stop(path, monkeypatch):
    calls = []

    def impatient(*args, **options):
        calls.append(None)
        if len(calls) > 2 * 45 + 20:
            raise KeyboardInterrupt
        return TRUE(*args, **options)

    monkeypatch.setattr(two_layer, "value_and_grad", impatient)
    assert trained(path) == 130
    monkeypatch.undo()
    return path


def test_the_weights_read_digits_and_are_no_pickle(whole, capsys):
    capsys.readouterr()
    found = arrays(whole)
    X, y = digits()
    assert (two_layer.predict(X, *(found[name] for name in WEIGHTS))[1] == y).mean() > 0.5
    assert [found[name].shape for name in WEIGHTS] == [(64, 8), (8,), (8, 10), (10,)]
    assert not any(a.dtype.hasobject for a in found.values())


def test_what_was_stopped_goes_on_to_the_same_weights_bit_for_bit(stopped, whole):
    assert len(arrays(stopped)["held_out_losses"]) == 2
    assert trained(stopped, "--resume") == 0
    for name, wanted in arrays(whole).items():
        assert arrays(stopped)[name].tobytes() == wanted.tobytes(), name


def test_who_stops_it_hears_how_it_goes_on(tmp_path, monkeypatch, capsys):
    path = stop(tmp_path / "run.npz", monkeypatch)
    assert (
        f"interrupted: {path} has the first 2 of 4 epochs; --resume goes on"
        in capsys.readouterr().err
    )


def test_a_run_that_is_done_goes_on_to_more_epochs(whole, tmp_path, capsys):
    path = tmp_path / "short.npz"
    assert trained(path, epochs=1) == 0
    assert trained(path, "--resume") == 0
    assert arrays(path)["W1"].tobytes() == arrays(whole)["W1"].tobytes()
    out = capsys.readouterr().out.splitlines()
    first, second = (line for line in out if line.startswith("seed 3:"))
    assert first.split("(")[0] != second.split("(")[0]


def test_a_run_that_diverges_stops_and_keeps_the_best_weights(stopped, capsys, monkeypatch):
    best = arrays(stopped)["best_W1"]
    capsys.readouterr()
    monkeypatch.setattr(two_layer, "value_and_grad", exploding)
    assert trained(stopped, "--resume") == 3
    said = capsys.readouterr().err
    assert "try a rate below 0.1" in said
    assert f"{stopped} keeps the best weights, of epoch 2" in said
    assert arrays(stopped)["best_W1"].tobytes() == best.tobytes()


def exploding(*args, **options):
    loss, gradients = TRUE(*args, **options)
    return loss, tuple(np.full_like(g, np.inf) for g in gradients)


def test_the_best_weights_are_those_of_the_smallest_loss_of_held_out_images(whole):
    kept = read(whole, Settings(seed=3, width=8, rate=0.1, activation="relu"))
    assert kept.best_epoch == 1 + int(np.argmin(kept.held_out_losses))


DAMAGED = {  # what becomes of the file, and what is said of it
    "cut in half": (lambda p: p.write_bytes(p.read_bytes()[: len(p.read_bytes()) // 2]), "damaged"),
    "empty": (lambda p: p.write_bytes(b""), "damaged"),
    "text": (lambda p: p.write_text("weights"), "damaged"),
    "a flipped byte": (lambda p: p.write_bytes(flipped(p.read_bytes())), "damaged"),
    "arrays of somebody else": (lambda p: np.savez(p, a=np.zeros(3)), "no run of mlp train"),
    "one array": (lambda p: p.write_bytes(one_array()), "damaged"),
    "a pickle": (lambda p: np.savez(p, W1=np.array([{}], object)), "no run of mlp train"),
    "an array less": (lambda p: changed(p, V_b1=None), "V_b1"),
    "another shape": (lambda p: changed(p, W1=np.zeros((64, 9))), "W1"),
    "another dtype": (lambda p: changed(p, b2=np.zeros(10, np.float32)), "b2"),
    "numbers that are none": (lambda p: changed(p, b2=np.full(10, np.nan)), "b2"),
    "another order": (lambda p: changed(p, order=np.array("{}")), "order"),
    "fewer losses": (lambda p: changed(p, losses=np.zeros(7)), "losses"),
}


def flipped(content):
    middle = len(content) // 3
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


def one_array():
    import io

    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


def changed(path, **other):
    found = {**arrays(path), **other}
    np.savez(path, **{name: a for name, a in found.items() if a is not None})


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_or_foreign_file_is_named_and_stays(how, whole, tmp_path, capsys):
    damage, said = DAMAGED[how]
    path = tmp_path / "kept.npz"
    path.write_bytes(whole.read_bytes())
    damage(path)
    before = path.read_bytes()
    assert trained(path, "--resume") == 3
    err = capsys.readouterr().err
    assert err.startswith(f"mlp train: --resume: {path} ")
    assert said in err
    assert err.count("\n") == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--resume"], "--resume needs --save"),
        (["--save", "{there}"], "is there already: --resume goes on with it"),
        (["--save", "{new}", "--resume"], "is not there"),
        (["--save", "{here}/w.pkl"], "must end in .npz"),
        (["--save", "{here}/nowhere/w.npz"], "nowhere"),
        (["--save", "{new}", "--seeds", "2"], "one run"),
        (["--save", "{there}", "--resume", "--width", "9"], "--width 8, not 9"),
        (["--save", "{there}", "--resume", "--seed", "4"], "--seed 3, not 4"),
        (["--save", "{there}", "--resume", "--activation", "tanh"], "--activation relu, not tanh"),
        (["--save", "{there}", "--resume", "--epochs", "2"], "has seen 4 epochs"),
    ],
)
def test_what_cannot_be_kept_or_gone_on_with_is_said_before_training(
    words, said, whole, tmp_path, capsys
):
    capsys.readouterr()
    places = {"here": tmp_path, "there": whole, "new": tmp_path / "new.npz"}
    before = whole.read_bytes()
    assert main([*WORDS, "--epochs", "4", *(w.format(**places) for w in words)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("mlp train: ")
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert whole.read_bytes() == before


def test_a_disk_that_is_full_leaves_the_epoch_before(stopped, monkeypatch, capsys):
    before = stopped.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert trained(stopped, "--resume") == 3
    assert "No space left" in capsys.readouterr().err
    assert stopped.read_bytes() == before
    assert [p.name for p in stopped.parent.iterdir()] == ["stopped.npz"]


def test_what_is_written_is_read(whole, tmp_path):
    settings = Settings(seed=3, width=8, rate=0.1, activation="relu")
    write(tmp_path / "again.npz", settings, read(whole, settings))
    assert zipfile.is_zipfile(tmp_path / "again.npz")
    assert {k: a.tobytes() for k, a in arrays(tmp_path / "again.npz").items()} == {
        k: a.tobytes() for k, a in arrays(whole).items()
    }
