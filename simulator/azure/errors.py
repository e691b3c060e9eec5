"""Error responses of Azure."""

from simulator.azure.paths import Target
from simulator.wire import Reply


class ArmError(Exception):
    """An error response. Some errors of the private DNS provider have no `error` wrapper."""

    def __init__(self, status: int, code: str, message: str, *, wrapped: bool = True) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.wrapped = status, code, message, wrapped

    def reply(self) -> Reply:
        details = {"code": self.code, "message": self.message}
        return Reply(self.status, {"error": details} if self.wrapped else details)


def bad_request(message: str, code: str = "InvalidRequestFormat") -> ArmError:
    return ArmError(400, code, message)


def resource_not_found(resource: str, group: str | None) -> ArmError:
    message = f"The Resource '{resource}' under resource group '{group}' was not found."
    return ArmError(
        404,
        "ResourceNotFound",
        f"{message} For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def parent_not_found(parent: str) -> ArmError:
    message = f"Can not perform requested operation on nested resource. Parent resource '{parent}' not found."
    return ArmError(404, "ParentResourceNotFound", message)


def group_not_found(group: str) -> ArmError:
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def subscription_not_found(subscription: str) -> ArmError:
    return ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def forbidden(action: str, scope: str) -> ArmError:
    message = (
        "The client 'simulated' with object id '00000000-0000-0000-0000-0000000000cc' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials."
    )
    return ArmError(403, "AuthorizationFailed", message)


def precondition_failed(record: str) -> ArmError:
    message = f"The Record set {record} has been modified (etag mismatch)."
    return ArmError(412, "PreconditionFailed", message, wrapped=False)


def record_not_found(record: Target) -> ArmError:
    message = (
        f"The resource record '{record.name}' does not exist in resource group '{record.group}' "
        f"of subscription '{record.subscription}'."
    )
    return ArmError(404, "NotFound", message, wrapped=False)


def name_conflict(record: Target) -> ArmError:
    message = (
        f"The record could not be created because a record set named '{record.name}' of a type that"
        " cannot share its name already exists in this zone."
    )
    return ArmError(409, "Conflict", message, wrapped=False)
