"""The function app: five triggers. Nothing slow is imported and no setting is read before one of them runs."""

import azure.functions as func

from shared.triggers.event_grid import endpoint_named_by

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.event_grid_trigger(arg_name="event")
async def endpoint_changed(event: func.EventGridEvent) -> None:
    """A private endpoint was written, deleted or retagged; every other event is let go."""
    if endpoint := endpoint_named_by(event):
        from shared.triggers import endpoint_changed as trigger  # noqa: PLC0415 -- the SDKs are slow to import

        await trigger.endpoint_changed(endpoint)


@app.route("sync", methods=["POST"])
async def sync(req: func.HttpRequest) -> func.HttpResponse:
    """`{"endpoints": [ARM id, …] or "all", "dryRun": bool}`: the same pass by hand."""
    from shared.triggers import sync as trigger  # noqa: PLC0415 -- the SDKs are slow to import

    answer = await trigger.sync(req.get_body())
    return func.HttpResponse(answer.text(), status_code=answer.status, mimetype=answer.content_type)


@app.route("health", methods=["GET"])
async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 -- the binding insists on the name
    """Whether settings, rights and systems are as they must be; it writes nothing anywhere."""
    from shared.triggers import health as trigger  # noqa: PLC0415 -- the SDKs are slow to import

    answer = await trigger.health()
    return func.HttpResponse(answer.text(), status_code=answer.status, mimetype=answer.content_type)


@app.timer_trigger("timer", schedule="%AUDIT_SCHEDULE%")
async def audit(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the binding insists on the name
    """Everything in scope and everything we own, held against what it should be."""
    from shared.triggers import audit as trigger  # noqa: PLC0415 -- the SDKs are slow to import

    await trigger.audit()


@app.route("status", methods=["GET", "HEAD"])
async def status(req: func.HttpRequest) -> func.HttpResponse:
    """The latest audit as a page for people, or as JSON by Accept or `?format=json`."""
    from shared.triggers.status import Asked, shown  # noqa: PLC0415 -- the SDKs are slow to import

    headers = req.headers
    asked = Asked(req.method, headers.get("Accept"), req.params.get("format"), headers.get("If-None-Match"))
    seen = await shown(asked)
    return func.HttpResponse(
        seen.body, status_code=seen.status, headers=seen.headers, mimetype=seen.content_type
    )
