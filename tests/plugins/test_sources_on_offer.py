"""What can be connected with what is installed: through real entry points."""

import pytest

from cardsync_sdk import ConnectorKind
from cardsync_sdk.registry import discover


def test_R5_banking_aggregation_goes_through_a_partner_aggregator() -> None:
    """Budget Insight is one, and passes the contract in ``test_budget_insight_conformance.py``."""
    registry = discover()
    assert registry.broken == ()
    aggregator = registry.get("budget_insight")
    assert aggregator.info.kind is ConnectorKind.AGGREGATOR
    assert {"begin_link", "finish_link", "list_accounts"} <= aggregator.hooks


@pytest.mark.parametrize("kind", ["bank", "card_service"])
def test_R9_set_up_offers_online_banks_and_card_management_services(kind: str) -> None:
    offered = {
        institution.kind for institution in discover().get("budget_insight").info.institutions
    }
    assert kind in offered
