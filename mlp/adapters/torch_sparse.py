"""Sparse tensors of torch: their stored entries are the argument, as an array of them.

A gradient that covers more than these, as a dense one does, claims the other entries too: then all
are asked about. Tested in tests/peers/test_sparse.py.
"""

from dataclasses import dataclass
from typing import Any

from mlp.gradcheck import Finding


@dataclass(frozen=True)
class Pattern:
    """Which entries a sparse tensor stores, in which layout."""

    th: Any
    tensor: Any  # its values are of no interest
    every: bool = False  # entry of the tensor is stored

    @property
    def values(self) -> Any:
        """Return the stored entries."""
        return self.values_of(self.tensor)

    def values_of(self, tensor: Any) -> Any:
        """Return what a tensor of this pattern stores."""
        plain = tensor.detach()
        return plain._values() if self._is_coo else plain.values()  # noqa: SLF001  # values() wants it coalesced

    @property
    def _is_coo(self) -> bool:
        return self.tensor.layout is self.th.sparse_coo

    def filled(self, values: Any) -> Any:
        """Return a tensor of this pattern that stores these entries."""
        th, own = self.th, self.tensor
        if self._is_coo:
            where, known = own._indices(), own.is_coalesced()  # noqa: SLF001  # likewise
            return th.sparse_coo_tensor(where, values, own.shape, is_coalesced=known)
        rows = own.layout in {th.sparse_csr, th.sparse_bsr}
        ends = own.crow_indices() if rows else own.ccol_indices()
        places = own.col_indices() if rows else own.row_indices()
        return th.sparse_compressed_tensor(ends, places, values, own.shape, layout=own.layout)

    def gradient(self, g: Any) -> Any:
        """Return what a gradient, of any layout, has at the stored entries."""
        found, stored = g.detach().to_dense(), self.values
        places, numbers = self._places()
        out = self.th.empty_like(stored, dtype=found.dtype).reshape(-1)
        out[numbers.reshape(-1)] = found[tuple(places)].reshape(-1)
        return out.reshape(stored.shape)

    def _places(self) -> tuple[Any, Any]:
        """Return the indices of the stored entries, and the place of each among the values."""
        stored = self.values
        numbers = self.th.arange(stored.numel(), device=stored.device).reshape(stored.shape)
        numbered = self.filled(numbers)
        plain = numbered if self._is_coo else numbered.to_sparse_coo()
        return plain._indices(), plain._values()  # noqa: SLF001  # likewise

    def lacks(self, g: Any) -> bool:
        """Tell whether a gradient has numbers at other than the stored entries."""
        if self.every:
            return False
        if g.layout is self.th.strided:
            return True
        rest = g.detach().to_dense().clone()
        rest[tuple(self._places()[0])] = 0
        return bool(rest.any())

    def whole(self) -> "Pattern":
        """Return the pattern that stores every entry, zeros too."""
        dense = self.tensor.detach().to_dense()
        numbers = self.th.arange(1, dense.numel() + 1, device=dense.device).reshape(dense.shape)
        layout = self.tensor.layout
        blocks = layout in {self.th.sparse_bsr, self.th.sparse_bsc}
        size = tuple(self.values.shape[-2:]) if blocks else None
        numbered = (
            numbers.to_sparse(self.tensor.sparse_dim())
            if self._is_coo
            else numbers.to_sparse(layout=layout, blocksize=size)
        )
        pattern = Pattern(self.th, numbered, every=True)
        stored = dense.reshape(-1)[pattern.values - 1]
        return Pattern(self.th, pattern.filled(stored), every=True)

    def note(self, name: str) -> Finding:
        """Say which entries are checked."""
        kind = str(self.tensor.layout).removeprefix("torch.sparse_").upper()
        stored, size = self.values.numel(), self.tensor.numel()
        said = f"{kind}: its {stored} stored entries of {size} are what is checked"
        if self.every:
            said = f"{kind}: all of its {size} entries are checked, for its gradient covers them"
        return Finding("read", "note", name, said)
