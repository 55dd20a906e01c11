"""The first visitors of an application, all at once."""

import threading


def visit_at_once(server, count: int) -> list:
    """Returns the answers that `count` new clients get for /."""
    answers = []

    def visit():
        with server.new_client() as client:
            answers.append(client.get("/"))

    threads = [threading.Thread(target=visit) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
