"""Collect this folder only where its packages are installed, or where it is asked for by name.

Asked for by name (`pytest tests/peers`) a missing package is an error, never a skip.
"""

from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = ("autograd", "jax", "onnx", "sklearn", "statsmodels", "torch")
MORE = {  # some of them
    "released": ("ase", "entmax", "gpytorch", "mygrad", "pypose", "pylops", "timm"),
    "test_chainer.py": ("chainer",),
    "test_cython.py": ("Cython",),
    "test_mygrad.py": ("mygrad",),
    "test_stan.py": ("httpstan",),
}


def pytest_configure(config):
    config.addinivalue_line("markers", "gpu: chainer.testing applies it to what it imports")


def pytest_ignore_collect(collection_path, config):
    asked = any(
        HERE in [p := Path(arg.split("::")[0]).resolve(), *p.parents] for arg in config.args
    )
    needed = (*PACKAGES, *MORE.get(collection_path.name, ()))
    return None if asked or all(map(find_spec, needed)) else True
