"""What a network is and what it costs on a Cortex-M."""
