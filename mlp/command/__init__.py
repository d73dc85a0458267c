"""What stands behind the command line, which is read in ``mlp.cli``.

    targets, points, shipped    what to check, and where
    guard, verdicts, console    check it whatever it does, judge it, print it
    proofs                      prove it as well
    results, snippet            what came of each argument; code that repeats a check
    html, junit, sarif, github  a run as others read it; source: where a backward stands
    proving                     prove pages and ops, and keep the ledger
    training, pictures          learn the digits, and show what was learned
    vectors                     hard inputs as files, and answers read back
    parser, options             the words of the command line, and what stands behind an option
    completion                  the same words for a shell

Each is tested in tests/command/.
"""
