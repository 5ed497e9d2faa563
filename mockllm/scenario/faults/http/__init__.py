"""Faults of HTTP: the head says something else than it should, or the body is not the one that was meant.

Here: `base.py` (what they share), `head.py` (status, headers, how the head goes out), `body.py` (another body),
`chunks.py` (other chunks of it) and `encoding.py` (other bytes of it).
"""
