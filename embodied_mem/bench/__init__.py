"""Speed and quality, measured beside peers on the same work in the same run."""
