"""What stands behind the command line, which is read in ``mlp.cli``.

    console                     print verdicts as they come, then the reports of what failed
    html, junit, sarif, github  a run as others read it
    proving                     prove pages and ops, and keep the ledger
    training, training_picture  learn the digits, and show what was learned
    vectors                     hard inputs as files, and answers read back
    parser, options, help       the words of the command line, and what stands behind an option
    complaints, streams         what goes wrong on the way, and what becomes of results then
    completion                  the same words for a shell, by shtab

Each is tested in tests/command/.
"""
