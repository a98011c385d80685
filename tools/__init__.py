"""Programs that generate data files of this repository. Nothing here is installed."""
