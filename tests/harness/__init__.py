"""What the black-box tests share: the server as a process, clients, and waiting for conditions."""
