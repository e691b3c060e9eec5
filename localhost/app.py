"""The host's HTTP contract as an ASGI app."""

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from localhost.admin import Admin
from localhost.event_grid import EventGridWebhook
from localhost.http_triggers import HttpTriggers
from localhost.worker import Worker


def create_app(worker: Worker) -> Starlette:
    """Serve a started worker. Timers are not part of it: see `localhost.timers`."""
    webhook = Route(
        "/runtime/webhooks/eventgrid", EventGridWebhook(worker).__call__, methods=["POST", "OPTIONS"]
    )
    functions = Route("/{path:path}", HttpTriggers(worker))
    routes = [webhook, *Admin(worker).routes(), functions]
    app = Starlette(routes=routes, exception_handlers={ClientDisconnect: _nobody_listens})
    app.router.redirect_slashes = False  # the host redirects nothing
    return app


def _nobody_listens(_request: Request, _error: Exception) -> Response:
    """The client hung up before its request was complete: nothing to run, and nobody to tell."""
    return Response(status_code=400)
