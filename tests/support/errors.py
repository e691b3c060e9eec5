"""Errors of the outside systems, with the causes that the adapters give them."""

import pytest

from shared.domain.model.errors import Cause, CauseKind, PermanentError, PrivateLinkError, TemporaryError


def changed(message: str = "412") -> TemporaryError:
    return TemporaryError(message, cause=Cause(CauseKind.CHANGED))


def forbidden(message: str = "403") -> PermanentError:
    return PermanentError(message, cause=Cause(CauseKind.MISSING_PERMISSION))


def locked(message: str) -> PermanentError:
    return PermanentError(message, cause=Cause(CauseKind.LOCKED))


def refused(message: str, action: str = "") -> PermanentError:
    """`action`: the missing permission."""
    return PermanentError(message, cause=Cause(CauseKind.REFUSED, action))


def raises(kind: CauseKind, match: str | None = None) -> pytest.RaisesExc[PrivateLinkError]:
    """Expect an error of which the cause has this kind."""
    return pytest.raises(PrivateLinkError, match=match, check=lambda error: error.cause.kind is kind)


def is_retryable(error: PrivateLinkError) -> bool:
    """Whether a retry of the event may succeed: by itself, or once a key or permission is corrected."""
    return isinstance(error, TemporaryError) or error.cause.forbidden
