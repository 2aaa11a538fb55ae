"""The command line: one file per command, with its arguments, messages and exit codes.

Modules here import nothing heavy at the top, so that ``--help`` is instant.
"""
