"""Questions in plain English to a memory: read by rules, answered by the recall queries."""
