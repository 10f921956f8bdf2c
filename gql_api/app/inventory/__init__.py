"""Items that users own."""
