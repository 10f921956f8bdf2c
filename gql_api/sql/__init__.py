"""How to ask: plans and scopes become statements. Pure: never awaits, never sees GraphQL.

A function named ``compile_`` returns a fragment, one named ``select_`` a statement.
"""
