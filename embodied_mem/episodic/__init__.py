"""What was experienced: memory snapshots that cover the entities, and the stream cut into segments."""
