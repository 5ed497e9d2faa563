"""The command line, an entry point: it waits, prints and ends the process.

Here: one file for each command, the group that finds them (`main.py`), what their options share (`options.py`), and
the parts of the larger ones. Not here: anything that another entry point could use; that is in the layers below.
"""
