"""Reads the configuration keys of post-training frameworks out of their released packages, without importing them."""
