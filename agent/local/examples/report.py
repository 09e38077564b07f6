"""Reports to Tacit's agent from Python. The product never waits: it hands records over, a
thread looks at the answers, and no agent, or one that hangs, is no error."""
import http.client, json, os, socket, sys, threading, time

RUN = os.path.join(os.environ.get("TACIT_DATA", "/var/lib/tacit"), "run")


class Agent(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(RUN + "/agent.sock")


def send(body):
    agent, headers = Agent("tacit", timeout=0.005), {}
    if os.path.exists(RUN + "/agent.door"):  # where there are no Unix sockets: loopback and a token
        door = json.load(open(RUN + "/agent.door"))
        agent, headers = http.client.HTTPConnection(door["address"], timeout=0.005), {"Tacit-Token": door["token"]}
    agent.request("POST", "/v1/records", body, headers)
    agent.sock.settimeout(5)  # for the answer
    return agent


def follow(agent, body, records):
    try:
        answer = agent.getresponse()
        while answer.status in (429, 503):  # too much at once, or no room: offer the same again
            time.sleep(int(answer.headers["Retry-After"]))
            answer = send(body).getresponse()
        text = answer.read().decode()
    except (OSError, http.client.HTTPException):
        return  # the agent went away
    if answer.status != 200:
        return print(answer.status, text, file=sys.stderr)
    for record, result in zip(records, json.loads(text)["results"]):
        print(record["metric"], result["status"], result.get("reason", ""), flush=True)


def report(*records):
    body = json.dumps({"product": {"name": "finder", "version": "5.3.1"}, "records": records})
    try:
        threading.Thread(target=follow, args=(send(body), body, records), daemon=True).start()
    except OSError:
        pass  # no agent: the product goes on


if os.environ.get("DO_NOT_TRACK", "0") in ("", "0", "false") and os.environ.get("TACIT_TELEMETRY") != "off":
    report({"metric": "finder.menu.used", "value": 1, "labels": {"menu": "open"}},
           {"metric": "finder.operation.duration", "value": 340_000, "labels": {"operation": "search"}},  # microseconds
           {"metric": "finder.error", "value": "search_timeout", "labels": {"operation": "search"}})
sys.stdin.read()  # the product at work
