"""The protocol of the peers: one JSON object a line in, one out.

    {"do": "versions"}                              -> {"versions": "…"}
    {"do": "prepare", "name": N, …}                 -> {}          ready to run, run once
    {"do": "run", "name": N, "repeats": R, "cpu_time": B} -> {"seconds": S}  for all repeats together
    {"do": "clear"}                                 -> {}

A request that fails is answered with {"error": "…"}.
"""

import json
import os
import sys
import time


def serve(versions, prepare):
    """Answers until stdin ends. `prepare(request)` returns a function without arguments: the work."""
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    ready = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {}
            if request["do"] == "versions":
                answer["versions"] = versions
            elif request["do"] == "clear":
                ready.clear()
            elif request["do"] == "prepare":
                work = prepare(request)
                work()
                ready[request["name"]] = work
            elif request["do"] == "run":
                work = ready[request["name"]]
                clock = time.process_time if request["cpu_time"] else time.perf_counter
                start = clock()
                for _ in range(request["repeats"]):
                    work()
                answer["seconds"] = clock() - start
            else:
                answer["error"] = f"unknown request {request['do']}"
        except Exception as error:  # noqa: BLE001: the bench decides what a failure means
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
