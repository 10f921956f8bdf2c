"""Where the data lives: engines, pools, dialects, reflection, the embedded server, error facts."""
