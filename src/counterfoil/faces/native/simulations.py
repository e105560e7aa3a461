"""``/v1/simulations``: what past usage would have cost at other prices."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CustomerId,
    InstantText,
    ListOf,
    OperationId,
    PageQuery,
    PlanId,
    SimulationId,
    SimulationResultId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import example
from counterfoil.faces.native.prices import MODEL, PARAMS, TERMS
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.identity import Operation, OperationStatus
from counterfoil.modules.simulations import (
    DraftPrice,
    NewSimulation,
    Simulation,
    SimulationResult,
    SimulationTotal,
    cancel_simulation,
    get_simulation,
    list_results,
    list_simulations,
    start_simulation,
)

router = APIRouter(prefix="/simulations", tags=["Simulations"], route_class=NativeRoute)
READ, WRITE = allow("simulations:read"), allow("simulations:write")
_page = page_query("simulation")
_results_page = page_query("simulation_result")

_PLAN: Final = "plan_01kahgp1g0edgrx4zm6byashwh"
_DRAFT: Final[dict[str, Any]] = {
    "plan_id": _PLAN,
    "code": "tokens",
    "model": "per_unit",
    "params": {"EUR": {"unit_amount": "0.0009"}},
    "terms": {},
}
_TIME: Final = {"from": "2026-01-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}
_EXAMPLE: Final[dict[str, Any]] = {**_TIME, "customers": ["acme"], "prices": [_DRAFT], "plan_version": None}
_SUMS: Final[dict[str, Any]] = {
    "currency": "EUR",
    "charges": 3,
    "current": "90.00",
    "simulated": "81.00",
    "difference": "-9.00",
    "problems": 0,
}
_SHOWN: Final[dict[str, Any]] = {
    "id": "sim_01kahgp1g0edgrx4zm6byashwh",
    "operation_id": "op_01kahgp1g0edgrx4zm6byashwh",
    **_TIME,
    "customers": 1,
    "prices": [_DRAFT],
    "plan_version": None,
    "status": "succeeded",
    "progress": {"customers": 1, "of": 1},
    "totals": [{**_SUMS, "customers": 1}],
    "created_at": "2026-11-20T09:30:00Z",
    "finished_at": "2026-11-20T09:30:01Z",
}
_LISTED: Final = {name: _SHOWN[name] for name in ("id", "operation_id", "from", "to", "created_at")}
_RESULT: Final[dict[str, Any]] = {
    "id": "simr_01kahgp1g0edgrx4zm6byashwh",
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    **_SUMS,
    "problems_told": [],
}


class DraftPriceIn(Wire):
    """Another model for what a plan charges under a code."""

    plan_id: PlanId
    code: str = Field(description="The price's, in any version of the plan")
    model: str = Field(description=MODEL)
    params: dict[str, Any] = Field(description=PARAMS)
    terms: dict[str, Any] = Field(default_factory=dict, description=TERMS)

    def from_wire(self) -> DraftPrice:
        """The command."""
        return DraftPrice(self.plan_id, self.code, self.model, self.params, self.terms)


class PlanVersionName(Wire):
    """A version of a plan: a draft, the published one or a past one."""

    plan_id: PlanId
    number: int = Field(strict=True, description="Its number in the plan, from 1")


class SimulationIn(Wire):
    """What is to be rated again, at which prices."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    start: InstantText = Field(alias="from", description="Charges of periods from here on")
    end: InstantText = Field(alias="to", description="that end by this")
    customers: list[str] | None = Field(
        default=None, description="Ids or external ids; all that were billed anything if left out"
    )
    prices: list[DraftPriceIn] = Field(
        default_factory=list, description="Tried instead of the prices of these plans and codes"
    )
    plan_version: PlanVersionName | None = Field(
        default=None,
        description="Tried for all that its plan charged; `prices` go before it",
    )

    def from_wire(self) -> NewSimulation:
        """The command."""
        version = self.plan_version
        return NewSimulation(
            start=self.start,
            end=self.end,
            customers=self.customers,
            prices=[price.from_wire() for price in self.prices],
            version=None if version is None else (version.plan_id, version.number),
        )


class SumsOut(Wire):
    """Charges before discounts and tax: at the prices that were billed, and at the others."""

    currency: str
    charges: int
    current: str
    simulated: str
    difference: str = Field(description="How much more it would have been")
    problems: int = Field(description="Charges that could not be compared, and are in neither sum")


class TotalOut(SumsOut):
    """The sum of all customers in a currency."""

    customers: int


class ProblemOut(Wire):
    """A charge that could not be compared."""

    charge: str
    message: str


class SimulationResultOut(SumsOut):
    """What came out for a customer in a currency."""

    model_config = ConfigDict(json_schema_extra=example(_RESULT))

    id: SimulationResultId
    customer_id: CustomerId
    problems_told: list[ProblemOut] = Field(description="The first of them")


class SimulationOut(Wire):
    """A simulation; it has ended when `status` is `succeeded`, `failed` or `cancelled`."""

    model_config = ConfigDict(json_schema_extra=example(_SHOWN))

    id: SimulationId
    operation_id: OperationId
    start: InstantText = Field(serialization_alias="from")
    end: InstantText = Field(serialization_alias="to")
    customers: int | None = Field(description="How many were named; null: all")
    prices: list[DraftPriceIn]
    plan_version: PlanVersionName | None
    status: OperationStatus
    progress: dict[str, Any] = Field(description="How many `customers` are done `of` how many")
    totals: list[TotalOut] = Field(description="The sums so far, by currency")
    created_at: InstantText
    finished_at: InstantText | None


class ListedSimulationOut(Wire):
    """A simulation in a list; by itself it shows how far it is, and its sums."""

    model_config = ConfigDict(json_schema_extra=example(_LISTED))

    id: SimulationId
    operation_id: OperationId
    start: InstantText = Field(serialization_alias="from")
    end: InstantText = Field(serialization_alias="to")
    created_at: InstantText


def _sums(sums: SimulationResult | SimulationTotal) -> dict[str, Any]:
    return {
        "currency": sums.currency,
        "charges": sums.charges,
        "current": sums.current.amount_text(),
        "simulated": sums.simulated.amount_text(),
        "difference": sums.difference.amount_text(),
        "problems": sums.problems,
    }


def listed_to_wire(simulation: Simulation) -> ListedSimulationOut:
    """A simulation in a list."""
    return ListedSimulationOut.model_construct(
        id=simulation.id,
        operation_id=simulation.operation_id,
        start=simulation.starts_at,
        end=simulation.ends_at,
        created_at=simulation.created_at,
    )


def to_wire(simulation: Simulation, operation: Operation, totals: list[SimulationTotal]) -> SimulationOut:
    """A simulation on the wire."""
    version = simulation.version
    return SimulationOut.model_construct(
        id=simulation.id,
        operation_id=simulation.operation_id,
        start=simulation.starts_at,
        end=simulation.ends_at,
        customers=None if simulation.customer_ids is None else len(simulation.customer_ids),
        prices=[
            DraftPriceIn.model_construct(
                **{name: draft[name] for name in DraftPriceIn.model_fields}
                | {"plan_id": UUID(draft["plan_id"])}
            )
            for draft in simulation.drafts
        ],
        plan_version=(
            None
            if version is None
            else PlanVersionName.model_construct(plan_id=UUID(version["plan_id"]), number=version["number"])
        ),
        status=operation.status,
        progress=dict(operation.progress),
        totals=[TotalOut.model_construct(customers=one.customers, **_sums(one)) for one in totals],
        created_at=simulation.created_at,
        finished_at=operation.finished_at,
    )


def result_to_wire(result: SimulationResult) -> SimulationResultOut:
    """What came out for a customer, on the wire."""
    return SimulationResultOut.model_construct(
        id=result.id,
        customer_id=result.customer_id,
        problems_told=[
            ProblemOut.model_construct(charge=one.charge, message=one.message) for one in result.told
        ],
        **_sums(result),
    )


@router.post("", status_code=202, response_model=SimulationOut, dependencies=[WRITE])
async def create(body: SimulationIn, uow: Unit) -> Response:
    """Rate what was billed for a time again, at other prices; nothing that is real is touched.

    The worker carries it out; ask for it until it has ended.
    """
    simulation = await start_simulation(uow, body.from_wire())
    return shown(to_wire(*await get_simulation(uow, simulation.id)), 202)


@router.get("", response_model=ListOf[ListedSimulationOut], dependencies=[READ])
async def list_(uow: Unit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """Simulations, newest first."""
    return shown(list_of("simulation", await list_simulations(uow, query), listed_to_wire))


@router.get("/{simulation_id}", response_model=SimulationOut, dependencies=[READ])
async def get(simulation_id: SimulationId, uow: Unit) -> Response:
    """One simulation: how far it is, and its sums."""
    return shown(to_wire(*await get_simulation(uow, simulation_id)))


@router.get("/{simulation_id}/results", response_model=ListOf[SimulationResultOut], dependencies=[READ])
async def results(
    simulation_id: SimulationId, uow: Unit, query: Annotated[PageQuery, Depends(_results_page)]
) -> Response:
    """What came out for each customer, those rated last first."""
    page = await list_results(uow, simulation_id, query)
    return shown(list_of("simulation_result", page, result_to_wire))


@router.post("/{simulation_id}/cancel", response_model=SimulationOut, dependencies=[WRITE])
async def cancel(simulation_id: SimulationId, uow: Unit) -> Response:
    """Stop a simulation after the batch that it is at; what came out so far stays."""
    await cancel_simulation(uow, simulation_id)
    return shown(to_wire(*await get_simulation(uow, simulation_id)))
