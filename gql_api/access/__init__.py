"""What the caller may do: subjects, policies, and the scopes that policies make of a role set.

Pure: predicates are built here, never awaited.
"""
