"""Gradients that released packages hold, and what each got. The list came before the answers.

`pytest tests/peers/released -k pypose` asks of one package; `-m long` of what takes minutes.
"""

import pytest
from peers.released import numerical, tensors
from peers.released.cases import CASES

LISTS = (numerical, tensors)

# what is not correct, and the words of the report that say so
CUT = "a truncated series"  # pypose cuts the series of its Jacobians of Sim(3)
ADJOINT = "12 of 12 entries wrong"  # found/test_pypose.py
ZERO = "by hand 0, numeric"  # the order of a Bessel function has gradient 0 by design: a constant?
NOTHING = "by hand and numeric are both 0"  # a second derivative that is 0 everywhere
NOT_CORRECT = {
    "pypose: se3, AdjT": ("wrong", ADJOINT),
    "pypose: sim3, AdjT": ("wrong", "14 of 14 entries wrong"),
    "pypose: sim3, Log of a product": ("wrong", CUT),
    "pypose: sim3, Log of an inverse": ("wrong", CUT),
    "pypose: sim3, Act": ("wrong", CUT),
    "pypose: sim3, Adj": ("wrong", CUT),
    # below -1 forward is a rational function that is right to 3e-4, and backward not its derivative
    "gpytorch: log_normal_cdf": ("wrong", "if it is by design, accept="),
    # it divides by the size of a block + 1e-8
    "jaxopt: isotonic_l2_pav": ("wrong", "off by 1.0e-08 of the largest entry"),
    "tfp: log_bessel_kve": ("wrong", ZERO),
    "tfp: bessel_iv_ratio": ("wrong", ZERO),
    "numpy-ml: ReLU.grad2": ("inconclusive", NOTHING),
    "numpy-ml: LeakyReLU.grad2": ("inconclusive", NOTHING),
    "numpy-ml: Affine.grad2": ("inconclusive", NOTHING),
    "numpy-ml: HardSigmoid.grad2": ("inconclusive", NOTHING),
}
ABSENT = ("numpy-ml: GELU",)  # listed, and not in the released version
LONG = ("tfp: log_bessel_kve", "tfp: bessel_iv_ratio")


def marked(name):
    return pytest.param(name, marks=[pytest.mark.long] if name in LONG else [])


@pytest.mark.filterwarnings("ignore")  # what the packages warn of is theirs
@pytest.mark.parametrize("name", [*map(marked, CASES)])
def test_a_gradient_of_a_package(name):
    if name.startswith(ABSENT):
        with pytest.raises(AttributeError, match="GELU"):
            CASES[name]()
        return
    verdict, words = NOT_CORRECT.get(name, ("correct", ""))
    report = CASES[name]()
    assert report.verdict == verdict, str(report)
    assert words in str(report)
