"""Record sets of type A, and the SOA record set of each zone."""

from ipaddress import AddressValueError, IPv4Address

from simulator import world
from simulator.azure import aliases
from simulator.azure.bodies import body_of, items, metadata_of, section, text
from simulator.azure.conditions import check
from simulator.azure.errors import bad_request, name_conflict, record_not_found
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.state import State, Zone
from simulator.azure.zones import zone_of
from simulator.schema import guid
from simulator.wire import Json, Reply, Request

TYPE = "Microsoft.Network/privateDnsZones/A"
SOA_TYPE = "Microsoft.Network/privateDnsZones/SOA"
MAX_ADDRESSES = 20


def get(state: State, target: Target, _request: Request) -> Reply:
    zone = zone_of(state, target)
    record = zone.records.get(target.name.lower())
    if record is None:
        raise record_not_found(target)
    return Reply(200, render(zone, record))


def get_soa(state: State, target: Target, _request: Request) -> Reply:
    return Reply(200, _soa(zone_of(state, target)))


def listing(state: State, target: Target, request: Request) -> Reply:
    zone = zone_of(state, target)
    return page(request, state.page_size, zone.records.items(), lambda record: render(zone, record))


def list_all(state: State, target: Target, request: Request) -> Reply:
    """List the record sets of a zone, of all types."""
    zone = zone_of(state, target)
    rows = [
        ("@", _soa(zone)),
        *((key, render(zone, record)) for key, record in zone.records.items()),
        *((key, aliases.render(zone, alias)) for key, alias in zone.aliases.items()),
    ]
    return page(request, state.page_size, rows, lambda row: row)


def put(state: State, target: Target, request: Request) -> Reply:
    zone, properties = zone_of(state, target), section(body_of(request), "properties")
    old = zone.records.get(target.name.lower())
    check(request, old.etag if old else None, target.name)
    if target.name.lower() in zone.aliases:
        raise name_conflict(target)
    record = world.RecordSet(
        name=old.name if old else target.name,
        ttl=_ttl(properties),
        addresses=_addresses(properties),
        metadata=metadata_of(properties, state.bad_metadata_names),
    )
    zone.records[target.name.lower()] = record
    return Reply(200 if old else 201, render(zone, record))


def patch(state: State, target: Target, request: Request) -> Reply:
    zone, properties = zone_of(state, target), section(body_of(request), "properties")
    old = zone.records.get(target.name.lower())
    check(request, old.etag if old else None, target.name)
    if old is None:
        raise record_not_found(target)
    update: Json = {"etag": guid()}
    if "ttl" in properties:
        update["ttl"] = _ttl(properties)
    if "metadata" in properties:
        update["metadata"] = metadata_of(properties, state.bad_metadata_names)
    if "aRecords" in properties:
        update["addresses"] = _addresses(properties)
    record = zone.records[target.name.lower()] = old.model_copy(update=update)
    return Reply(200, render(zone, record))


def delete(state: State, target: Target, request: Request) -> Reply:
    zone = zone_of(state, target)
    old = zone.records.get(target.name.lower())
    check(request, old.etag if old else None, target.name)
    return Reply(204 if zone.records.pop(target.name.lower(), None) is None else 200)


def render(zone: Zone, record: world.RecordSet) -> Json:
    zone_name = last(zone.zone.id)
    properties: Json = {
        "fqdn": f"{zone_name}." if record.name == "@" else f"{record.name}.{zone_name}.",
        "ttl": record.ttl,
        "aRecords": [{"ipv4Address": address} for address in record.addresses],
        "isAutoRegistered": False,
    }
    if record.metadata:
        properties = {"metadata": record.metadata} | properties
    return {
        "id": f"{zone.zone.id}/A/{record.name}",
        "name": record.name,
        "type": TYPE,
        "etag": record.etag,
        "properties": properties,
    }


def _soa(zone: Zone) -> Json:
    return {
        "id": f"{zone.zone.id}/SOA/@",
        "name": "@",
        "type": SOA_TYPE,
        "etag": zone.zone.etag,
        "properties": {
            "fqdn": f"{last(zone.zone.id)}.",
            "ttl": 3600,
            "soaRecord": {
                "email": "azureprivatedns-host.microsoft.com",
                "expireTime": 2419200,
                "host": "azureprivatedns.net",
                "minimumTtl": 10,
                "refreshTime": 3600,
                "retryTime": 300,
                "serialNumber": 1,
            },
            "isAutoRegistered": False,
        },
    }


def _ttl(properties: Json) -> int:
    ttl = properties.get("ttl")
    if not isinstance(ttl, int) or isinstance(ttl, bool) or not 1 <= ttl <= 2**31 - 1:
        raise bad_request("The 'ttl' of a record set must be a number from 1 to 2147483647.", "BadRequest")
    return ttl


def _addresses(properties: Json) -> tuple[str, ...]:
    addresses = tuple(text(item, "ipv4Address") for item in items(properties, "aRecords"))
    if len(addresses) > MAX_ADDRESSES:
        raise bad_request(f"A record set can hold at most {MAX_ADDRESSES} records.", "BadRequest")
    if len(set(addresses)) < len(addresses):
        raise bad_request("The records of a record set must be unique.", "BadRequest")
    for address in addresses:
        _check_address(address)
    return addresses


def _check_address(address: str) -> None:
    try:
        IPv4Address(address)
    except AddressValueError as error:
        raise bad_request(f"'{address}' is not an IPv4 address.", "BadRequest") from error
