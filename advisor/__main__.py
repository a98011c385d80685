"""`python -m advisor` is `rlhf-lint`."""

from advisor.cli import main

main()
