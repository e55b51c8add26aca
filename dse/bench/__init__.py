"""Tables that say how fast the runtime is and how well its costs are predicted."""
