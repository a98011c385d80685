"""Dry-run estimate of CUDA memory: what a training step would need, before a GPU is booked."""
