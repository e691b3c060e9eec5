"""Error responses of the ClickHouse Cloud API."""


class CloudError(Exception):
    """An error response; the message is the `error` of the envelope."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def bad_request(message: str) -> CloudError:
    return CloudError(400, f"BAD_REQUEST: {message}")


def unauthorized(message: str) -> CloudError:
    return CloudError(401, f"UNAUTHORIZED: {message}")


def forbidden(message: str) -> CloudError:
    return CloudError(403, f"FORBIDDEN: {message}")


def not_found(message: str) -> CloudError:
    return CloudError(404, f"NOT_FOUND: {message}")
