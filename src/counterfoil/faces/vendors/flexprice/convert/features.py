"""Features and their meters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text
from counterfoil.core.rating import Aggregation, Reset
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.convert.common import (
    metadata_to_wire,
    stamps,
    status_of,
    text_from_wire,
)
from counterfoil.faces.vendors.flexprice.searching import keep, refuse
from counterfoil.faces.vendors.flexprice.wire_generated import (
    FeatureResponse,
    MeterAggregation,
    MeterFilter,
    MeterResponse,
)
from counterfoil.modules.catalog import FeatureKind, NewFeature, NewMeter

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.vendors.flexprice.wire import CreateFeatureRequest, UpdateFeatureRequest
    from counterfoil.faces.vendors.flexprice.wire_generated import CreateMeterRequest
    from counterfoil.modules.catalog import Feature, Meter

KINDS: Final = {
    "metered": FeatureKind.METERED,
    "boolean": FeatureKind.BOOLEAN,
    "static": FeatureKind.TEXT,
    "config": FeatureKind.CONFIG,
}
"""Our kind of each of their types."""

_TYPES: Final = {
    FeatureKind.METERED: "metered",
    FeatureKind.BOOLEAN: "boolean",
    FeatureKind.CAPABILITY: "boolean",
    FeatureKind.CONFIG: "config",
    FeatureKind.TEXT: "static",
    FeatureKind.ENUM: "static",
    FeatureKind.NUMERIC: "static",
}

AGGREGATIONS: Final = {
    "COUNT": Aggregation.COUNT,
    "SUM": Aggregation.SUM,
    "MAX": Aggregation.MAX,
    "LATEST": Aggregation.LATEST,
    "COUNT_UNIQUE": Aggregation.UNIQUE_COUNT,
}
"""Our aggregation of each of theirs that is served."""

_AGGREGATION_TYPES: Final = {
    **{ours: theirs for theirs, ours in AGGREGATIONS.items()},
    Aggregation.AVERAGE: "AVG",
    Aggregation.EXPRESSION: "SUM",
    Aggregation.SUM_WITH_MULTIPLIER: "SUM_WITH_MULTIPLIER",
    Aggregation.WEIGHTED_SUM: "WEIGHTED_SUM",
}
"""Their word for ours, in which meters that were made elsewhere are shown too; they have none for min."""

WORDS: Final = {"external_id": "lookup_key", "kind": "type", "unit": "unit_singular", "meta": "metadata"}
"""Their names of fields that have another name with us."""

METER_WORDS: Final = {
    "aggregation": "meter.aggregation.type",
    "property": "meter.aggregation.field",
    "event_name": "meter.event_name",
    "filters": "meter.filters",
    "name": "meter.name",
}

_UNSERVED: Final = ("group_id", "reporting_unit", "alert_settings")


def feature_from_wire(body: CreateFeatureRequest, meter_id: UUID | None) -> NewFeature:
    """The feature to make, metered by a meter that exists."""
    refuse(body, *_UNSERVED)
    return NewFeature(
        name=body.name,
        kind=KINDS[body.type],
        description=text_from_wire(body.description),
        meter_id=meter_id,
        unit=_unit(body.unit_singular, body.unit_plural),
        external_id=text_from_wire(body.lookup_key),
        meta=body.metadata or {},
    )


def meter_from_wire(body: CreateMeterRequest) -> NewMeter:
    """The meter to make; what is counted otherwise than by us is refused."""
    asked = body.aggregation
    aggregation = AGGREGATIONS.get(asked.type or "")
    if aggregation is None:
        raise InvalidInput(
            f"{asked.type} is not served yet", field="meter.aggregation.type", allowed=", ".join(AGGREGATIONS)
        )
    for name in ("expression", "multiplier", "bucket_size", "group_by"):
        if getattr(asked, name):
            field = f"meter.aggregation.{name}"
            raise InvalidInput(f"{field} is not served yet", field=field, allowed="none")
    if body.reset_usage != "BILLING_PERIOD":
        raise InvalidInput(
            "usage is counted for each billing period",
            field="meter.reset_usage",
            allowed="BILLING_PERIOD",
        )
    filters: dict[str, list[str]] = {}
    for one in body.filters or ():
        filters.setdefault(one.key or "", []).extend(one.values or ())
    return NewMeter(
        name=body.name,
        event_name=body.event_name,
        aggregation=aggregation,
        property=text_from_wire(asked.field),
        filters=filters,
    )


def changes_from_wire(body: UpdateFeatureRequest, before: Feature) -> dict[str, Any]:
    """The fields to change: those that are there."""
    refuse(body, *_UNSERVED)
    refuse(body, "filters", "meter", why="of a feature never changes")
    shown = {
        "type": _TYPES[before.kind],
        "lookup_key": before.external_id,
        "meter_id": None if before.meter_id is None else ids.show("meter", before.meter_id),
        "status": status_of(before),
    }
    keep(body, shown, *shown)
    fields: dict[str, Any] = {}
    if body.name is not None:
        fields["name"] = body.name
    if body.description is not None:
        fields["description"] = text_from_wire(body.description)
    if body.metadata is not None:
        fields["meta"] = body.metadata
    if body.unit_singular is not None or body.unit_plural is not None:
        known = before.unit
        singular = known.get("singular") if body.unit_singular is None else body.unit_singular
        plural = known.get("plural") if body.unit_plural is None else body.unit_plural
        fields["unit"] = _unit(singular, plural)
    return fields


def feature_to_wire(uow: Unit, feature: Feature, meter: Meter | None) -> FeatureResponse:
    """A feature as Flexprice shows it, with its meter."""
    return FeatureResponse(
        id=ids.show("feature", feature.id),
        name=feature.name,
        type=_TYPES[feature.kind],
        lookup_key=feature.external_id or "",
        description=feature.description or "",
        meter_id=None if feature.meter_id is None else ids.show("meter", feature.meter_id),
        meter=None if meter is None else meter_to_wire(uow, meter),
        unit_singular=feature.unit.get("singular", ""),
        unit_plural=feature.unit.get("plural", ""),
        metadata=metadata_to_wire(feature.meta),
        status=status_of(feature),
        **stamps(uow, feature),
    )


def meter_to_wire(uow: Unit, meter: Meter) -> MeterResponse:
    """A meter as Flexprice shows it."""
    columns = stamps(uow, meter)
    return MeterResponse(
        id=ids.show("meter", meter.id),
        name=meter.name,
        event_name=meter.event_name,
        aggregation=MeterAggregation(
            type=_AGGREGATION_TYPES.get(meter.aggregation),
            field=meter.property,
            expression=meter.expression,
            multiplier=None if meter.multiplier is None else decimal_text(meter.multiplier),
        ),
        filters=[MeterFilter(key=key, values=list(values)) for key, values in meter.filters.items()],
        reset_usage="BILLING_PERIOD" if meter.reset is Reset.PERIOD else "NEVER",
        status=status_of(meter),
        tenant_id=columns["tenant_id"],
        created_at=columns["created_at"],
        updated_at=columns["updated_at"],
    )


def _unit(singular: str | None, plural: str | None) -> dict[str, str]:
    if not singular and not plural:
        return {}
    if not singular or not plural:
        missing = "unit_plural" if singular else "unit_singular"
        raise InvalidInput(
            "a unit has a singular and a plural", field=missing, allowed="both unit_singular and unit_plural"
        )
    return {"singular": singular, "plural": plural}
