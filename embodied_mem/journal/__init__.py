"""The truth of a memory: one SQLite file of append-only records and their blobs."""
