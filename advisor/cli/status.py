"""Exit statuses, as the contract names them."""

CLEAN = 0
FINDINGS = 1
ERROR = 2
INTERNAL = 3
