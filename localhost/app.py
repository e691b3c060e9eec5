"""The ASGI app with all routes of the host."""

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from localhost.admin import Admin
from localhost.event_grid import EventGridWebhook
from localhost.http_triggers import HttpTriggers
from localhost.worker import Worker


def create_app(worker: Worker) -> Starlette:
    """Create the app for a started worker. Timers are separate: see `localhost.timers`."""
    webhook = Route("/runtime/webhooks/eventgrid", EventGridWebhook(worker).__call__, methods=["POST", "OPTIONS"])
    functions = Route("/{path:path}", HttpTriggers(worker))
    routes = [webhook, *Admin(worker).routes(), functions]
    app = Starlette(routes=routes, exception_handlers={ClientDisconnect: _client_disconnected})
    app.router.redirect_slashes = False  # the Functions host does not redirect
    return app


def _client_disconnected(_request: Request, _error: Exception) -> Response:
    """The client disconnected before its request was complete, so no function runs."""
    return Response(status_code=400)
