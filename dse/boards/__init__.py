"""Boards that run an exported project: this computer, the virtual board."""
