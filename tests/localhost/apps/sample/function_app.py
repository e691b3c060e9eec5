"""A function app with each kind of function. GET /tryout/calls returns the recorded calls."""

import asyncio
import json
import logging
import threading
from pathlib import Path

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
calls: list[dict[str, object]] = []
log = logging.getLogger(__name__)
never_set = threading.Event()


def _record(function: str, **facts: object) -> None:
    calls.append({"function": function, **facts})


@app.route("calls", methods=["GET"])
def recorded(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(calls), mimetype="application/json")


@app.route("echo/{id:int}/{*rest}", methods=["GET", "PUT"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    facts = {
        "method": req.method,
        "url": req.url,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "headers": dict(req.headers),
        "body": req.get_body().hex(),
    }
    return func.HttpResponse(json.dumps(facts), mimetype="application/json")


@app.route("echo/mine")
def mine(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("mine")


@app.route("teapot", methods=["POST"])
def teapot(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(b"\x00tea", status_code=418, mimetype="application/octet-stream")
    response.headers["X-Pot"] = "short"
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax")
    response.headers.add("Set-Cookie", "b=2; Max-Age=0; Secure")
    return response


@app.route("fail")
def fail(req: func.HttpRequest) -> func.HttpResponse:
    raise LookupError("nothing there")


@app.route("nothing")
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("dropped", status_code=204)


@app.route("text")
def text(req: func.HttpRequest) -> str:
    return "just text"


@app.route("emit")
@app.event_grid_output("out", topic_endpoint_uri="TOPIC", topic_key_setting="KEY")
def emit(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    out.set("{}")
    return func.HttpResponse("emitted")


@app.route("files")
def files(req: func.HttpRequest) -> func.HttpResponse:
    print("printed, not logged")  # noqa: T201 - the output of an app must not mix with the ready line
    return func.HttpResponse(" ".join(sorted(path.name for path in Path().iterdir())))


@app.route("log")
def logged(req: func.HttpRequest) -> func.HttpResponse:
    log.info("message from a thread")
    return func.HttpResponse("logged")


@app.route("slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    log.info("slow started")
    await asyncio.sleep(float(req.params["seconds"]))
    log.info("slow ended")
    return func.HttpResponse("done")


@app.route("stuck")
def stuck(req: func.HttpRequest) -> func.HttpResponse:
    log.info("stuck started")
    never_set.wait()
    return func.HttpResponse("never")


@app.event_grid_trigger("event")
async def changed(event: func.EventGridEvent) -> None:
    _record("changed", id=event.id, subject=event.subject, type=event.event_type, data=event.get_json())
    if event.get_json().get("fail"):
        raise RuntimeError("simulated failure")


@app.event_grid_trigger("event")
def changed_sync(event: func.EventGridEvent) -> None:
    _record("changed_sync", schema=type(event).__name__, id=event.id)


barrier = asyncio.Barrier(2)


@app.event_grid_trigger("event")
async def concurrent(event: func.EventGridEvent) -> None:
    async with asyncio.timeout(5):
        await barrier.wait()


@app.timer_trigger("timer", schedule="%SCHEDULE%")
def tick(timer: func.TimerRequest) -> None:
    _record("tick", past_due=timer.past_due, status_keys=sorted(getattr(timer, "schedule_status", {})))


@app.timer_trigger("timer", schedule="0 0 0 1 1 *", run_on_startup=True)
async def yearly(timer: func.TimerRequest) -> None:
    _record("yearly")
