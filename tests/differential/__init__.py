"""Compares tusk with nginx and PHP-FPM: the same probes must have the same answers. See
README.md."""
