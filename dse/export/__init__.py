"""A Program as a C project."""
