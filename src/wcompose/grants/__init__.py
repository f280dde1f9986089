"""Permissions per node: what each is granted, and the gates that hold it to that."""
