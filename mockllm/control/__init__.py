"""The control API as data: every operation with what it is asked and what it tells.

Here: one file for each subject, the table of all operations (`table.py`), the forms that they share (`base.py`), and
what is made of the table: the OpenAPI document (`openapi.py`). Not here: who does it (`net/control/`) and who asks
(`client/`). Both sides use this one description, so that they cannot drift apart.
"""
