"""What every backward owes its forward, before any arithmetic: shapes, purity, linearity."""
