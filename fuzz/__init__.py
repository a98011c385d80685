"""Fuzzing of everything that reads what other people wrote; `python -m fuzz.run --help`."""
