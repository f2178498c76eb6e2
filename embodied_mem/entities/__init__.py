"""Things and people over time: which detections are the same thing, where it was, when it changed."""
