import azure.functions as func

app = func.FunctionApp()
SETTINGS: dict[str, str] = {}
REGION = SETTINGS["REGION"]  # fails at import, like a missing setting
