"""The files connector keeps the contract, over one file of each format."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

import cardsync_files
from cardsync_sdk import AccountRef, FetchWindow, Link, SourceRejected, Upload
from cardsync_sdk.testing import ConnectorConformance, Fault

OFX = """OFXHEADER:100
DATA:OFXSGML

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR
<BANKACCTFROM><BANKID>30004<ACCTID>00012341234<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260301<DTEND>20260331
{rows}</BANKTRANLIST><LEDGERBAL><BALAMT>1.00<DTASOF>20260331</LEDGERBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""
OFX_ROW = (
    "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260304<TRNAMT>-{n}.00<FITID>{n}"
    "<NAME>CAFE {n}<MEMO>CB 4111111111111111</STMTTRN>\n"
)
CSV_ROW = "04/03/2026;CARTE 03/03/26 CAFE {n} 4111111111111111;{n},50;\n"
JSONL_ROW = '{{"amount":"-{n}.50","currency":"EUR","memo":"CAFE","booked_on":"2026-03-04"}}\n'

# Three pages, the last one not full, and some equal rows.
NUMBERS = [*range(1, 2499), 7, 7]


class FilesConformance(ConnectorConformance):
    """What the suites of the formats share; each fills ``content`` and ``broken``."""

    @pytest.fixture
    def plugin(self) -> object:
        return cardsync_files

    @pytest.fixture
    def content(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def broken(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def link(self, tmp_path: Path, content: str) -> Link:
        return file_link(tmp_path / "statement", content)

    @pytest.fixture
    def accounts(self) -> Sequence[AccountRef]:
        return (AccountRef("acc-1", "EUR", "1234"),)

    @pytest.fixture
    def window(self) -> FetchWindow:
        return FetchWindow(date(2026, 3, 1), date(2026, 3, 31))

    @pytest.fixture
    def faults(self, tmp_path: Path, link: Link, broken: str) -> Sequence[Fault]:
        missing = Link(ref="files", upload=Upload("u", "gone.csv", tmp_path / "gone"))
        return [
            Fault("a broken row", SourceRejected, link=file_link(tmp_path / "broken", broken)),
            Fault("an empty file", SourceRejected, link=file_link(tmp_path / "empty", "")),
            Fault("the stored file is gone", SourceRejected, link=missing),
            Fault("no file at all", SourceRejected, link=Link(ref="files")),
        ]


def file_link(path: Path, content: str) -> Link:
    """Return the link of a stored file."""
    path.write_text(content, encoding="utf-8")
    return Link(ref="files", upload=Upload(path.name, path.name, path))


class TestOfx(FilesConformance):
    """OFX."""

    @pytest.fixture
    def content(self) -> str:
        return OFX.format(rows="".join(OFX_ROW.format(n=number) for number in NUMBERS))

    @pytest.fixture
    def broken(self, content: str) -> str:
        return content.replace("-2400.00", "$120")


class TestDelimited(FilesConformance):
    """Delimited text."""

    @pytest.fixture
    def content(self) -> str:
        rows = "".join(CSV_ROW.format(n=number) for number in NUMBERS)
        return f"Date;Libellé;Débit;Crédit\n{rows}31/03/2026;VIR SALAIRE;;2000,00\n"

    @pytest.fixture
    def broken(self, content: str) -> str:
        return content.replace("2400,50", "2400,505")


class TestJsonl(FilesConformance):
    """The SDK's own shape."""

    @pytest.fixture
    def content(self) -> str:
        return "".join(JSONL_ROW.format(n=number) for number in NUMBERS)

    @pytest.fixture
    def broken(self, content: str) -> str:
        return content.replace('"-2400.50"', "-2400.50")
