"""Exit statuses, as the contract names them; a run that did not come to its end takes what a shell gives for the signal."""

CLEAN = 0
FINDINGS = 1
ERROR = 2
INTERNAL = 3
INTERRUPTED = 128 + 2
UNREAD = 128 + 13
"""The reader of the output went away before the end."""
