"""What stands behind the command line, which is read in ``mlp.cli``.

    targets, points, shipped    what to check, and where
    guard, verdicts, console    check it whatever it does, judge it, print it
    proofs                      prove it as well
    results, snippet            what came of each argument; code that repeats a check
    training, pictures          learn the digits, and show what was learned
    options                     what stands behind an option

Each is tested in tests/command/.
"""
