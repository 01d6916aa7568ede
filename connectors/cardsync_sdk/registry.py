"""Find and load connector plugins, each alone in its own cell."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from cardsync_sdk import hookspecs
from cardsync_sdk.hookspecs import API_VERSION, ENTRY_POINT_GROUP, PROJECT
from cardsync_sdk.types import ConnectorInfo

log = logging.getLogger(__name__)

REQUIRED_HOOKS = ("describe_connector", "fetch_transactions")


class PluginBroken(Exception):
    """A plugin cannot be used; the text says why, for the connectors page."""


@dataclass(frozen=True)
class Connector:
    """A loaded plugin: the only way the host calls it. ``hooks`` names what it implements."""

    info: ConnectorInfo
    hooks: frozenset[str]
    _manager: pluggy.PluginManager = field(repr=False)
    distribution: str = ""
    version: str = ""

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call one hook of this one plugin and return its result.

        :raises NotImplementedError: if the plugin does not have the hook.
        :raises ConnectorError: what the plugin foresaw; anything else is the plugin's bug.
        """
        if hook not in self.hooks:
            raise NotImplementedError(f"connector {self.info.slug} has no {hook}")
        caller: Callable[..., Any] = getattr(self._manager.hook, hook)
        return caller(**arguments)


@dataclass(frozen=True)
class BrokenPlugin:
    """A plugin that could not be loaded, with its reason, for the connectors page."""

    name: str
    reason: str
    distribution: str = ""
    version: str = ""


@dataclass(frozen=True)
class Registry:
    """The usable connectors by slug, and the broken plugins."""

    connectors: dict[str, Connector]
    broken: tuple[BrokenPlugin, ...] = ()

    def get(self, slug: str) -> Connector:
        """Return the connector ``slug``.

        :raises KeyError: if no such connector is loaded.
        """
        return self.connectors[slug]


def load_connector(plugin: object, *, distribution: str = "", version: str = "") -> Connector:
    """Register ``plugin`` alone in a fresh manager and check it.

    :raises PluginBroken: for a misspelt or missing hook, a wrong return type or API version.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginBroken(str(error)) from error
    hooks = frozenset(caller.name for caller in manager.get_hookcallers(plugin) or ())
    for name in REQUIRED_HOOKS:
        if name not in hooks:
            raise PluginBroken(f"the hook {name} is missing")
    info = manager.hook.describe_connector()
    if not isinstance(info, ConnectorInfo):
        raise PluginBroken(
            f"describe_connector returned {type(info).__name__}, not a ConnectorInfo"
        )
    if info.api_version != API_VERSION:
        raise PluginBroken(
            f"written for API version {info.api_version}; this cardsync speaks {API_VERSION}"
        )
    return Connector(info, hooks, manager, distribution, version)


def discover(
    points: Iterable[EntryPoint] | None = None, enabled: frozenset[str] | None = None
) -> Registry:
    """Load every installed plugin; one broken plugin never hides the others.

    :param enabled: entry-point names to load, ``None`` for all. A plugin is code with full trust.
    """
    connectors: dict[str, Connector] = {}
    broken: list[BrokenPlugin] = []
    for point in entry_points(group=ENTRY_POINT_GROUP) if points is None else points:
        if enabled is not None and point.name not in enabled:
            continue
        dist, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
        try:
            connector = load_connector(point.load(), distribution=dist, version=version)
            if connector.info.slug in connectors:
                raise PluginBroken(f"another plugin already uses the slug {connector.info.slug}")
        except Exception as error:  # a plugin may fail in any way; it must not take others along
            log.exception("connector plugin %r was skipped", point.name)
            reason = str(error) or type(error).__name__
            broken.append(BrokenPlugin(point.name, reason, dist, version))
        else:
            connectors[connector.info.slug] = connector
    return Registry(connectors, tuple(broken))
