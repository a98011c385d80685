"""A file as text and as values with exact spans. This room knows file formats and nothing of training."""
