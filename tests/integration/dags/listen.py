"""Makes and runs a trigger as Airflow's triggerer does, from its stored form; prints `event CHANNEL` for each event."""

import asyncio
import json
import sys

from airflow._shared.module_loading import import_string

from airflow import settings

settings.initialize()
classpath, kwargs = sys.argv[1:]


async def main() -> None:
    """Never returns: a trigger that watches runs for ever."""
    async for event in import_string(classpath)(**json.loads(kwargs)).run():
        print("event", event.payload["channel"], flush=True)


asyncio.run(main())
