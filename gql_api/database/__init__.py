"""Where the data lives: addresses, engines, pools, what a dialect can do, reflection, the embedded server, error facts."""
