"""The gate on trial: generated calls of every public function, right ones and odd ones.

A call must end in the right answer, or in one line that names the function, the argument, what was
required and what came. See values.py for what is handed over, functions.py for whom, judge.py for
what is asked of the end, and run.py for how many.
"""
