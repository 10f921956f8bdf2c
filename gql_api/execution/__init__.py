"""Running an operation: its context, its unit of work, and how its errors are presented."""
