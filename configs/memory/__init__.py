"""Named memories: each YAML overrides a part of `MemoryConfig`."""
