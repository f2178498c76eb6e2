"""The demo: one command that shows the whole path on embedded defaults."""
