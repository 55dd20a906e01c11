"""Shared by the black-box tests: the server as a process, clients, and waiting for conditions."""
