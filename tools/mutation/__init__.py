"""Mutation: each small change of a module that its tests should notice, and those that they do not.

In:  modules and their fast tests, as modules.py names them; cosmic-ray's operators (pip install
     cosmic-ray).
Out: how many mutants were killed, and of each that survived its number, line, before and after,
     with the reason if tools/mutation.toml has one; exit code 1 if one survived without.
Never: changes a file of the project: a mutant lives in a process of its own, in which the module is
       imported so; one of the firmware, in a copy of the firmware.

python -m tools.mutation frame proof layer_proof wire
python -m tools.mutation synapses --part 1/2
python -m tools.mutation synapses --only 67,71 --trace

A mutant of the firmware is shown to MicroPython first: one process that is asked all that the
questions of its module ask (modules.py; tests/support/questions.py) until an answer is wrong. Only
what answers all of them goes to the tests under pytest, which take seconds each. A mutant of the
host is a fork of a process that has begun pytest: pytests.py.

A blob that should be asked goes where its claim is: tests/support/refusals*.py has those that break
one rule each, with code and detail; brains(), others() and edges() of tests/support/blobs.py those
that are good. Another test becomes a question by a function question() in it (at_random() of
tests/support/questions.py makes one), and its name in modules.py.
"""
