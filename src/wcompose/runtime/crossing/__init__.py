"""Values on their way across the host boundary: their types, Python's classes, and the C API's forms.

Knows of no instance: who owns the resources among the values is handed in.
"""
