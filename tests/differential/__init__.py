"""tusk beside nginx and PHP-FPM: the same probes, the same answers. README.md tells how."""
