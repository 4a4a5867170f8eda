"""What dbt tells while it works: warnings and errors. To make up the rest for nobody takes a tenth of a build."""

from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager


class WarningsAndErrors(EventManager):
    """dbt's own manager of events, which drops the others before they are made into messages."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        """As dbt's; only warnings and errors, and what may have to become one."""
        if force_warn_or_error_handling or (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR):
            super().fire_event(e, level, node, force_warn_or_error_handling)
