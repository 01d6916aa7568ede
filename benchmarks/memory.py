"""How much memory one step takes above an idle process, each in a fresh process of its own.

The source makes its rows up on the way, as a bank's pages come; what is measured is the engine.
Idle is a process that has done the same with a few rows already.
"""

import gc
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.company import Company, Source, found_companies, load_engine, warm_up
from benchmarks.data import Year
from benchmarks.stores import MakeDatabase
from tests.support.world import World
from webapp.storage.database import Database


def peaks(make_database: MakeDatabase, count: int) -> dict[str, float]:
    """Return, by step, the peak of resident memory above idle, in MB."""
    found: dict[str, float] = {}
    with make_database() as database, tempfile.TemporaryDirectory() as folder:
        for company in found_companies(database, Path(folder), Year(count)):
            for step in company.steps:
                found[step] = _in_a_child(company, step)
    return found


def _in_a_child(company: Company, step: str) -> float:
    world = company.world
    told = {
        "url": world.database.engine.url.render_as_string(hide_password=False),
        "folder": str(company.folder),
        "count": company.year.count,
        "by_file": company.by_file,
        "slug": company.source.slug,
        "step": step,
        "ids": [world.entity_id, world.interface_id, world.account_id, world.user_id],
    }
    command = [sys.executable, "-m", "benchmarks.memory", json.dumps(told)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def _resident(name: str) -> float:
    """Return ``VmRSS`` or ``VmHWM`` (the peak) of this process in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = next(line for line in lines if line.startswith(f"{name}:"))
    return int(found.split()[1]) / 1024


def _do(told: dict[str, object]) -> float:
    database = Database(str(told["url"]))
    source, folder = Source(str(told["slug"])), Path(str(told["folder"]))
    ids = [str(one) for one in told["ids"]]  # type: ignore[attr-defined]
    world = World(database, load_engine(database, source), *ids)
    year = Year(int(str(told["count"])))
    company = Company(world, source, folder, year, by_file=bool(told["by_file"]))
    warm_up(database, folder)
    gc.collect()
    idle = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    company.do(str(told["step"]))
    return _resident("VmHWM") - idle


if __name__ == "__main__":
    print(_do(json.loads(sys.argv[1])))
