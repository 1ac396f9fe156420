"""The back-test: past calls decided again, with the facts as they were, and what would have ended otherwise.

`run.replay` does it, for the command and for the page alike; nothing in here prints, or changes anything.
"""
