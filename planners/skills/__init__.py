"""What the executor can do: driving, facing, handling, searching, stopping; one concept a module."""
