"""YAML groups that hydra composes: one file a choice. Defaults live in `embodied_mem.config`."""
