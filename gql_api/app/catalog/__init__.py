"""Products in a tree of categories, and their reviews."""
