"""Initial value problems that SciPy solves with steps of its choice, and their adjoints likewise.

The adjoint runs back along a trajectory that it solves anew, as in Chen et al. 2018, so neither of
the two is the derivative of the other: each is as good as its tolerance. What the solver chooses
depends on the size of the cotangent, so that backward is not quite linear in it.
"""

import numpy as np
from scipy.integrate import solve_ivp

from trials.kinds.kind import Drawn

METHODS = ("RK45", "RK23", "DOP853")


def predators(s, p):
    """Return the velocity of Lotka and Volterra, and its Jacobians by state and parameters."""
    (x, y), (a, b, c, d) = s, p
    velocity = np.array([a * x - b * x * y, c * x * y - d * y])
    by_state = np.array([[a - b * y, -b * x], [c * y, c * x - d]])
    by_parameter = np.array([[x, -x * y, 0, 0], [0, 0, x * y, -y]])
    return velocity, by_state, by_parameter


def oscillator(s, p):
    """Return the velocity of van der Pol, driven and damped, and its Jacobians."""
    (q, u), (mu, k) = s, p
    velocity = np.array([u, mu * (1 - q * q) * u - k * q])
    by_state = np.array([[0, 1], [-2 * mu * q * u - k, mu * (1 - q * q)]])
    by_parameter = np.array([[0, 0], [(1 - q * q) * u, -q]])
    return velocity, by_state, by_parameter


SYSTEMS = {  # with the number of parameters
    "Lotka-Volterra": (predators, 4),
    "van der Pol": (oscillator, 2),
}


def adaptive(rng):
    """Draw a system, a method and a tolerance, the same for both ways."""
    name = str(rng.choice(list(SYSTEMS)))
    system, count = SYSTEMS[name]
    s0, p = rng.uniform(0.6, 1.4, size=2), rng.uniform(0.6, 1.4, size=count)
    T, method, rtol = rng.uniform(0.5, 2), str(rng.choice(METHODS)), 10 ** rng.uniform(-8, -3)

    def solved(f, start, span):
        return solve_ivp(f, span, start, method, rtol=rtol, atol=rtol / 100).y[:, -1]

    def forward(s0, p):
        return solved(lambda _, s: system(s, p)[0], s0, (0, T))

    def backward(dO, s0, p, sign=1, factor=1.0):
        def adjoint(_, z):
            velocity, by_state, by_parameter = system(z[:2], p)
            a = z[2:4]
            return np.concatenate([velocity, -sign * a @ by_state, -factor * a @ by_parameter])

        end = np.concatenate([forward(s0, p), dO, np.zeros(count)])
        back = solved(adjoint, end, (T, 0))
        return back[2:4], back[4:]

    return Drawn(
        f"{name} by {method} to {rtol:.0e}",
        forward,
        (s0, p),
        {"adjoint": backward},
        {
            "sign": lambda *a: backward(*a, sign=-1),
            "parameters off by a fifth": lambda *a: backward(*a, factor=1.2),
        },
        cause="solver",
    )
