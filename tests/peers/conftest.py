"""Collect this folder only where its packages are installed, or where it is asked for by name.

Asked for by name (`pytest tests/peers`) a missing package is an error, never a skip.
"""

from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = ("autograd", "jax", "onnx", "sklearn", "statsmodels", "torch")
RELEASED = ("ase", "entmax", "gpytorch", "mygrad", "pypose", "pylops", "timm")  # some of them


def pytest_ignore_collect(collection_path, config):
    asked = any(
        HERE in [p := Path(arg.split("::")[0]).resolve(), *p.parents] for arg in config.args
    )
    needed = (*PACKAGES, *(RELEASED if collection_path.name == "released" else ()))
    return None if asked or all(map(find_spec, needed)) else True
