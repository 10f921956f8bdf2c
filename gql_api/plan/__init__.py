"""What is asked: selection trees and changes as plain, hashable data.

No SQL, no predicates, no GraphQL. Operands are not part of a plan: a plan holds *slots*, indexes
into the tuple of values that travels beside it, so that two requests of one shape have one plan.
"""
