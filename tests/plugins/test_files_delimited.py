"""Delimited text: layouts of many banks, each told by its own evidence."""

from datetime import date
from pathlib import Path

import pytest

from cardsync_sdk import Money, TransactionKind, TransactionStatus
from tests.plugins.handed_in import Reading, hand_in


def read(tmp_path: Path, text: str | bytes, **about: str) -> Reading:
    """Store ``text`` and hand it in."""
    path = tmp_path / "export.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return hand_in(path, **about)


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        pytest.param(["02/03/2026", "13/03/2026"], [(3, 2), (3, 13)], id="told by a 13th"),
        pytest.param(["03/02/2026", "03/13/2026"], [(3, 2), (3, 13)], id="told by month 13"),
        pytest.param(["02.03.2026", "03.03.2026"], [(3, 2), (3, 3)], id="points: day first"),
        pytest.param(["2026-03-02", "2026-03-03"], [(3, 2), (3, 3)], id="ISO"),
        pytest.param(["20260302", "20260303"], [(3, 2), (3, 3)], id="without marks"),
        pytest.param(["2026-03-02 23:59:59", "2026-03-03T00:00:00Z"], [(3, 2), (3, 3)], id="times"),
        pytest.param(["20260302120000[0:GMT]", "20260303"], [(3, 2), (3, 3)], id="as in OFX"),
        pytest.param(["02-Mar-26", "3 mars 2026"], [(3, 2), (3, 3)], id="names of months"),
        pytest.param(["Mar 2, 2026", "March 3rd, 2026"], [(3, 2), (3, 3)], id="American names"),
        pytest.param(["22.02.26", "23.02.26"], [(2, 22), (2, 23)], id="two digits of the year"),
        pytest.param(
            [f"02/{day}/2026" for day in (10, 11, 12)] + [f"03/0{day}/2026" for day in (1, 2, 3)],
            [(2, 10), (2, 11), (2, 12), (3, 1), (3, 2), (3, 3)],
            id="six rising days in one order only",
        ),
    ],
)
def test_one_order_of_day_and_month_per_file(
    tmp_path: Path, dates: list[str], days: list[tuple[int, int]]
) -> None:
    rows = "".join(f'"{day}",CAFE,-3.50\n' for day in dates)

    got = read(tmp_path, f"Date,Description,Amount\n{rows}")

    assert [each.booked_on for each in got.rows] == [date(2026, *day) for day in days]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Date;Libellé;Montant\n02/03/2026;CAFE;-3,50\n", id="French headings"),
        pytest.param("Liste du 02/03/2026 au 31/03/2026\nDate,Text,Amount\n02/03/2026,X,-3.5\n",
                     id="a period above the table"),
        pytest.param("Date,Value date,Text,Amount\n02/03/2026,13/03/2026,X,-3.5\n",
                     id="the other date column"),
        pytest.param("Date,Text,Amount\n02/03/2026,paid 28/02/2026,-3.5\n", id="a date in a label"),
        pytest.param('Date,Text,Amount\n02/03/2026,X,"-3,50"\n', id="a decimal comma"),
    ],
)  # fmt: skip
def test_the_file_tells_that_the_day_comes_first(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).rows[0].booked_on == date(2026, 3, 2)


def test_the_zone_of_an_american_file_tells_that_the_month_comes_first(tmp_path: Path) -> None:
    got = read(tmp_path, "Date,Time,TimeZone,Name,Amount\n6/4/2026,10:46:49,PDT,Jane,-20.00\n")

    assert got.rows[0].booked_on == date(2026, 6, 4)


def test_columns_of_a_company_card(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        "Relevé\nCarte;************1234\n\n"
        "Date d'opération;Date débit/crédit;Libellé opération;Raison sociale commerçant;"
        "Montant EUR;Devise d'origine;Montant d'origine;Commission;MCC\n"
        "05/03/2026;31/03/2026;FACTURE CB;AIRLINE;210,10;USD;230,00;2,10;3000\n"
        "19/03/2026;31/03/2026;FACTURE D'AVOIR;HOTEL;-20,00;EUR;-20,00;;7011\n",
        name="cartes-mars.csv",
    )

    first, refund = got.rows
    assert (first.purchased_on, first.booked_on) == (date(2026, 3, 5), date(2026, 3, 31))
    assert first.amount == Money(-21010, "EUR")
    assert first.original == Money(23000, "USD")
    assert first.fee == Money(-210, "EUR")
    assert first.merchant is not None
    assert (first.merchant.name, first.merchant.mcc) == ("AIRLINE", "3000")
    assert refund.amount == Money(2000, "EUR")
    assert refund.kind is TransactionKind.REFUND


@pytest.mark.parametrize(
    ("label", "bought_on", "card"),
    [
        pytest.param("CARTE 03/03/26 CAFE CB*1234", (3, 3), "1234", id="day in the label"),
        pytest.param("FACTURE CARTE DU 030326 CAFE", (3, 3), None, id="day without marks"),
        pytest.param("PAIEMENT CB 0303 CAFE", (3, 3), None, id="day without a year"),
        pytest.param("CARTE X1234 03/03 CAFE", (3, 3), "1234", id="card, then day"),
        pytest.param("CB CAFE FACT 030326", (3, 3), None, id="day at the end"),
        pytest.param("CARTE 03/12/26 CAFE", None, None, id="not a day after the booking"),
        pytest.param("VIR SEPA 030326", None, None, id="no card"),
    ],
)
def test_the_day_of_purchase_is_read_in_french_labels(
    tmp_path: Path, label: str, bought_on: tuple[int, int] | None, card: str | None
) -> None:
    (only,) = read(tmp_path, f"Date;Libellé;Montant\n15/03/2026;{label};-3,50\n").rows

    assert only.purchased_on == (date(2026, *bought_on) if bought_on else None)
    assert only.card_last4 == card


STATES = """Type,Started Date,Completed Date,Description,Amount,Currency,State,Balance
CARD_PAYMENT,2026-03-02 10:00:00,2026-03-03 10:00:00,BOOKED,-3.50,EUR,COMPLETED,96.50
CARD_PAYMENT,2026-03-04 10:00:00,,WAITING,-4.50,EUR,PENDING,
CARD_PAYMENT,2026-03-05 10:00:00,,GONE,-5.50,EUR,REVERTED,
"""


def test_pending_rows_are_announced_and_cancelled_ones_counted(tmp_path: Path) -> None:
    got = read(tmp_path, STATES)

    assert [(each.memo, each.status) for each in got.rows] == [
        ("BOOKED", TransactionStatus.BOOKED),
        ("WAITING", TransactionStatus.ANNOUNCED),
    ]
    assert got.rows[1].purchased_on == date(2026, 3, 4)
    assert got.rows[1].booked_on is None
    assert got.warnings == ["1 line left out, cancelled or declined at the bank: line 4"]


def test_a_pending_row_that_moved_the_balance_is_booked(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        "Date,Description,Status,Amount,Balance\n2026-03-02,A,Completed,-7.00,-7.00\n"
        "2026-03-02,B,Pending,7.00,0.00\n2026-03-03,C,Completed,-2.00,-2.00\n",
    )

    assert len(got.booked) == 3


def test_a_row_without_booking_date_is_announced(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        "Operation date,Settlement date,Description,Amount\n"
        "2026-03-02,2026-03-03,A,-7.00\n2026-03-04,,B,-8.00\n",
    )

    assert [each.status.value for each in got.rows] == ["booked", "announced"]


def test_an_empty_booking_date_of_old_means_nothing(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        "Run Date,Settlement Date,Text,Amount\n01/13/2026,,FEE,-1.00\n"
        "03/14/2026,03/16/2026,A,-2.00\n03/15/2026,03/16/2026,B,-2.00\n",
    )

    assert [each.status.value for each in got.rows] == ["booked"] * 3
    assert got.rows[0].purchased_on == date(2026, 1, 13)


def test_a_pending_line_without_a_date_is_counted(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        '"Buchungstag";"Buchungstext";"Umsatz in EUR";\n"offen";"CAFE";"-3,50";\n'
        '"13.03.2026";"X";"-12,50";\n\n"Alter Kontostand";"1.147,06 EUR";\n',
    )

    assert got.minor == [-1250]
    assert got.warnings[0] == "1 line left out, not posted yet and without a date: line 2"


def test_lines_that_are_no_transaction_are_counted(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        "Date;Libellé;Débit;Crédit\n01/03/2026;Ancien solde;;100,00\n"
        "13/03/2026;TOTAL ACCESS PARIS;45,00;\n14/03/2026;AVIS;;\n;Total;45,00;0,00\n"
        "Document sans valeur contractuelle\n",
    )

    assert [each.memo for each in got.rows] == ["TOTAL ACCESS PARIS"]
    assert got.warnings == [
        "1 line left out, without an amount: line 4",
        "2 lines left out, a balance or a total: lines 2, 5",
        "1 line left out, no date and no amount: line 6",
    ]


def test_a_label_that_goes_on_in_the_next_row_is_one_label(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        "Date,Description,Withdrawals,Deposits\n28/02/2026,CARD,12.50,\n,COFFEE SHOP,,\n"
        "27/02/2026,TRANSFER,,20.00\n,FROM JOHN,,\n",
    )

    assert [each.memo for each in got.rows] == ["CARD COFFEE SHOP", "TRANSFER FROM JOHN"]


def test_a_label_over_several_lines_is_one_line(tmp_path: Path) -> None:
    got = read(tmp_path, 'Date;Libellé;Montant\n13/03/2026;"PAIEMENT\n  CAFE";-3,50\n')

    assert got.rows[0].memo == "PAIEMENT CAFE"


def test_two_equal_rows_stay_two(tmp_path: Path) -> None:
    got = read(tmp_path, "Date;Libellé;Montant\n" + "13/03/2026;CAFE;-3,50\n" * 2)

    assert got.minor == [-350, -350]
    assert got.rows[0] == got.rows[1]


@pytest.mark.parametrize(
    ("text", "currencies"),
    [
        pytest.param("Date,Text,Amount\n2026-03-02,X,-1.00\n", ["EUR"], id="the account's"),
        pytest.param("Date,Text,Amount,Currency\n2026-03-02,X,-1.00,usd\n", ["USD"], id="a column"),
        pytest.param("Date,Text,Amount (GBP)\n2026-03-02,X,-1.00\n", ["GBP"], id="the heading"),
        pytest.param("Date,Text,Amount\n2026-03-02,X,-£1.00\n", ["GBP"], id="the sign"),
        pytest.param("02.03.2026;X;-1,00;CHF;\n", ["CHF"], id="a column without a heading"),
    ],
)
def test_the_currency(tmp_path: Path, text: str, currencies: list[str]) -> None:
    assert [each.amount.currency for each in read(tmp_path, text).rows] == currencies


def test_of_two_amounts_the_one_in_the_currency_of_the_account_is_taken(tmp_path: Path) -> None:
    (only,) = read(
        tmp_path,
        "Datum;Omschrijving;Bedrag;Munt;Bedrag in EUR\n14/03/2026;UBER;-12,00;USD;-10,90\n",
    ).rows

    assert only.amount == Money(-1090, "EUR")
    assert only.original == Money(-1200, "USD")


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        pytest.param("cp1252", "CAFÉ €", id="Windows-1252"),
        pytest.param("iso8859-15", "CAFÉ €", id="ISO 8859-15"),
        pytest.param("utf-8-sig", "CAFÉ €", id="UTF-8 with its mark"),
        pytest.param("utf-16", "CAFÉ €", id="UTF-16"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, label: str) -> None:
    text = f"Date;Libellé;Montant\n13/03/2026;{label};-3,50\n"

    assert read(tmp_path, text.encode(encoding)).rows[0].memo == label


def test_a_russian_code_page_is_known_by_its_headings(tmp_path: Path) -> None:
    text = "Дата операции;Описание;Приход;Расход\n13.03.2026;КАФЕ;0;3,50\n"

    (only,) = read(tmp_path, text.encode("cp1251")).rows
    assert (only.memo, only.amount.minor) == ("КАФЕ", -350)


def test_a_header_without_rows_is_an_empty_statement(tmp_path: Path) -> None:
    got = read(tmp_path, "Date;Libellé;Montant\n")

    assert got.rows == []
    assert got.batches[-1].complete


def test_every_cell_stays_in_raw(tmp_path: Path) -> None:
    (only,) = read(tmp_path, "Date;Libellé;Montant;Rayon\n13/03/2026;CAFE;-3,50;B7\n").rows

    assert only.raw == {
        "Date": "13/03/2026",
        "Libellé": "CAFE",
        "Montant": "-3,50",
        "Rayon": "B7",
    }


class TestAccounts:
    """A file may name its account, or hold several."""

    TWO = (
        "dateOp;label;amount;accountNum\n2026-03-02;A;-1,00;00040001234\n"
        "2026-03-03;B;-2,00;00040005678\n"
    )

    def test_the_rows_of_the_account_are_taken_the_others_counted(self, tmp_path: Path) -> None:
        got = read(tmp_path, self.TWO, last4="5678")

        assert [each.memo for each in got.rows] == ["B"]
        assert got.warnings == ["1 line left out, of another account: line 2"]

    def test_the_rows_of_the_card_are_taken_the_others_counted(self, tmp_path: Path) -> None:
        text = "Date,Text,Card,Amount\n2026-03-02,A,*1234,-1\n2026-03-03,B,*5678,-2\n"
        got = read(tmp_path, text, last4="1234")

        assert [(each.memo, each.card_last4) for each in got.rows] == [("A", "1234")]
        assert got.warnings == ["1 line left out, of another card: line 3"]
