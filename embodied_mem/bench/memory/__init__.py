"""`bench memory`: how right a memory is after an episode of thousands of steps, against the truth."""
