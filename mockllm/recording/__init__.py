"""What was recorded becomes a scenario that may be kept: without keys, with rules that people can read.

Here: `redact.py` (what must not be kept; `spans.py` finds where it stands), `rules.py` (an exchange as a rule),
`book.py` (all of them as one document) and `text.py` (the document as YAML). All of it is pure. Not here: the endpoint
and the files (`net/recorder.py`, `cli/record.py`).
"""
