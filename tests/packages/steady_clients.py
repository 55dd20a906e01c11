"""Clients that request a page again and again until standard input ends, and print what they got: run in the
network namespace of a container, by its own file name, with nothing but Python's library.
usage: steady_clients.py PORT CLIENTS PATH
The first line says that all clients are at work; what follows is JSON."""

import http.client
import json
import sys
import threading
import time
from collections import Counter


def client(port: int, path: str, over: threading.Event, answers: Counter, problems: list) -> None:
    """Keeps a connection for as long as the server does, as browsers do."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while not over.is_set():
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            answers[response.status] += 1
            # So that the machine has time for what the test is about.
            time.sleep(0.005)
        except (OSError, http.client.HTTPException) as problem:
            problems.append(f"{type(problem).__name__}: {problem}")
            connection.close()


def main() -> None:
    port, number, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    over, answers, problems = threading.Event(), Counter(), []
    clients = [
        threading.Thread(target=client, args=(port, path, over, answers, problems)) for _ in range(number)
    ]
    for each in clients:
        each.start()
    # On a busy machine the first requests are late, and the test is about what happens during them.
    while sum(list(answers.values())) < 10 * number and not problems:
        time.sleep(0.01)
    print("at work", flush=True)
    sys.stdin.read()
    over.set()
    for each in clients:
        each.join()
    json.dump({"answers": answers, "problems": problems}, sys.stdout)


if __name__ == "__main__":
    main()
