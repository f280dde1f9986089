"""What the host gives to a component, and hears of it: grants, imports, output, an audit log."""
