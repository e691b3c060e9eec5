"""Request bodies. Unknown keys are refused, not ignored."""

from typing import Annotated

from pydantic import Field, ValidationError

from simulator.clickhouse.errors import bad_request
from simulator.schema import Model, explain
from simulator.wire import BadJsonError, Request
from simulator.world import IpAccess, Provider, Region, ServiceTag

type Id = Annotated[str, Field(min_length=1)]


class EndpointRef(Model):
    """A private endpoint in a PATCH of the organization."""

    id: Id
    description: str = ""
    cloud_provider: Provider
    region: Region

    @property
    def key(self) -> tuple[str, str, str]:
        return self.id, self.cloud_provider, self.region


class EndpointsPatch(Model):
    add: tuple[EndpointRef, ...] = ()
    remove: tuple[EndpointRef, ...] = ()


class OrganizationPatch(Model):
    name: Id | None = None
    private_endpoints: EndpointsPatch = EndpointsPatch()
    enable_core_dumps: bool | None = None


class IdsPatch(Model):
    add: tuple[Id, ...] = ()
    remove: tuple[Id, ...] = ()


class TagsPatch(Model):
    add: tuple[ServiceTag, ...] = ()
    remove: tuple[ServiceTag, ...] = ()


class IpAccessPatch(Model):
    add: tuple[IpAccess, ...] = ()
    remove: tuple[IpAccess, ...] = ()


class ServicePatch(Model):
    name: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    private_endpoint_ids: IdsPatch = IdsPatch()
    tags: TagsPatch = TagsPatch()
    ip_access_list: IpAccessPatch = IpAccessPatch()


class PrivateEndpointPost(Model):
    id: Id
    description: str = ""


def read[M: Model](kind: type[M], request: Request) -> M:
    """Parse the body of a request. Raises CloudError(400) with every error."""
    try:
        return kind.model_validate(request.json)
    except BadJsonError as error:
        raise bad_request(str(error)) from error
    except ValidationError as error:
        raise bad_request(explain(error).replace("\n", "; ")) from error
