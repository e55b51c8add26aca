"""Tables, page and figures of a run."""
