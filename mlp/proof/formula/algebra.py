"""Give a formula its values:  index notation and matrices over the symbols of a sheet.

An index has the range of the axes it stands at, which must be one and the same wherever it stands;
arrays meet only where the names of their axes agree. So an index in the wrong place is an error
even where the sizes happen to be equal. Tested in tests/proof/formula/test_algebra.py.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy

from mlp.proof.formula.ranges import Indices, Ranged, below, in_short, known_axis
from mlp.proof.formula.sheet import AnySmooth, Defined, Sheet, lowered, smooth
from mlp.proof.formula.syntax import LatexError, Name, Node, Number, Relation, Tree
from mlp.proof.formula.values import (
    Value,
    added,
    counted_from_1,
    entrywise,
    indices,
    mapped,
    number,
    same,
)

ELEMENTARY = {
    name: getattr(sympy, name)
    for name in ("exp", "log", "tanh", "sinh", "cosh", "sin", "cos", "erf")
} | {"abs": sympy.Abs}
ORDERS = {"<": sympy.Lt, ">": sympy.Gt, r"\le": sympy.Le, r"\ge": sympy.Ge}


class Algebra(Ranged):
    """What the formulas of a page mean, given its sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.locals: dict[Name, sympy.Symbol] = {}  # parameters of the function being defined

    # values

    def value(self, tree: Tree, at: Indices) -> Value:
        """Return what a formula stands for where its free indices have these values."""
        if isinstance(tree, Number):
            return number(sympy.Rational(tree.value.numerator, tree.value.denominator))
        if isinstance(tree, Name):
            return self.named(tree, at)
        rule = getattr(self, f"_{tree.kind}", None)
        if rule is None:
            raise LatexError(f"{tree.kind} has no place here")
        found: Value = rule(tree, at)
        return found

    def scalar(self, tree: Tree, at: Indices, what: str) -> sympy.Expr:
        """Return the value of a formula that must be one number."""
        value = self.value(tree, at)
        if value.axes:
            raise LatexError(f"{what} must be a number, but {in_short(tree)} is an array")
        return value.number

    def named(self, name: Name, at: Indices) -> Value:
        """Return what a name stands for: a parameter, an index, an array, a size or a constant."""
        if name in self.locals:
            return number(self.locals[name])
        if name.letter in at:
            return number(at[name.letter] + 1)
        if name in self.sheet.arrays:
            return self.sheet.value(name)
        if name in self.sheet.functions:
            raise LatexError(f"{name} is a function and needs its argument in parentheses")
        if name in {Name("π"), Name("e")}:
            return number(sympy.pi if name.letter == "π" else sympy.E)
        if name == Name(name.letter) and name.letter in self.sheet.sizes:
            return number(self.sheet.sizes[name.letter])
        return self.sheet.value(name)

    def _entry(self, tree: Node, at: Indices) -> Value:
        if numbered := self.numbered(tree):
            return self.value(numbered, at)
        array = self.array(tree.parts[0], tree.tag)
        place = tuple(self.position(i, a, at) for i, a in zip(tree.tag, array.axes, strict=True))
        return number(array.entries[place])

    def _add(self, tree: Node, at: Indices) -> Value:
        return added([self.value(part, at) for part in tree.parts])

    def _negative(self, tree: Node, at: Indices) -> Value:
        return self.value(tree.parts[0], at).mapped(operator.neg)

    def _times(self, tree: Node, at: Indices) -> Value:
        left, right = (self.value(part, at) for part in tree.parts)
        if not left.axes or not right.axes:
            scale, other = (left, right) if not left.axes else (right, left)
            return other.mapped(lambda entry: scale.number * entry)
        self._refuse_beside(tree, "entrywise", at)
        return left @ right

    def _dot(self, tree: Node, at: Indices) -> Value:
        vectors = all(len(self.value(part, at).axes) == 1 for part in tree.parts)
        return self._inner(tree, at) if vectors else self._times(tree, at)

    def _refuse_beside(self, tree: Node, other: str, at: Indices) -> None:
        """Refuse a product of matrices that stands beside one entry by entry, or the other way."""
        beside = [part for part in tree.parts if isinstance(part, Node) and part.kind == other]
        if any(all(self.value(factor, at).axes for factor in part.parts) for part in beside):
            raise LatexError("a product of matrices beside ⊙ is ambiguous: write parentheses")

    def _group(self, tree: Node, at: Indices) -> Value:
        return self.value(tree.parts[0], at)

    def _entrywise(self, tree: Node, at: Indices) -> Value:
        left, right = (self.value(part, at) for part in tree.parts)
        self._refuse_beside(tree, "times", at)
        same(left, right, "multiplied entry by entry")
        return Value(left.axes, left.entries * right.entries)

    def _inner(self, tree: Node, at: Indices) -> Value:
        left, right = (self.value(part, at) for part in tree.parts)
        same(left, right, "paired")
        return number(sympy.Add(*(left.entries * right.entries).flat))

    def _over(self, tree: Node, at: Indices) -> Value:
        divisor = self.scalar(tree.parts[1], at, "what divides")
        if divisor == 0:
            raise LatexError("divides by 0")
        return self.value(tree.parts[0], at).mapped(lambda entry: entry / divisor)

    def _power(self, tree: Node, at: Indices) -> Value:
        if tree.parts[1] == Name("T") and self.value(tree.parts[0], at).axes:
            return self._transpose(tree, at)
        base = self.scalar(tree.parts[0], at, "what is raised to a power")
        exponent = self.scalar(tree.parts[1], at, "an exponent")
        if base == 0 and not exponent.is_positive:
            raise LatexError("0 to a power that is not positive")
        return number(base**exponent)

    def _transpose(self, tree: Node, at: Indices) -> Value:
        value = self.value(tree.parts[0], at).as_matrix()
        return Value(value.axes[::-1], value.entries.T)

    def _diagonal(self, tree: Node, at: Indices) -> Value:
        vector = self.value(tree.parts[0], at)
        if len(vector.axes) != 1:
            raise LatexError(f"diag needs a vector, but {in_short(tree.parts[0])} is {vector}")
        entries = np.full((vector.entries.size,) * 2, sympy.Integer(0), dtype=object)
        np.fill_diagonal(entries, vector.entries)
        return Value(vector.axes * 2, entries)

    def _trace(self, tree: Node, at: Indices) -> Value:
        matrix = self.value(tree.parts[0], at)
        if len(matrix.axes) != 2 or matrix.axes[0] != matrix.axes[1]:
            raise LatexError(f"tr needs a square matrix, but {in_short(tree.parts[0])} is {matrix}")
        return number(sympy.Add(*np.diagonal(matrix.entries)))

    def _sum(self, tree: Node, at: Indices) -> Value:
        body, index = tree.parts[0], tree.tag
        if index in at:
            raise LatexError(f"the index {index} is summed, and free as well")
        if len(tree.parts) == 1:
            values = range(self.sheet.size(known_axis(index, self.ranges(body).get(index))))
        else:
            low, high = (self.scalar(bound, at, "a bound") for bound in tree.parts[1:])
            if not (low.is_Integer and high.is_Integer):
                raise LatexError(f"the bounds of the sum over {index} must be whole numbers")
            values = range(int(low) - 1, int(high))
        return added([self.value(body, {**at, index: value}) for value in values])

    def _delta(self, tree: Node, at: Indices) -> Value:
        left, right = (self.position_of(index, at) for index in tree.tag)
        return number(int(left == right))

    # functions

    def _function(self, tree: Node, at: Indices) -> Value:
        name, primes = tree.tag
        x = sympy.Dummy(real=True)
        slope = ELEMENTARY[name](x).diff(x, primes) if primes else ELEMENTARY[name](x)
        return self.value(tree.parts[0], at).mapped(lambda entry: slope.xreplace({x: entry}))

    def _max(self, tree: Node, at: Indices) -> Value:
        of = {"max": sympy.Max, "min": sympy.Min}[tree.kind]
        values = [self.value(part, at) for part in tree.parts]
        if len(values) < 2 and values[0].axes:
            raise LatexError(f"\\{tree.kind} of one array: write \\{tree.kind}(a, b)")
        return entrywise(of, values, "compared")

    _min = _max

    def _cases(self, tree: Node, at: Indices) -> Value:
        values = [self.value(part, at) for part in below(tree)]
        rows, orders = len(tree.parts), [self.order(where) for where in tree.tag]

        def chosen(*entries: Any) -> Any:
            sides = zip(orders, entries[rows::2], entries[rows + 1 :: 2], strict=True)
            conditions = [order(left, right) for order, left, right in sides]
            return sympy.Piecewise(*zip(entries[:rows], conditions, strict=True))

        return entrywise(chosen, values, "told apart by cases")

    def order(self, relation: Relation) -> Any:
        """Return what the sign of an inequality makes of its sides."""
        if relation.sign not in ORDERS:
            raise LatexError(f"a region needs < or >, not {relation.sign}")
        return ORDERS[relation.sign]

    def condition(self, relation: Relation, at: Indices) -> Any:
        """Return an inequality between two numbers."""
        order = self.order(relation)
        return order(*(self.scalar(s, at, "a bound") for s in (relation.left, relation.right)))

    def _call(self, tree: Node, at: Indices) -> Value:
        name, primes, given = tree.tag
        function = self.function(name)
        arguments = [self.value(part, at) for part in tree.parts]
        if isinstance(function, Defined):
            if given:
                raise LatexError(f"{name} has no index")
            if len(arguments) != len(function.parameters) or (primes and len(arguments) > 1):
                raise LatexError(f"{name} takes {len(function.parameters)} arguments")
            if len(arguments) > 1:
                for argument in arguments:
                    same(argument, number(0), f"given to {name}")
            entries = (argument.entries for argument in arguments)
            return Value(arguments[0].axes, mapped(partial(function.at, primes), *entries))
        if len(arguments) != 1:
            raise LatexError(f"{name} takes one argument")
        return self._unknown(function, primes, given, arguments[0], at)

    def _unknown(
        self, function: AnySmooth, primes: int, given: Sequence[str], argument: Value, at: Indices
    ) -> Value:
        places = [self.position(i, a, at) for i, a in zip(given, function.axes, strict=True)]
        shape = tuple(map(self.sheet.size, function.axes))
        name = f"{function.name}{lowered(tuple(places), shape)}"
        if not function.domain:  # of one number, entry by entry
            return argument.mapped(smooth(name, (primes,)))
        if argument.axes != function.domain or primes:
            domain = " × ".join(function.domain)
            raise LatexError(f"{function.name} takes an array {domain}, and has no primes")
        return number(smooth(name, (0,) * argument.entries.size)(*argument.entries.flat))

    # derivatives

    def _derivative(self, tree: Node, at: Indices) -> Value:
        of, *by = tree.parts
        value = self.value(of, at)
        for variable in by:
            value = self._slope(value, variable, at)
        return value

    def _slope(self, value: Value, variable: Tree, at: Indices) -> Value:
        symbols = self.value(variable, at)
        if not all(entry.is_Symbol for entry in symbols.entries.flat):
            raise LatexError(f"{in_short(variable)} is no variable to differentiate by")
        places = tuple(range(value.entries.ndim, value.entries.ndim + symbols.entries.ndim))
        slopes = mapped(self.sheet.slope, np.expand_dims(value.entries, places), symbols.entries)
        return Value(value.axes + symbols.axes, slopes)

    # what a line defines, and what it claims

    def define(self, relation: Relation) -> None:
        """Take in a definition: of an array, of its entries, or of a function."""
        left, right = relation.left, relation.right
        if isinstance(left, Node) and left.kind == "call":
            return self._define_function(left, right)
        if isinstance(left, Node) and left.kind == "entry" and isinstance(left.parts[0], Name):
            if all(index.isdigit() for index in left.tag):
                raise LatexError(
                    f"define a whole array, or all its entries by index letters; a name with a "
                    f"number is {left.parts[0]}^{{({''.join(left.tag)})}}"
                )
            return self._define_entries(left.parts[0], left.tag, right)
        if not isinstance(left, Name):
            raise LatexError("a definition needs a symbol on its left")
        if ranges := self.ranges(right):
            raise LatexError(f"the index {min(ranges)} stands on the right only")
        return self.sheet.define(left, self.value(right, {}))

    def _define_entries(self, name: Name, given: tuple[str, ...], right: Tree) -> None:
        ranges = self.ranges(right)
        if len(set(given)) != len(given):
            raise LatexError("an index stands twice on the left")
        if ranges.keys() != set(given):
            odd = min(ranges.keys() ^ set(given))
            raise LatexError(f"the index {odd} stands on one side only")
        if both := set(given) & set(self.summed(right)):
            raise LatexError(f"the index {min(both)} is summed, and free as well")
        free = {index: known_axis(index, ranges[index]) for index in given}
        entries = np.empty(tuple(map(self.sheet.size, free.values())), dtype=object)
        for at in self.every(free):
            entries[tuple(at.values())] = self.scalar(right, at, f"an entry of {name}")
        self.sheet.define(name, Value(tuple(free.values()), entries))

    def _define_function(self, left: Node, right: Tree) -> None:
        name, primes, given = left.tag
        if primes or given or not all(isinstance(part, Name) for part in left.parts):
            raise LatexError("define a function by f(x) := ..., with a letter for its argument")
        self.sheet.refuse_known(name)
        self.sheet.functions[name] = self.body(left.parts, right)

    def body(self, parameters: Sequence[Tree], right: Tree) -> Defined:
        """Return a function of these parameters, whose value this formula is."""
        names = [name for name in parameters if isinstance(name, Name)]
        self.locals = {name: sympy.Dummy(name.letter, real=True) for name in names}
        try:
            expression = self.scalar(right, {}, "the value of a function")
            for name, symbol in self.locals.items():
                if symbol not in expression.free_symbols:
                    raise LatexError(f"the argument {name} does not occur in what is defined")
            return Defined(tuple(self.locals.values()), expression)
        finally:
            self.locals = {}

    def differences(
        self, relation: Relation, choose: Callable[[list[Any]], Iterable[Any]] = list
    ) -> Iterator[tuple[str, sympy.Expr]]:
        """Yield what must be zero for an equation to hold, entry by entry, with its place.

        That is at all entries of both sides, or at those that are chosen.
        """
        for at in choose([*self.every(self.free(relation))]):
            left, right = self.value(relation.left, at), self.value(relation.right, at)
            same(left, right, "equal")
            place = ", ".join(f"{index} = {value + 1}" for index, value in at.items())
            for index in choose([*indices(left.entries.shape)]):
                where = place or (f"entry ({counted_from_1(index)})" if index else "")
                yield where, left.entries[index] - right.entries[index]
