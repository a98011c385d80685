"""Real modules of transformers traced without weights, in a process of their own, beside the closed form."""
