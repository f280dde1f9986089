"""Paperflow: a small service that sends its tenants' documents through plugins that strangers wrote."""
