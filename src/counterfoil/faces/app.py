"""The HTTP application: the native API, its reference page, health and metrics.

Owns: what is mounted where.  Does not own: how the program's parts are made; bootstrap hands them in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil import __version__
from counterfoil.faces.kit.face import answer_errors, mount_face
from counterfoil.faces.kit.metrics import Metrics
from counterfoil.faces.kit.middleware import RequestMiddleware
from counterfoil.faces.kit.openapi import DESCRIPTION, DocumentedApp, operation_id
from counterfoil.faces.kit.proxies import TrustedProxies
from counterfoil.faces.kit.reference import reference
from counterfoil.faces.native import (
    add_ons,
    api_clients,
    audit,
    billing,
    calculator,
    changes,
    clocks,
    commitments,
    coupons,
    credit_grants,
    customer_features,
    customers,
    discounts,
    environments,
    events,
    features,
    health,
    invoices,
    issuers,
    late_usage,
    ledger,
    meters,
    operations,
    organizations,
    payments,
    plan_migrations,
    plans,
    prices,
    pricing_tables,
    pricing_units,
    products,
    roles,
    simulations,
    subscription_add_ons,
    subscription_changes,
    subscription_lifetime,
    subscriptions,
    tax_rates,
    usage,
    users,
    why_no_line,
)
from counterfoil.faces.native.routes import FORM, ErrorBody

if TYPE_CHECKING:
    from fastapi import FastAPI

    from counterfoil.faces.kit.context import Context

# A call is matched with one resource after the other, so those that are called most come first.
_RESOURCES = (
    events,
    subscriptions,
    customers,
    ledger,
    products,
    features,
    meters,
    tax_rates,
    plans,
    plan_migrations,
    prices,
    pricing_tables,
    pricing_units,
    coupons,
    add_ons,
    usage,
    why_no_line,
    subscription_changes,
    subscription_lifetime,
    subscription_add_ons,
    discounts,
    commitments,
    customer_features,
    credit_grants,
    issuers,
    invoices,
    late_usage,
    payments,
    billing,
    simulations,
    calculator,
    changes,
    operations,
    clocks,
    environments,
    api_clients,
    roles,
    users,
    audit,
    organizations,
)


def create_app(context: Context) -> FastAPI:
    """The application that serves ``context``."""
    metrics = Metrics(context.store)
    app = DocumentedApp(
        title="Counterfoil",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        servers=[{"url": ".."}],  # seen from the document, behind whatever path that is
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        responses={"4XX": {"model": ErrorBody, "description": "Refused; nothing was written"}},
    )
    app.state.context = context
    app.state.metrics = metrics
    for name in context.settings.faces:
        mount_face(app, name, context, metrics)
    for resource in _RESOURCES:
        app.include_router(resource.router, prefix="/v1")
        metrics.name_routes(resource.router, "/v1")
    page = reference("/v1/docs", "Counterfoil API")
    for router in (health.router, health.metrics_router, page):
        app.include_router(router)
        metrics.name_routes(router, "")
    answer_errors(app, FORM)
    app.add_middleware(
        RequestMiddleware,
        max_body=context.settings.max_body,
        proxies=TrustedProxies(context.settings.trusted_proxies),
        metrics=metrics,
    )
    return app
