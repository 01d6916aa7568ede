"""The hooks are a public contract: their signatures stay, and each says what it is for."""

import inspect
from collections.abc import Callable

import pytest

from cardsync_sdk import hookspecs
from tests.support.needs import REPOSITORY

SDK = "cardsync_sdk.types"
MAPPING = "collections.abc.Mapping[str, str]"

# A changed line needs a new API_VERSION; an optional argument more, at the end, does not.
HOOKS_OF_API_1 = {
    "describe_connector": f"() -> {SDK}.ConnectorInfo",
    "begin_link": (
        f"(settings: {SDK}.Settings, return_url: str, state: str, language: str, "
        f"link: {SDK}.Link | None) -> {SDK}.Redirect | {SDK}.Form"
    ),
    "finish_link": (
        f"(settings: {SDK}.Settings, params: {MAPPING}, link: {SDK}.Link | None) -> "
        f"collections.abc.Sequence[{SDK}.Link]"
    ),
    "list_accounts": f"(link: {SDK}.Link) -> collections.abc.Sequence[{SDK}.RemoteAccount]",
    "select_accounts": f"(link: {SDK}.Link, refs: collections.abc.Sequence[str]) -> None",
    "fetch_transactions": (
        f"(link: {SDK}.Link, accounts: collections.abc.Sequence[{SDK}.AccountRef], "
        f"cursor: str | None, window: {SDK}.FetchWindow) -> "
        f"collections.abc.Iterator[{SDK}.Batch]"
    ),
    "request_refresh": f"(link: {SDK}.Link, interactive: bool) -> None",
    "verify_and_parse_webhook": (
        f"(settings: {SDK}.Settings, headers: {MAPPING}, path: str, body: bytes) -> "
        f"collections.abc.Sequence[{SDK}.WebhookHint]"
    ),
    "unlink": f"(link: {SDK}.Link) -> None",
    "diagnose": f"(link: {SDK}.Link) -> {MAPPING}",
}


def hooks() -> dict[str, Callable[..., object]]:
    mark = f"{hookspecs.PROJECT}_spec"
    return {name: value for name, value in vars(hookspecs).items() if hasattr(value, mark)}


def test_the_hooks_of_api_1_are_frozen() -> None:
    assert hookspecs.API_VERSION == 1
    found = {name: str(inspect.signature(hook)) for name, hook in hooks().items()}
    assert found == HOOKS_OF_API_1, "a changed hook needs a new API_VERSION"


@pytest.mark.parametrize("name", HOOKS_OF_API_1)
def test_each_hook_has_types_and_says_when_it_is_called(name: str) -> None:
    hook = hooks()[name]
    signature = inspect.signature(hook)
    assert inspect.getdoc(hook)
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty


@pytest.mark.parametrize("name", HOOKS_OF_API_1)
def test_each_hook_is_in_the_integrators_guide(name: str) -> None:
    guide = (REPOSITORY / "connectors" / "README.md").read_text(encoding="utf-8")
    assert f"`{name}`" in guide or f"def {name}(" in guide
