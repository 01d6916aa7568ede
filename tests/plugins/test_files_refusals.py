"""What cannot be read for certain is refused as a whole: a code, a sentence, the line."""

from pathlib import Path

import pytest

from cardsync_files import statement
from cardsync_sdk import SourceRejected
from tests.plugins.handed_in import hand_in


def refusal(tmp_path: Path, content: str | bytes, **about: str) -> SourceRejected:
    """Hand ``content`` in and return the refusal it must get, before any batch."""
    path = tmp_path / "statement.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceRejected) as refused:
        hand_in(path, **about)
    return refused.value


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        pytest.param("", "empty_file", "empty", id="no bytes"),
        pytest.param(" \n\r\n\t", "empty_file", "empty", id="only blanks"),
        pytest.param(b"\xef\xbb\xbf", "empty_file", "empty", id="only a byte order mark"),
        pytest.param(b"PK\x03\x04rest", "unknown_file_type", "save the sheet", id="a workbook"),
        pytest.param(b"\xd0\xcf\x11\xe0rest", "unknown_file_type", "workbook", id="an old one"),
        pytest.param(b"%PDF-1.7 rest", "unknown_file_type", "a PDF", id="a PDF"),
        pytest.param(b"\x00\x01\x02\x03", "unknown_file_type", "no text file", id="bytes"),
        pytest.param(":20:START\n:25:X\n", "unknown_file_type", "MT940", id="MT940"),
        pytest.param("!Type:Bank\nD03/04/26\n", "unknown_file_type", "QIF", id="QIF"),
        pytest.param("<html><body>log in", "unknown_file_type", "web page", id="a web page"),
        pytest.param(
            '<?xml version="1.0"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053">',
            "unknown_file_type",
            "camt",
            id="camt",
        ),
        pytest.param("Bonjour,\nune lettre.\n", "no_header", "no statement", id="a letter"),
        pytest.param("a;b\n1;2\n", "no_header", "no statement", id="a table without dates"),
        pytest.param(
            ("Date;Libellé;Montant\n" + "13/03/2026;CAFÉ ÉTÉ;-3,50\n" * 9).encode() + b"14;\xff",
            "bad_encoding",
            "damaged",
            id="damaged UTF-8",
        ),
        pytest.param(b"\xff\xfea", "bad_encoding", "damaged", id="damaged UTF-16"),
    ],
)  # fmt: skip
def test_no_statement(tmp_path: Path, content: str | bytes, code: str, words: str) -> None:
    refused = refusal(tmp_path, content)

    assert refused.code == code
    assert words in str(refused)


HEAD = "Date;Libellé;Montant\n13/03/2026;CAFE;-3,50\n"


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        pytest.param(HEAD + "14/03/2026;TRAIN;$120\n", "bad_amount", 3, id="a broken amount"),
        pytest.param(HEAD + "14/03/2026;TRAIN;12,,34\n", "bad_amount", 3, id="two marks"),
        pytest.param(HEAD + "14/03/2026;TRAIN;12 34,5\n", "bad_amount", 3, id="odd groups"),
        pytest.param(HEAD + "14/03/2026;TRAIN;50.-\n", "bad_amount", 3, id="a dash for no cents"),
        pytest.param(HEAD + "14/03/2026;TRAIN;n/a\n", "bad_amount", 3, id="words"),
        pytest.param(HEAD + "14/03/2026;TRAIN;12.50\n", "bad_amount", 3, id="two decimal marks"),
        pytest.param(HEAD + f"14/03/2026;TRAIN;{'9' * 20}\n", "bad_amount", 3, id="too large"),
        pytest.param(HEAD + f"14/03/2026;TRAIN;{'9' * 5000}\n", "bad_amount", 3, id="endless"),
        pytest.param(HEAD + "14/03/2026;TRAIN;-3,505\n", "amount_too_fine", 3, id="too fine"),
        pytest.param(HEAD + "14/13/2026;TRAIN;-1,00\n", "bad_date", 3, id="no such month"),
        pytest.param(HEAD + "30/02/2026;TRAIN;-1,00\n", "bad_date", 3, id="no such day"),
        pytest.param(HEAD + "demain;TRAIN;-1,00\n", "bad_date", 3, id="no date"),
        pytest.param(HEAD + ";TRAIN;-1,00\n", "bad_date", 3, id="an amount without a date"),
        pytest.param(
            HEAD + "14/03/2026;TRAIN;GARE;-1,00\n", "bad_row", 3, id="a shifted row"
        ),
        pytest.param(
            HEAD + "Date;Description;Débit;Crédit\n14/03/2026;X;1,00;\n",
            "two_tables", 3, id="a second table",
        ),
        pytest.param(
            HEAD + "Compte n° 00012345678;;\nDate;Libellé;Montant\n14/03/2026;X;-1,00\n",
            "several_accounts", 4, id="a second account",
        ),
        pytest.param(
            "Date;Libellé;Montant\n13/03/2026;CAFE;-1,107\n",
            "bad_amount", 2, id="a mark of two meanings",
        ),
        pytest.param(
            'Date;Libellé;Débit;Crédit\n13/03/2026;"CA\nFE";3,50;\n14/03/2026;X;1,00;2,00\n',
            "bad_amount", 4, id="debit and credit filled, under a label of two lines",
        ),
        pytest.param(
            '{"amount":"-1.00","currency":"EUR","memo":"a","booked_on":"2026-03-02"}\n'
            '{"amount":"-1.00","currency":"EUR","memo":"a","booked_on":"2026-03-02",'
            '"account_ref":"other"}\n',
            "several_accounts", 2, id="a line about another account",
        ),
        pytest.param('{"amount":\n', "bad_json", 1, id="cut JSON"),
        pytest.param(
            "Date;Text;Debit;Credit\n13/03/2026;A;$120;\n14/03/2026;B;;10,00\n",
            "bad_amount", 2, id="a currency sign in one column only",
        ),
        pytest.param(
            "Date,Text,Amount,Currency\n2026-03-02,A,-1.00,EUR\n2026-03-03,B,-1.00,?uro\n",
            "bad_row", 3, id="a currency that is none",
        ),
        pytest.param(
            HEAD.replace("\n", ";\n") + ";31/03/2026;;-12,00\n",
            "bad_row", 3, id="date and amount in other columns",
        ),
        pytest.param(
            "Date;Libellé;Débit;X;Y\n13/03/2026;A;3,50;;\n14/03/2026;B;;x;10,00 y\n",
            "no_header", 3, id="nowhere an amount for a credit",
        ),
    ],
)  # fmt: skip
def test_a_bad_line_refuses_the_file_and_is_named(
    tmp_path: Path, content: str, code: str, line: int
) -> None:
    refused = refusal(tmp_path, content)

    assert (refused.code, refused.line) == (code, line)
    assert str(refused).startswith(f"line {line}: ")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(
            "Date,Text,Amount\n02/03/2026,A,-1.00\n03/03/2026,B,-2.00\n",
            "ambiguous_dates", id="day or month first",
        ),
        pytest.param(
            "Data,Texto,Valor\n01/02/2026,A,-1.00\n01/03/2026,B,-2.00\n01/04/2026,C,-2.00\n",
            "ambiguous_dates", id="words for one order, days for the other",
        ),
        pytest.param(
            '"Date","Heure","Fuseau horaire","Nom","Net"\n"3/4/2026","10:00","CET","X","-1,00"\n',
            "ambiguous_dates", id="French words of an American company",
        ),
        pytest.param(
            "Date,Text,Amount\n2026-03-02,A,1.00\n2026-03-03,B,2.00\n2026-03-04,C,3.00\n",
            "sign_unclear", id="only positive amounts",
        ),
        pytest.param(
            "Date,Text,Amount\n2026-03-02,A,1.00\n2026-03-03,B,2.00\n2026-03-04,C,-3.00\n",
            "sign_unclear", id="mostly positive amounts without a word",
        ),
        pytest.param(
            "Date;Libellé;Montant\n02/03/2026;PAID 03/25/2026;-1,00\n",
            "ambiguous_dates", id="words and labels contradict each other",
        ),
        pytest.param(
            "Date;Libellé;Montant;Sens\n13/03/2026;A;1,00;Moins\n14/03/2026;B;2,00;Plus\n",
            "sign_unclear", id="unknown words for debit and credit",
        ),
        pytest.param(
            "Date,Text,Card,Amount\n2026-03-02,A,*1234,1.00\n2026-03-03,B,*1234,-2.00\n",
            "sign_unclear", id="a card's file with both signs",
        ),
        pytest.param(
            "Date,Text,Debit,Credit\n2026-03-02,A,1.00,\n2026-03-03,B,-2.00,\n",
            "sign_unclear", id="both signs in the column of debits",
        ),
        pytest.param(
            "Date,Text,Amount,D/C\n2026-03-02,A,1.00,D\n2026-03-03,B,-2.00,D\n",
            "sign_unclear", id="signs against flags",
        ),
        pytest.param(
            "04.03.2026;A;10,00;90,00\n05.03.2026;B;20,00;70,00\n06.03.2026;C;30,00;99,00\n",
            "no_header", id="two amounts without a header",
        ),
        pytest.param(
            "dateOp;label;amount;accountNum\n2026-03-02;A;-1,00;00040001234\n"
            "2026-03-03;B;-2,00;00040005678\n",
            "several_accounts", id="several accounts",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_never_guessed(tmp_path: Path, content: str, code: str) -> None:
    assert refusal(tmp_path, content).code == code


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("Compte n° 00012345678;;\n\n" + HEAD, id="a number above the table"),
        pytest.param("IBAN;DE12 3456 7890 1234 5678 90\n" + HEAD, id="an IBAN above the table"),
        pytest.param("X;Y;****5678;05/03/2026;1,00\n\n" + HEAD, id="a masked number"),
        pytest.param("Date,Text,Account no,Amount\n2026-03-02,A,00045678,-1\n", id="a column"),
        pytest.param("Date,Text,Card,Amount\n2026-03-02,A,*5678,-1.00\n", id="another card"),
    ],
)  # fmt: skip
def test_the_file_of_another_account_is_refused(tmp_path: Path, content: str) -> None:
    assert refusal(tmp_path, content, last4="1234").code == "wrong_account"


def test_a_file_that_is_too_large_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardsync_files.reading.MOST_BYTES", 10)

    assert refusal(tmp_path, HEAD).code == "too_large"


@pytest.mark.parametrize(
    ("module", "content"),
    [
        pytest.param("delimited.rows", HEAD + "14/03/2026;X;-1,00\n" * 5, id="delimited"),
        pytest.param(
            "ofx",
            "<OFX>" + "<STMTTRN><DTPOSTED>20260304<TRNAMT>-1.00<NAME>X</STMTTRN>\n" * 6,
            id="OFX",
        ),
        pytest.param("jsonl", '{"amount":"1"}\n' * 9, id="interchange"),
    ],
)
def test_too_many_rows_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, content: str
) -> None:
    monkeypatch.setattr(f"cardsync_files.{module}.MOST_ROWS", 5)

    assert refusal(tmp_path, content).code == "too_large"


def test_the_limits_are_those_of_the_docs() -> None:
    assert (statement.MOST_BYTES, statement.MOST_ROWS) == (20 * 1024 * 1024, 100_000)


def test_a_hint_that_is_no_hint_says_nothing(tmp_path: Path) -> None:
    content = "Date,Text,Amount\n02/03/2026,A,-1.00\n"

    assert refusal(tmp_path, content, date_order="sideways").code == "ambiguous_dates"
