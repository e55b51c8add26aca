"""What may be changed in a network."""
