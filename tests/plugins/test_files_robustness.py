"""Whatever a file holds: rows, or a refusal with a code and a sentence; never anything else."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardsync_sdk import SourceRejected
from tests.plugins.handed_in import hand_in

CSV = (
    "Compte n° 00012341234;;\n\nDate;Libellé;Débit;Crédit;Solde\n"
    "02/03/2026;CARTE 01/03/26 CAFE;3,50;;96,50\n13/03/2026;VIR;;1 200,00;1 296,50\n"
    ";Total;3,50;1 200,00;\n"
)
BARE_CSV = '20260302,CAFE,Af,"3,50"\n20260313,LOON,Bij,"1.200,00"\n'
OFX = (
    "OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>EUR<ACCTID>1234<STMTTRN><TRNTYPE>DEBIT\n"
    "<DTPOSTED>20260302<TRNAMT>-3.50<FITID>1<NAME>CAFE</STMTTRN></STMTRS></OFX>\n"
)
JSONL = '{"amount":"-3.50","currency":"EUR","memo":"CAFE","booked_on":"2026-03-02","raw":{}}\n'

EDIT = st.tuples(
    st.integers(0, 400), st.integers(0, 12), st.text('0129.,;\n"-+$€/:<>{}[]=EU é', max_size=6)
)


def is_read_or_refused(path: Path) -> bool:
    """Say whether a file is read to its end, or refused with a code and words."""
    try:
        return hand_in(path).batches[-1].complete
    except SourceRejected as refused:
        return bool(refused.code and str(refused).strip())


@pytest.mark.parametrize("seed", [CSV, BARE_CSV, OFX, JSONL], ids=["csv", "bare", "ofx", "jsonl"])
@given(edits=st.lists(EDIT, min_size=1, max_size=4))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path, seed: str, edits: list[tuple[int, int, str]]
) -> None:
    text = seed
    for place, dropped, added in edits:
        text = text[:place] + added + text[place + dropped :]
    path = tmp_path / "statement"
    path.write_text(text, encoding="utf-8")

    assert is_read_or_refused(path)


@given(content=st.binary(max_size=400))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "statement"
    path.write_bytes(content)

    assert is_read_or_refused(path)
