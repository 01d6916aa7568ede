"""Run every benchmark."""

from benchmarks import ingest

ingest.main()
