"""What was used.

Owns: events, each a fact about one customer that is counted once; what meters read from them.
Does not own: meters (catalog), prices of what was read (rating), when a period is read (billing).
Always holds: an event's id is its identity in its environment, for ever; sent twice it counts once, and sent
with other content it is refused; a stored event never changes; of a batch, received = stored + duplicate +
refused, and what is refused is refused alone; a meter reads what ``core.rating.aggregate`` makes of the same
events.
"""

from counterfoil.modules.usage.models import EventRow
from counterfoil.modules.usage.service import (
    MAX_AMOUNTS,
    MAX_GROUPS,
    get_event,
    ingest,
    list_events,
    read_groups,
    read_meter,
    read_meter_amounts,
    read_meter_groups,
    read_meter_windows,
    read_usage,
)
from counterfoil.modules.usage.types import (
    MAX_BATCH,
    MAX_ID,
    MAX_NAME,
    MAX_PROPERTIES,
    MAX_PROPERTY_NAME,
    MAX_TEXT,
    AcceptedTimes,
    AmountsReading,
    Event,
    EventAnswer,
    EventPlace,
    EventQuery,
    GroupReading,
    MeterReading,
    NewEvent,
    Outcome,
    Reason,
    Refusal,
    SubscriptionName,
    SubscriptionResolver,
    UsageQuery,
    UsageReport,
    UsageWindow,
    WindowReading,
)

__all__ = [
    "MAX_AMOUNTS",
    "MAX_BATCH",
    "MAX_GROUPS",
    "MAX_ID",
    "MAX_NAME",
    "MAX_PROPERTIES",
    "MAX_PROPERTY_NAME",
    "MAX_TEXT",
    "AcceptedTimes",
    "AmountsReading",
    "Event",
    "EventAnswer",
    "EventPlace",
    "EventQuery",
    "EventRow",
    "GroupReading",
    "MeterReading",
    "NewEvent",
    "Outcome",
    "Reason",
    "Refusal",
    "SubscriptionName",
    "SubscriptionResolver",
    "UsageQuery",
    "UsageReport",
    "UsageWindow",
    "WindowReading",
    "get_event",
    "ingest",
    "list_events",
    "read_groups",
    "read_meter",
    "read_meter_amounts",
    "read_meter_groups",
    "read_meter_windows",
    "read_usage",
]
