import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger("timer", schedule="%AUDIT_SCHEDULE%")
def audit(timer: func.TimerRequest) -> None: ...


@app.timer_trigger("timer", schedule="every now and then")
def bad_schedule(timer: func.TimerRequest) -> None: ...


@app.route("even/{number:even}")
def bad_route(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("even")


@app.route()
def healthy(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("healthy")
