"""What a run amounts to: its summary, gates, best checkpoint, actions and what to watch, drawn from the history and the findings."""
