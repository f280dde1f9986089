"""What a call costs composed, beside the other ways of joining languages."""
