import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger("timer", schedule="%AUDIT_SCHEDULE%")
def audit(timer: func.TimerRequest) -> None: ...


@app.timer_trigger("timer", schedule="every now and then")
def vague(timer: func.TimerRequest) -> None: ...


@app.route("even/{number:even}")
def even(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("even")


@app.route()
def well(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("well")
