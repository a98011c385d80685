"""What a post-training configuration is: every canonical name with its type, unit and bounds, and the facts that carry values."""
