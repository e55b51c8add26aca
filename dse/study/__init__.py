"""Settings, run folders and their journal; the run of a whole study."""
