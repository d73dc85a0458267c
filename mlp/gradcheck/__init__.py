"""Check a gradient."""
