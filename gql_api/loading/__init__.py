"""Asking it: plans are run, one statement per level of relationships, and assembled.

Functions named ``load_`` await; each says how many statements it sends.
"""
