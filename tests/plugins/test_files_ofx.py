"""OFX and QFX: what banks really write, and what is refused in it."""

from datetime import date
from pathlib import Path

import pytest

from cardsync_sdk import Money, SourceRejected, TransactionKind, TransactionStatus
from tests.plugins.handed_in import Reading, hand_in

SGML_HEAD = "OFXHEADER:100\nDATA:OFXSGML\nENCODING:USASCII\nCHARSET:1252\n\n"
XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n'


def statement(
    *rows: str, account: str = "<BANKID>30004<ACCTID>00012341234", head: str = SGML_HEAD
) -> str:
    """Return an OFX file of one account, without end tags."""
    return (
        f"{head}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR\n"
        f"<BANKACCTFROM>{account}<ACCTTYPE>CHECKING</BANKACCTFROM>\n"
        f"<BANKTRANLIST><DTSTART>20260301<DTEND>20260331\n"
        f"{''.join(rows)}</BANKTRANLIST>\n"
        "<LEDGERBAL><BALAMT>1.00<DTASOF>20260331</LEDGERBAL></STMTRS></STMTTRNRS></OFX>\n"
    )


def row(amount: str = "-12.50", day: str = "20260304", more: str = "<NAME>CAFE") -> str:
    """Return one transaction, without end tags, on lines of its own."""
    return f"<STMTTRN>\n<TRNTYPE>DEBIT\n<DTPOSTED>{day}\n<TRNAMT>{amount}\n{more}\n</STMTTRN>\n"


def read(tmp_path: Path, text: str | bytes, last4: str | None = None) -> Reading:
    """Store ``text`` and hand it in."""
    path = tmp_path / "statement.ofx"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return hand_in(path, last4=last4)


def test_sgml_without_end_tags(tmp_path: Path) -> None:
    got = read(tmp_path, statement(row(), row("+20.00", more="<NAME>BACK<FITID>77")))

    assert got.minor == [-1250, 2000]
    assert [each.external_id for each in got.rows] == [None, "77"]
    assert got.rows[0].booked_on == date(2026, 3, 4)


def test_xml_in_one_line(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        XML_HEAD + "<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>CHF</CURDEF>"
        "<CCACCTFROM><ACCTID>4111111111111111</ACCTID></CCACCTFROM><BANKTRANLIST><STMTTRN>"
        "<TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20260304120000.000[+1:CET]</DTPOSTED>"
        "<DTUSER>20260302</DTUSER><TRNAMT>5</TRNAMT><NAME>Caf&#233; &amp; Co</NAME>"
        "<MEMO><![CDATA[two <coffees>]]></MEMO></STMTTRN></BANKTRANLIST></CCSTMTRS>"
        "</CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>",
        last4="1111",
    )

    (only,) = got.rows
    assert only.amount == Money(500, "CHF")
    assert (only.purchased_on, only.booked_on) == (date(2026, 3, 2), date(2026, 3, 4))
    assert only.memo == "Café & Co two <coffees>"
    assert only.kind is TransactionKind.REFUND


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        pytest.param("cp1252", "CAFÉ 12 €", id="Windows-1252"),
        pytest.param("utf-8", "CAFÉ 12 €", id="UTF-8"),
        pytest.param("utf-8-sig", "CAFÉ 12 €", id="UTF-8 with its mark"),
        pytest.param("iso8859-15", "CAFÉ 12 €", id="ISO 8859-15, known by the euro"),
        pytest.param("utf-16", "CAFÉ 12 €", id="UTF-16"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, text: str) -> None:
    got = read(tmp_path, statement(row(more=f"<NAME>{text}")).encode(encoding))

    assert got.rows[0].memo == text


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        pytest.param("-12.5", -1250, id="one decimal"),
        pytest.param("-12,50", -1250, id="a comma"),
        pytest.param("+00000120.0000", 12000, id="padded with zeros"),
        pytest.param(".5", 50, id="no whole part"),
        pytest.param("-3.77000", -377, id="zeros behind the cents"),
        pytest.param("0", 0, id="nothing"),
    ],
)
def test_amounts(tmp_path: Path, written: str, minor: int) -> None:
    assert read(tmp_path, statement(row(written))).minor == [minor]


@pytest.mark.parametrize(
    ("bad", "code", "words"),
    [
        pytest.param(row("$120"), "bad_amount", "'$120' is not a number", id="a currency sign"),
        pytest.param(row("12..34"), "bad_amount", "not a number", id="two points"),
        pytest.param(row("1,234.56"), "bad_amount", "not a number", id="thousands"),
        pytest.param(row("1,107"), "bad_amount", "thousands mark", id="a comma of two meanings"),
        pytest.param(row(""), "bad_amount", "no amount", id="no amount"),
        pytest.param(row("9" * 20), "bad_amount", "larger", id="larger than a database holds"),
        pytest.param(row("9" * 5000), "bad_amount", "not a number", id="thousands of digits"),
        pytest.param(row("-12.345"), "amount_too_fine", "EUR", id="finer than a cent"),
        pytest.param(row(day="04/03/2026"), "bad_date", "YYYYMMDD", id="a local date"),
        pytest.param(row(day="20260230"), "bad_date", "no such day", id="no such day"),
        pytest.param(row(day=""), "bad_date", "YYYYMMDD", id="no date"),
    ],
)
def test_a_broken_row_refuses_the_file_with_its_line(
    tmp_path: Path, bad: str, code: str, words: str
) -> None:
    with pytest.raises(SourceRejected, match=r"^line ") as refused:
        read(tmp_path, statement(row(), row(), bad))

    assert refused.value.code == code
    assert words in str(refused.value)
    assert refused.value.line is not None
    assert 21 <= refused.value.line <= 25, "the third transaction stands on lines 21 to 25"


def test_the_line_named_is_that_of_the_broken_value(tmp_path: Path) -> None:
    with pytest.raises(SourceRejected) as refused:
        read(tmp_path, statement("<!-- two\nlines -->\n", row(), row("$120")))

    assert refused.value.line == 20


def test_an_error_of_the_bank_is_no_empty_statement(tmp_path: Path) -> None:
    status = "<STATUS><CODE>2000<SEVERITY>ERROR<MESSAGE>General error</STATUS>"

    with pytest.raises(SourceRejected, match="2000 General error") as refused:
        read(tmp_path, f"{SGML_HEAD}<OFX><STMTTRNRS>{status}</STMTTRNRS></OFX>")

    assert refused.value.code == "bank_error"


def test_a_statement_without_transactions_is_empty(tmp_path: Path) -> None:
    got = read(tmp_path, statement())

    assert got.rows == []
    assert [batch.complete for batch in got.batches] == [True]


def test_announced_rows_have_no_booking_date(tmp_path: Path) -> None:
    announced = "<STMTTRNP><TRNTYPE>POS<DTTRAN>20260330<TRNAMT>-9.00<NAME>HOTEL</STMTTRNP>"

    booked, pending = read(tmp_path, statement(row(), announced)).rows

    assert booked.status is TransactionStatus.BOOKED
    assert pending.status is TransactionStatus.ANNOUNCED
    assert (pending.purchased_on, pending.booked_on) == (date(2026, 3, 30), None)


def test_card_numbers_in_labels_are_starred_out(tmp_path: Path) -> None:
    got = read(tmp_path, statement(row(more="<NAME>CB 4111111111111111 PARIS")))

    assert "4111111111111111" not in repr(got.rows[0]) + str(got.rows[0].raw)
    assert got.rows[0].memo == "CB ************1111 PARIS"


def test_securities_are_told_not_taken(tmp_path: Path) -> None:
    got = read(tmp_path, f"{SGML_HEAD}<OFX><INVSTMTRS><BUYMF><INVTRAN><FITID>1</INVTRAN></OFX>")

    assert got.rows == []
    assert got.warnings == ["1 purchases and sales of securities left out"]


class TestAccounts:
    """The file's account number must not contradict the account it is imported into."""

    @pytest.mark.parametrize(
        ("number", "last4"),
        [
            pytest.param("<ACCTID>00012341234", "1234", id="the same last digits"),
            pytest.param("<ACCTID>00012341234", None, id="an account without digits"),
            pytest.param("<ACCTID>", "1234", id="a file without a number"),
            pytest.param(
                "<BANKID>30006<BRANCHID>00001<ACCTID>12345678901", "0189", id="the end of the IBAN"
            ),
            pytest.param("<ACCTID>12345678901", "0189", id="an IBAN's end that cannot be checked"),
        ],
    )
    def test_fits(self, tmp_path: Path, number: str, last4: str | None) -> None:
        assert len(read(tmp_path, statement(row(), account=number), last4).rows) == 1

    @pytest.mark.parametrize(
        ("number", "last4"),
        [
            pytest.param("<ACCTID>00012341234", "9999", id="other digits"),
            pytest.param(
                "<BANKID>30006<BRANCHID>00001<ACCTID>12345678901", "0188", id="another IBAN's end"
            ),
        ],
    )
    def test_another_account_is_refused(self, tmp_path: Path, number: str, last4: str) -> None:
        with pytest.raises(SourceRejected, match=f"ending in {last4}") as refused:
            read(tmp_path, statement(row(), account=number), last4)

        assert refused.value.code == "wrong_account"

    def test_of_several_accounts_the_right_one_is_taken(self, tmp_path: Path) -> None:
        both = statement(row("-1.00")) + statement(row("-2.00"), account="<ACCTID>5678")

        assert read(tmp_path, both, "5678").minor == [-200]
        with pytest.raises(SourceRejected) as refused:
            read(tmp_path, both)
        assert refused.value.code == "several_accounts"
