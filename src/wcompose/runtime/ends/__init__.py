"""How a guest ended, in words."""
