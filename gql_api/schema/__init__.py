"""What clients see: descriptors become Strawberry types, and the AST of an operation a plan.

The AST stops here: nothing below knows GraphQL.
"""
