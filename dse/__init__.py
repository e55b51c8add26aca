"""Search, training, export and commands."""
