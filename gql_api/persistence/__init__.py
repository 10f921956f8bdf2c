"""Changing it: changes become flushes, refusals of the database become typed errors.

Sessions belong to the caller: nothing here opens one, commits or rolls back.
"""
