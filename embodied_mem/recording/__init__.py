"""What happened, to look at: memory files as rerun recordings, the viewer, and screenshots of it."""
