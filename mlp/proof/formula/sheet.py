"""The symbols of a page, exactly:  what is declared is any number, what is defined is opened late.

Each entry of an array is one SymPy symbol. A declared entry is free. A defined one keeps its
definition beside it, in terms of the symbols before it: derivatives follow the chain rule from
definition to definition, tangents likewise, and a proof opens the latest definition first and no
more of them than it needs. Tested in tests/proof/formula/test_sheet.py.
"""

import copy
import functools
import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy

from mlp.proof.formula.syntax import LOWERED, Declaration, LatexError, Name
from mlp.proof.formula.values import Value, indices

# The sizes at which a page is proved. All differ, so that no axis can stand for another.
SIZES = {"n": 2, "c": 3, "d": 4, "h": 5, "m": 3}
OTHER_SIZES = (2, 3, 4, 5)  # for other letters, in the order in which they are declared


@dataclass(frozen=True)
class Defined:
    """A function that a page defines: its body in terms of its parameters."""

    parameters: tuple[sympy.Symbol, ...]
    body: sympy.Expr

    def slope(self, primes: int) -> sympy.Expr:
        """Return the derivative of the body, for a function of one number."""
        return partial(self.body, self.parameters[0], primes) if primes else self.body

    def at(self, primes: int, *values: Any) -> Any:
        """Return the value of the function, or of a derivative, at these values."""
        return self.slope(primes).xreplace(dict(zip(self.parameters, values, strict=True)))


@dataclass(frozen=True)
class AnySmooth:
    """A function that a page declares: nothing is known of it but that it is smooth."""

    name: Name
    domain: tuple[str, ...]
    axes: tuple[str, ...]


@functools.cache
def smooth(name: str, orders: tuple[int, ...]) -> Any:
    """Return a derivative, of these orders in its arguments, of the unknown function of a name."""

    def fdiff(self: Any, argindex: int = 1) -> Any:
        bumped = (*orders[: argindex - 1], orders[argindex - 1] + 1, *orders[argindex:])
        return smooth(name, bumped)(*self.args)

    primes = "'" * orders[0] if len(orders) == 1 else "".join(map(str, orders)).strip("0")
    members = {"fdiff": fdiff, "nargs": len(orders), "origin": (name, orders), "is_real": True}
    return type(f"{name}{primes}", (sympy.Function,), members)


@dataclass
class Sheet:
    """All that a page has declared and defined up to a line."""

    given_sizes: Mapping[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    arrays: dict[Name, Value] = field(default_factory=dict)
    functions: dict[Name, Defined | AnySmooth] = field(default_factory=dict)
    definition: dict[sympy.Symbol, sympy.Expr] = field(default_factory=dict)
    home: dict[Any, tuple[Any, tuple[int, ...]]] = field(default_factory=dict)
    slopes: dict[tuple[Any, Any], Any] = field(default_factory=dict)

    def copy(self) -> "Sheet":
        """Return a sheet to go on writing on; it shares the derivatives that are known."""
        parts = {name: copy.copy(part) for name, part in vars(self).items()}
        return Sheet(**{**parts, "slopes": self.slopes})

    # to declare and to define

    def declare(self, declared: Declaration) -> None:
        """Take a name for any array of a shape, or for any smooth function."""
        name = declared.name
        self.refuse_known(name, declared.axes)
        for axis in (*declared.axes, *(declared.domain or ())):
            self.size(axis, new=True)
        if declared.domain is not None:
            self.functions[name] = AnySmooth(name, declared.domain, declared.axes)
        elif name == Name("𝟏"):
            shape = tuple(map(self.size, declared.axes))
            self.arrays[name] = Value(declared.axes, np.full(shape, sympy.Integer(1), dtype=object))
        else:
            self.arrays[name] = self.symbols(name, declared.axes, positive=declared.positive)

    def define(self, name: Name, value: Value) -> None:
        """Let a name stand for these expressions."""
        self.refuse_known(name, value.axes)
        if name.dotted:
            still = self.value(name.still)
            if self.is_defined(name.still):
                raise LatexError(f"{name} is the tangent of {name.still} already: claim it with =")
            if not value.axes and value.number == 0:  # the symbol does not move
                self.slopes = {}  # tangents that are made from now on have other definitions
                entries = np.full_like(still.entries, sympy.Integer(0))
                self.arrays[name] = Value(still.axes, entries)
                return
            if value.axes != still.axes:
                raise LatexError(f"{name} must have the shape of {name.still}")
        self.name_entries(name, value)

    def name_entries(self, name: Name, value: Value) -> None:
        """Let new symbols stand for these expressions."""
        self.arrays[name] = symbols = self.symbols(name, value.axes)
        self.definition.update(zip(symbols.entries.flat, value.entries.flat, strict=True))

    def refuse_known(self, name: Name, axes: tuple[str, ...] = ()) -> None:
        """Raise where a name has a meaning already, or x₁ would be a name and an entry of x."""
        letter, _, digits = name.letter.partition("_")
        known = self.arrays.get(Name(letter, name.level))
        begins = f"{letter}_"
        others = [n for n in self.arrays if n.level == name.level and n.letter.startswith(begins)]
        if (digits and known is not None and known.axes) or (not digits and axes and others):
            number = digits or others[0].letter.partition("_")[2]
            raise LatexError(
                f"{letter}_{number} would be a name and an entry of {letter}: "
                f"write {letter}^{{({number})}} for the name"
            )
        if name in self.arrays or name in self.functions:
            raise LatexError(f"{name} has a meaning already, on this page: take another letter")

    def symbols(self, name: Name, axes: tuple[str, ...], *, positive: bool = False) -> Value:
        """Return an array of new symbols."""
        shape = tuple(map(self.size, axes))
        entries = np.empty(shape, dtype=object)
        assumption = {"positive": True} if positive else {"real": True}
        for index in indices(shape):
            entries[index] = sympy.Symbol(f"{name}{lowered(index, shape)}", **assumption)
            self.home[entries[index]] = name, index
        return Value(axes, entries)

    def size(self, axis: str, *, new: bool = False) -> int:
        """Return the length of an axis; a declaration names new ones."""
        if axis.isdigit():
            return int(axis)
        if axis not in self.sizes:
            if not new:
                raise LatexError(f"the size {axis} is not declared")
            others = sum(known not in SIZES for known in self.sizes)
            usual = SIZES.get(axis, OTHER_SIZES[others % len(OTHER_SIZES)])
            self.sizes[axis] = self.given_sizes.get(axis, usual)
        return self.sizes[axis]

    @property
    def lengths(self) -> tuple[tuple[str, int], ...]:
        """The lengths of the axes that are declared."""
        return tuple(self.sizes.items())

    # to look up

    def is_defined(self, name: Name) -> bool:
        """Tell whether an array was defined rather than declared."""
        return any(symbol in self.definition for symbol in self.value(name).entries.flat)

    def value(self, name: Name) -> Value:
        """Return what a name stands for; tangents and free cotangents come about on first use."""
        if name not in self.arrays:
            if name.dotted:
                self.move(name)
            elif name.cotangent:
                self.arrays[name] = self.symbols(name, self.value(name.symbol).axes)
            else:
                raise LatexError(f"{name} is not known: declare it with \\in or define it with :=")
        return self.arrays[name]

    def move(self, name: Name) -> None:
        """Make a tangent: free for what is free, by the chain rule for what is defined."""
        still = self.value(name.still)
        if not self.is_defined(name.still):
            self.arrays[name] = self.symbols(name, still.axes)
            return
        moved = still.mapped(lambda symbol: self.tangent(self.definition[symbol]))
        self.name_entries(name, moved)

    # to differentiate

    def tangent(self, expression: Any) -> Any:
        """Return how an expression changes when every symbol moves by its tangent."""
        terms = []
        for symbol in ordered(free(expression)):
            name, index = self.home[symbol]
            dot = self.value(Name(name.letter, name.level, name.cotangent, dotted=True))
            terms.append(partial(expression, symbol) * dot.entries[index])
        return sympy.Add(*terms)

    def slope(self, expression: Any, by: Any) -> Any:
        """Return the derivative of an expression, through all definitions between it and ``by``."""
        terms = [partial(expression, by)] if by in free(expression) else []
        for symbol in free(expression) - {by}:
            if symbol in self.definition:
                if (symbol, by) not in self.slopes:
                    self.slopes[symbol, by] = self.slope(self.definition[symbol], by)
                inner = self.slopes[symbol, by]
                if inner != 0:
                    terms.append(partial(expression, symbol) * inner)
        return sympy.Add(*terms)

    # to open definitions

    def opened(self, expression: Any) -> Iterator[Any]:
        """Yield an expression with more and more definitions put in.

        Those come first that bring the fewest new symbols with them, and the latest among equals.
        """
        rank = {name: place for place, name in enumerate(self.arrays)}
        yield expression
        while closed := free(expression) & self.definition.keys():
            families: dict[Any, dict[Any, Any]] = {}
            for symbol in closed:
                families.setdefault(self.home[symbol][0], {})[symbol] = self.definition[symbol]
            present = free(expression)
            cost = {
                name: (
                    len(frozenset().union(*map(free, family.values())) - present),
                    -rank.get(name, 0),
                )
                for name, family in families.items()
            }
            expression = substituted(expression, families[min(cost, key=cost.__getitem__)])
            yield expression

    def below(self, expression: Any) -> Iterator[Any]:
        """Yield an expression and every definition that it leads to."""
        yield expression
        seen = set(free(expression))
        waiting = [*seen]
        while waiting:
            definition = self.definition.get(waiting.pop())
            if definition is not None:
                yield definition
                waiting.extend(free(definition) - seen)
                seen |= free(definition)

    def leaves(self, expression: Any) -> list[Any]:
        """Return the free symbols that an expression depends on in the end."""
        found = {symbol for e in self.below(expression) for symbol in free(e)}
        return ordered(found - self.definition.keys())


@functools.lru_cache(1 << 16)
def free(expression: Any) -> frozenset[Any]:
    """Return the symbols of an expression; SymPy would look for what it shares again."""
    if expression.is_Symbol:
        return frozenset([expression])
    return frozenset().union(*map(free, expression.args))


@functools.lru_cache(1 << 16)
def partial(expression: Any, symbol: Any, times: int = 1) -> Any:
    """Return a derivative of an expression by a symbol; SymPy would work it out afresh."""
    return expression.diff(symbol, times)


def substituted(expression: Any, rule: Mapping[Any, Any]) -> Any:
    """Return an expression with these parts replaced; SymPy would visit what it shares again."""
    done = dict(rule)

    def of(part: Any) -> Any:
        if part not in done:
            arguments = [of(argument) for argument in part.args]
            same = all(map(operator.is_, arguments, part.args))
            done[part] = part if same else part.func(*arguments)
        return done[part]

    return of(expression)


@functools.lru_cache(1 << 16)
def unknown(expression: Any) -> frozenset[Any]:
    """Return the values of unknown functions in an expression, which may stand in each other."""
    own = [expression] if hasattr(expression, "origin") else []
    return frozenset(own).union(*map(unknown, expression.args))


def ordered(symbols: Iterable[sympy.Symbol]) -> list[sympy.Symbol]:
    """Return symbols in the order of their names, the same in every run."""
    return sorted(symbols, key=lambda symbol: symbol.name)


def lowered(index: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Return an index as one writes it below a letter, counted from 1."""
    separator = "," if max(shape, default=0) > 9 else ""
    return separator.join(str(i + 1) for i in index).translate(LOWERED)
