"""The derivatives of ``scipy.special``, a line each.

It is imported where SciPy has been: a forward that uses none has none to wait for. An argument
whose partial is None (an order, a count of degrees of freedom) must not move.
Sources: Abramowitz & Stegun 1964; NIST Digital Library of Mathematical Functions.
Tested in tests/tangent/test_special.py, each rule against extrapolated differences.
"""

import re
from typing import Any

import numpy as np
import scipy.special as sp

from mlp.tangent import series
from mlp.tangent.derivatives import BENDS, DERIVATIVES, LEAPS, NAMES, REAL, SEVERAL

NAMES["sp"] = sp
NAMES |= {  # what several lines say
    "density": lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi),
    "gamma_density": lambda a, x: np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a)),
    "beta_density": lambda a, b, x: np.exp(
        sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b)
    ),
    "slope_of_exprel": series.slope_of_exprel,
    "slope_of_erfcx": series.slope_of_erfcx,
    "slope_of_wofz": lambda z: 2j / np.sqrt(np.pi) - 2 * z * sp.wofz(z),
}


def slope_of_agm(x: Any, y: Any, o: Any) -> Any:
    """Return the derivative of the arithmetic-geometric mean o by x: o = π/4 (x + y) / K(m)."""
    m = ((x - y) / (x + y)) ** 2
    rate = sp.elliprd(0.0, 1.0, 1 - m) / 6 / sp.ellipk(m)
    return o / (x + y) - 4 * o * y * (x - y) / (x + y) ** 3 * rate


def slope_of_voigt(x: Any, sigma: Any, gamma: Any) -> Any:
    """Return ∂/∂x - i ∂/∂γ of Voigt's profile, Re wofz((x + i γ) / (σ √2)) / (σ √2π)."""
    slope = NAMES["slope_of_wofz"]((x + 1j * gamma) / (sigma * np.sqrt(2.0)))
    return slope / (2 * np.sqrt(np.pi) * sigma**2)


def spheroidal(eigenvalue: Any, m: Any, c2: Any, x: Any, o: Any, sign: int = 1) -> Any:
    """Return the second derivative of a spheroidal wave function o[0], by its equation."""
    u = 1 - sign * x * x
    return sign * (2 * x * o[1] - (eigenvalue - c2 * x * x - m * m / u) * o[0]) / u


NAMES |= {f.__name__: f for f in (slope_of_agm, slope_of_voigt, spheroidal)}


def undone(line: str, last: str) -> str:
    """Return the derivative of an inverse: 1 over that of the function, where it has its result."""
    swapped = {"o": last, last: "o"}
    return "1 / (" + re.sub(rf"\b[o{last}]\b", lambda name: swapped[name[0]], line) + ")"


COMPLEMENTS = {  # what is a constant minus another
    sp.erfc: sp.erf, sp.gammaincc: sp.gammainc, sp.betaincc: sp.betainc, sp.chdtrc: sp.chdtr,
    sp.bdtrc: sp.bdtr, sp.nbdtrc: sp.nbdtr, sp.pdtrc: sp.pdtr, sp.fdtrc: sp.fdtr, sp.gdtrc: sp.gdtr,
}  # fmt: skip  # pairs in lines
INVERSES = {  # what undoes another, in its last argument
    sp.ndtri: sp.ndtr, sp.gammaincinv: sp.gammainc, sp.gammainccinv: sp.gammaincc,
    sp.betaincinv: sp.betainc, sp.betainccinv: sp.betaincc, sp.bdtri: sp.bdtr, sp.nbdtri: sp.nbdtr,
    sp.pdtri: sp.pdtr, sp.chdtri: sp.chdtrc, sp.fdtri: sp.fdtr, sp.stdtrit: sp.stdtr,
    sp.nctdtrit: sp.nctdtr,
}  # fmt: skip  # as above

# fmt: off  # a line a rule
DERIVATIVES |= {
    sp.expit: ("o * sp.expit(-x)",),
    sp.logit: ("1 / (x * (1 - x))",),
    sp.log_expit: ("sp.expit(-x)",),
    sp.erf: ("2 / sqrt(pi) * exp(-x * x)",),
    sp.erfcx: ("slope_of_erfcx(x, o)",),
    sp.erfi: ("2 / sqrt(pi) * exp(x * x)",),
    sp.erfinv: ("sqrt(pi) / 2 * exp(o * o)",),
    sp.erfcinv: ("-sqrt(pi) / 2 * exp(o * o)",),
    sp.dawsn: ("1 - 2 * x * o",),
    sp.ndtr: ("density(x)",),
    sp.log_ndtr: ("sqrt(2 / pi) / sp.erfcx(-x / sqrt(2.0))",),
    sp.ndtri_exp: ("exp(x) / density(o)",),
    sp.gamma: ("o * sp.digamma(x)",),
    sp.rgamma: ("-o * sp.digamma(x)",),
    sp.gammaln: ("sp.digamma(x)",),
    sp.loggamma: ("sp.digamma(x)",),
    sp.digamma: ("sp.zeta(2, x)",),
    sp.beta: ("o * (sp.digamma(x) - sp.digamma(x + y))", "o * (sp.digamma(y) - sp.digamma(x + y))"),
    sp.betaln: ("sp.digamma(x) - sp.digamma(x + y)", "sp.digamma(y) - sp.digamma(x + y)"),
    sp.binom: (
        "o * (sp.digamma(x + 1) - sp.digamma(x - y + 1))",
        "o * (sp.digamma(x - y + 1) - sp.digamma(y + 1))",
    ),
    sp.poch: ("o * (sp.digamma(x + y) - sp.digamma(x))", "o * sp.digamma(x + y)"),
    sp.gammainc: (None, "gamma_density(x, y)"),
    sp.betainc: (None, None, "beta_density(x, y, z)"),
    sp.xlogy: ("log(y)", "x / y"),
    sp.xlog1py: ("log1p(y)", "x / (1 + y)"),
    sp.entr: ("-log(x) - 1",),
    sp.rel_entr: ("log(x / y) + 1", "-x / y"),
    sp.kl_div: ("log(x / y)", "1 - x / y"),
    sp.boxcox: ("x ** (y - 1)", None),
    sp.boxcox1p: ("(1 + x) ** (y - 1)", None),
    sp.inv_boxcox: ("o ** (1 - y)", None),
    sp.exprel: ("slope_of_exprel(x)",),
    sp.cosm1: ("-sin(x)",),
    sp.exp10: ("o * log(10.0)",),
    sp.exp2: ("o * log(2.0)",),
    sp.expm1: ("exp(x)",),
    sp.log1p: ("1 / (1 + x)",),
    sp.cbrt: ("1 / (3 * o * o)",),
    sp.sindg: ("pi / 180 * sp.cosdg(x)",),
    sp.cosdg: ("-pi / 180 * sp.sindg(x)",),
    sp.tandg: ("pi / 180 * (1 + o * o)",),
    sp.exp1: ("-exp(-x) / x",),
    sp.expi: ("exp(x) / x",),
    sp.expn: (None, "-sp.expn(x - 1, y)"),
    sp.spence: ("log(x) / (1 - x)",),
    sp.j0: ("-sp.j1(x)",),
    sp.j1: ("(sp.j0(x) - sp.jv(2, x)) / 2",),
    sp.y0: ("-sp.y1(x)",),
    sp.y1: ("(sp.y0(x) - sp.yv(2, x)) / 2",),
    sp.i0: ("sp.i1(x)",),
    sp.i1: ("(sp.i0(x) + sp.iv(2, x)) / 2",),
    sp.i0e: ("sp.i1e(x) - sign(x) * o",),
    sp.i1e: ("(sp.i0e(x) + sp.ive(2, x)) / 2 - sign(x) * o",),
    sp.k0: ("-sp.k1(x)",),
    sp.k1: ("-(sp.k0(x) + sp.kv(2, x)) / 2",),
    sp.k0e: ("o - sp.k1e(x)",),
    sp.k1e: ("o - (sp.k0e(x) + sp.kve(2, x)) / 2",),
    sp.jv: (None, "(sp.jv(x - 1, y) - sp.jv(x + 1, y)) / 2"),
    sp.yv: (None, "(sp.yv(x - 1, y) - sp.yv(x + 1, y)) / 2"),
    sp.iv: (None, "(sp.iv(x - 1, y) + sp.iv(x + 1, y)) / 2"),
    sp.kv: (None, "-(sp.kv(x - 1, y) + sp.kv(x + 1, y)) / 2"),
    sp.ive: (None, "(sp.ive(x - 1, y) + sp.ive(x + 1, y)) / 2 - sign(y) * o"),
    sp.kve: (None, "o - (sp.kve(x - 1, y) + sp.kve(x + 1, y)) / 2"),
    sp.ellipk: ("sp.elliprd(0.0, 1.0, 1 - x) / 6",),
    sp.ellipe: ("-sp.elliprd(0.0, 1 - x, 1.0) / 6",),
    sp.chdtr: (None, "gamma_density(x / 2, y / 2) / 2"),
    sp.stdtr: (None, "sp.poch(x / 2, 0.5) / sqrt(pi * x) * exp(-(x + 1) / 2 * log1p(y * y / x))"),
    sp.pseudo_huber: (None, "y / sqrt(1 + (y / x) ** 2)"),
    sp.wrightomega: ("o / (1 + o)",),
    sp.struve: (None, "sp.struve(x - 1, y) - x * o / y"),
    sp.eval_legendre: (None, "x * (y * o - sp.eval_legendre(x - 1, y)) / (y * y - 1)"),
    sp.eval_chebyt: (None, "x * sp.eval_chebyu(x - 1, y)"),
    sp.eval_hermite: (None, "2 * x * sp.eval_hermite(x - 1, y)"),
    sp.eval_hermitenorm: (None, "x * sp.eval_hermitenorm(x - 1, y)"),
    sp.eval_laguerre: (None, "-sp.eval_genlaguerre(x - 1, 1, y)"),
    sp.agm: ("slope_of_agm(x, y, o)", "slope_of_agm(y, x, o)"),
    sp.ellipkm1: ("-sp.elliprd(0.0, 1.0, x) / 6",),
    sp.ellipeinc: ("sqrt(1 - y * sin(x) ** 2)", "(o - sp.ellipkinc(x, y)) / (2 * y)"),
    sp.ellipkinc: (
        "1 / sqrt(1 - y * sin(x) ** 2)",
        (
            "((sp.ellipeinc(x, y) - y * sin(x) * cos(x) / sqrt(1 - y * sin(x) ** 2)) / (1 - y) - o)"
            " / (2 * y)"
        ),
    ),
    sp.elliprc: ("-sp.elliprd(y, y, x) / 6", "-sp.elliprd(x, y, y) / 3"),
    sp.elliprf: (
        "-sp.elliprd(y, z, x) / 6",
        "-sp.elliprd(x, z, y) / 6",
        "-sp.elliprd(x, y, z) / 6",
    ),
    sp.elliprg: (
        "(sp.elliprf(x, y, z) - x * sp.elliprd(y, z, x) / 3) / 4",
        "(sp.elliprf(x, y, z) - y * sp.elliprd(x, z, y) / 3) / 4",
        "(sp.elliprf(x, y, z) - z * sp.elliprd(x, y, z) / 3) / 4",
    ),
    sp.bdtr: (None, None, "-beta_density(floor(x) + 1, y - floor(x), z)"),
    sp.nbdtr: (None, None, "beta_density(y, floor(x) + 1, z)"),
    sp.pdtr: (None, "-gamma_density(floor(x) + 1, y)"),
    sp.fdtr: (
        None,
        None,
        "beta_density(x / 2, y / 2, x * z / (x * z + y)) * x * y / (x * z + y) ** 2",
    ),
    sp.gdtr: ("z * gamma_density(y, x * z)", None, "x * gamma_density(y, x * z)"),
    sp.gdtria: ("1 / (z * gamma_density(y, o * z))", None, "-o / z"),
    sp.gdtrix: ("-o / x", None, "1 / (x * gamma_density(y, x * o))"),
    sp.nrdtrimn: ("-y / density(sp.ndtri(x))", "-sp.ndtri(x)", "1.0"),
    sp.nrdtrisd: ("-1 / sp.ndtri(y)", "-o / sp.ndtri(y) / density(sp.ndtri(y))", "1 / sp.ndtri(y)"),
    sp.chndtr: ("(sp.chndtr(x, y - 2, z) - o) / 2", None, "(sp.chndtr(x, y + 2, z) - o) / 2"),
    sp.chndtrix: ("2 / (sp.chndtr(o, y - 2, z) - x)", None, None),
    sp.nctdtr: (None, None, "x / z * (sp.nctdtr(x + 2, y, z * sqrt(1 + 2 / x)) - o)"),
    sp.powm1: ("y * x ** (y - 1)", "x ** y * log(x)"),
    sp.inv_boxcox1p: ("(1 + o) ** (1 - y)", None),
    sp.owens_t: (
        "-density(x) * sp.erf(x * y / sqrt(2.0)) / 2",
        "exp(-x * x * (1 + y * y) / 2) / (2 * pi * (1 + y * y))",
    ),
    sp.wofz: ("slope_of_wofz(x)",),
    sp.hankel1: (None, "(sp.hankel1(x - 1, y) - sp.hankel1(x + 1, y)) / 2"),
    sp.hankel2: (None, "(sp.hankel2(x - 1, y) - sp.hankel2(x + 1, y)) / 2"),
    sp.hankel1e: (None, "(sp.hankel1e(x - 1, y) - sp.hankel1e(x + 1, y)) / 2 - 1j * o"),
    sp.hankel2e: (None, "(sp.hankel2e(x - 1, y) - sp.hankel2e(x + 1, y)) / 2 + 1j * o"),
    sp.jve: (None, "(sp.jve(x - 1, y) - sp.jve(x + 1, y)) / 2"),
    sp.yve: (None, "(sp.yve(x - 1, y) - sp.yve(x + 1, y)) / 2"),
    sp.kn: (None, "-(sp.kn(abs(x - 1), y) + sp.kn(x + 1, y)) / 2"),
    sp.yn: (None, "(sp.yv(x - 1, y) - sp.yn(x + 1, y)) / 2"),
    sp.modstruve: (None, "sp.modstruve(x - 1, y) - x * o / y"),
    sp.hyp0f1: (None, "sp.hyp0f1(x + 1, y) / x"),
    sp.hyp1f1: (None, None, "x / y * sp.hyp1f1(x + 1, y + 1, z)"),
    sp.hyp2f1: (None, None, None, "x * y / z * sp.hyp2f1(x + 1, y + 1, z + 1, w)"),
    sp.hyperu: (None, None, "-x * sp.hyperu(x + 1, y + 1, z)"),
    sp.wright_bessel: (None, None, "sp.wright_bessel(x, x + y, z)"),
    sp.log_wright_bessel: (None, None, "exp(sp.log_wright_bessel(x, x + y, z) - o)"),
    sp.itstruve0: ("sp.struve(0, x)",),
    sp.itmodstruve0: ("sp.modstruve(0, x)",),
    sp.it2struve0: ("-sp.struve(0, x) / x",),
    sp.ber: ("sp.berp(x)",),
    sp.bei: ("sp.beip(x)",),
    sp.berp: ("-sp.bei(x) - o / x",),
    sp.beip: ("sp.ber(x) - o / x",),
    sp.ker: ("sp.kerp(x)",),
    sp.kei: ("sp.keip(x)",),
    sp.kerp: ("-sp.kei(x) - o / x",),
    sp.keip: ("sp.ker(x) - o / x",),
    sp.cotdg: ("-pi / 180 * (1 + o * o)",),
    sp.radian: ("pi / 180", "pi / 10800", "pi / 648000"),
    sp.eval_chebyc: (None, "x * sp.eval_chebys(x - 1, y)"),
    sp.eval_chebyu: (None, "((x + 1) * sp.eval_chebyt(x + 1, y) - y * o) / (y * y - 1)"),
    sp.eval_chebys: (None, "((x + 1) * sp.eval_chebyc(x + 1, y) - y * o) / (y * y - 4)"),
    sp.eval_gegenbauer: (None, None, "2 * y * sp.eval_gegenbauer(x - 1, y + 1, z)"),
    sp.eval_genlaguerre: (None, None, "-sp.eval_genlaguerre(x - 1, y + 1, z)"),
    sp.eval_jacobi: (
        None,
        None,
        None,
        "(x + y + z + 1) / 2 * sp.eval_jacobi(x - 1, y + 1, z + 1, w)",
    ),
    sp.eval_sh_chebyt: (None, "2 * x * sp.eval_sh_chebyu(x - 1, y)"),
    sp.eval_sh_chebyu: (
        None,
        "((x + 1) * sp.eval_sh_chebyt(x + 1, y) - (2 * y - 1) * o) / (2 * y * (y - 1))",
    ),
    sp.eval_sh_legendre: (
        None,
        "x * ((2 * y - 1) * o - sp.eval_sh_legendre(x - 1, y)) / (2 * y * (y - 1))",
    ),
    sp.eval_sh_jacobi: (None, None, None, "x * sp.eval_sh_jacobi(x - 1, y + 2, z + 1, w)"),
    sp.lpmv: (None, None, "(y * z * o - (x + y) * sp.lpmv(x, y - 1, z)) / (z * z - 1)"),
    sp.tklmbda: ("1 / (o ** (y - 1) + (1 - o) ** (y - 1))", None),
    sp.voigt_profile: (
        "real(slope_of_voigt(x, y, z))",
        "-(o + x * real(slope_of_voigt(x, y, z)) - z * imag(slope_of_voigt(x, y, z))) / y",
        "-imag(slope_of_voigt(x, y, z))",
    ),
}
BENDS |= {
    sp.huber: (
        "abs(y) - x",
        ("where(abs(y) <= x, 0.0, abs(y) - x)", "where(abs(y) <= x, y, x * sign(y))"),
    )
}
LEAPS |= {
    sp.round: ("abs(x - 0.5 - rint(x - 0.5))", "x_dot"),
    sp.gammasgn: ("where(x > 0, x, abs(x - rint(x)))", "x_dot"),
}
SEVERAL |= {  # the argument that moves, and the derivative of each result by it
    sp.fresnel: (0, "sin(pi / 2 * x * x)", "cos(pi / 2 * x * x)"),
    sp.sici: (0, "sin(x) / x", "cos(x) / x"),
    sp.shichi: (0, "sinh(x) / x", "cosh(x) / x"),
    sp.ellipj: (0, "o[1] * o[2]", "-o[0] * o[2]", "-y * o[0] * o[1]", "o[2]"),
    sp.itj0y0: (0, "sp.j0(x)", "sp.y0(x)"),
    sp.iti0k0: (0, "sp.i0(x)", "sp.k0(x)"),
    sp.it2i0k0: (0, "(sp.i0(x) - 1) / x", "-sp.k0(x) / x"),
    sp.it2j0y0: (0, "(1 - sp.j0(x)) / x", "-sp.y0(x) / x"),
    sp.airy: (0, "o[1]", "x * o[0]", "o[3]", "x * o[2]"),
    sp.airye: (
        0,
        "o[1] + sqrt(x) * o[0]",
        "x * o[0] + sqrt(x) * o[1]",
        "o[3] - sqrt(x) * o[2]",
        "x * o[2] - sqrt(x) * o[3]",
    ),
    sp.kelvin: (0, "o[2]", "o[3]", "1j * o[0] - o[2] / x", "1j * o[1] - o[3] / x"),
    sp.pbdv: (1, "o[1]", "(y * y / 4 - x - 0.5) * o[0]"),
    sp.pbvv: (1, "o[1]", "(y * y / 4 - x - 0.5) * o[0]"),
    sp.pbwa: (1, "o[1]", "-(y * y / 4 - x) * o[0]"),
    sp.mathieu_cem: (
        2,
        "pi / 180 * o[1]",
        "-pi / 180 * (sp.mathieu_a(x, y) - 2 * y * cos(pi / 90 * z)) * o[0]",
    ),
    sp.mathieu_sem: (
        2,
        "pi / 180 * o[1]",
        "-pi / 180 * (sp.mathieu_b(x, y) - 2 * y * cos(pi / 90 * z)) * o[0]",
    ),
    sp.mathieu_modcem1: (2, "o[1]", "(sp.mathieu_a(x, y) - 2 * y * cosh(2 * z)) * o[0]"),
    sp.mathieu_modcem2: (2, "o[1]", "(sp.mathieu_a(x, y) - 2 * y * cosh(2 * z)) * o[0]"),
    sp.mathieu_modsem1: (2, "o[1]", "(sp.mathieu_b(x, y) - 2 * y * cosh(2 * z)) * o[0]"),
    sp.mathieu_modsem2: (2, "o[1]", "(sp.mathieu_b(x, y) - 2 * y * cosh(2 * z)) * o[0]"),
    sp.modfresnelp: (0, "-exp(1j * x * x)", "-2j * x * o[1] - exp(-0.25j * pi) / sqrt(pi)"),
    sp.modfresnelm: (0, "-exp(-1j * x * x)", "2j * x * o[1] - exp(0.25j * pi) / sqrt(pi)"),
    sp.pro_ang1: (3, "o[1]", "spheroidal(sp.pro_cv(x, y, z), x, z * z, w, o)"),
    sp.pro_rad1: (3, "o[1]", "spheroidal(sp.pro_cv(x, y, z), x, z * z, w, o)"),
    sp.obl_ang1: (3, "o[1]", "spheroidal(sp.obl_cv(x, y, z), x, -z * z, w, o)"),
    sp.obl_rad1: (3, "o[1]", "spheroidal(sp.obl_cv(x, y, z), x, z * z, w, o, -1)"),
}
REAL |= {sp.ive, sp.jve, sp.yve, sp.airye}
# fmt: on
for function, other in COMPLEMENTS.items():
    DERIVATIVES[function] = tuple(line and f"-({line})" for line in DERIVATIVES[other])
for function, other in INVERSES.items():
    last = "xyz"[len(DERIVATIVES[other]) - 1]
    line = undone(DERIVATIVES[other][-1] or "", last)
    DERIVATIVES[function] = (*[None] * "xyz".index(last), line)
