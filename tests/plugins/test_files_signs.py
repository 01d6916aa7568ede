"""Delimited text: spend is negative, whatever the bank does with signs, columns and flags."""

from pathlib import Path

import pytest

from tests.plugins.handed_in import hand_in

SIGNED = [
    pytest.param(
        'Account;;****1234;05/03/2026;1 250,40\n\nDate operation;Libelle;Montant en euro\n'
        "02/03/2026;EDF;-84,20\n03/03/2026;CLIENT;1 200,00\n",
        [-8420, 120000],
        id="one signed column under a banner",
    ),
    pytest.param(
        '="0012345";01/03/2026;31/03/2026;2;31/03/2026;1 234,56 EUR\n\n'
        "Date de l'opération;Libellé;Détail de l'écriture;Montant de l'opération;Devise;\n"
        "30/03/2026;CARTE;LE ZINC;2 400,00;EUR;\n28/03/2026;PRLV;LOYER;-1.234,56;EUR;\n",
        [240000, -123456],
        id="spaces and points between the thousands",
    ),
    pytest.param(
        "Date;Date de valeur;Débit;Crédit;Libellé;Solde\n"
        "02/03/2026;02/03/2026;-26,99;;LIVRES;973,01\n03/03/2026;03/03/2026;;500,00;VIR;1473,01\n",
        [-2699, 50000],
        id="debit negative, credit positive",
    ),
    pytest.param(
        "Date;Libellé;Débit euros;Crédit euros;\n13/03/2026;FREE;19,99;;\n12/03/2026;VIR;;10,00;\n",
        [-1999, 1000],
        id="debit without a sign",
    ),
    pytest.param(
        "Date,Label,Debit,Credit,Balance\n"
        "12/15/2026,A,0.00,20.00,-10.00\n12/15/2026,B,0.00,-13.50,-23.50\n"
        "12/15/2026,C,-33.50,0.00,10.00\n12/15/2026,D,1500.00,0.00,1510.00\n",
        [2000, 1350, -3350, -150000],
        id="signs that mean nothing, proved by the balance",
    ),
    pytest.param(
        "Datum,Naam,Af Bij,Bedrag (EUR)\n20260304,CAFE,Af,\"12,50\"\n20260305,LOON,Bij,\"20,00\"\n",
        [-1250, 2000],
        id="a column that says out or in",
    ),
    pytest.param(
        "Date,Label,Amount,D/C,Balance\n2026-03-04,A,33.50,D,-23.50\n"
        "2026-03-04,B,-1533.50,C,1510.00\n",
        [-3350, 153350],
        id="flag against sign, settled by the balance",
    ),
    pytest.param(
        "Date,Merchant Name,Card Number,Amount\n2026-03-04,CAFE,**** 1234,4.50\n"
        "2026-03-05,TRAIN,**** 1234,20.00\n",
        [-450, -2000],
        id="a card's file: charges are positive",
    ),
    pytest.param(
        "Date,Description,Amount\n13/03/2026,UBER,24.30\n14/03/2026,TRAIN,89.00\n"
        "20/03/2026,PAYMENT RECEIVED - THANK YOU,-113.30\n",
        [-2430, -8900, 11330],
        id="charges positive, known by the payment",
    ),
    pytest.param(
        "Date,Description,Amount,Balance\n2026-03-01,A,10.00,90.00\n"
        "2026-03-02,B,-5.00,95.00\n2026-03-03,C,20.00,75.00\n",
        [-1000, 500, -2000],
        id="charges positive, proved by the balance",
    ),
    pytest.param(
        "Date;Text;Betrag\n02.03.2026;CAFE;3,50-\n03.03.2026;LOHN;1.234,00\n",
        [-350, 123400],
        id="the sign behind the number",
    ),
    pytest.param(
        'Date,Description,Amount\n2026-03-02,CAFE,(3.50)\n2026-03-03,PAY,"1,234.00"\n',
        [-350, 123400],
        id="negative in parentheses",
    ),
    pytest.param(
        'Date,Status,Description,Withdrawal,Deposit\n08/17/2026,Posted,PAY,,"$1,020.00"\n'
        "08/14/2026,Posted,ATM,$103.00,\n",
        [102000, -10300],
        id="a currency sign on every amount",
    ),
    pytest.param(
        "AT12;CAFE;04.03.2026;05.03.2026;-18,00;EUR\nAT12;LOHN;06.03.2026;06.03.2026;+120,00;EUR\n",
        [-1800, 12000],
        id="no header, one amount",
    ),
    pytest.param(
        "16-03-2026;CAFE;16-03-2026;-48,00;952,00\n17-03-2026;PAY;17-03-2026;20,00;972,00\n",
        [-4800, 2000],
        id="no header, amount and balance",
    ),
    pytest.param(
        "11/21/2026,0,Deposit,0,500.00,500.00\n11/22/2026,7,Check,100.00,0,400.00\n",
        [50000, -10000],
        id="no header, two columns told apart by the balance",
    ),
    pytest.param(
        "02/03/2026;-12,50;Carte;;CB CAFE;;0;Divers\n13/03/2026;100,00;Virement;;VIR X;;0;Divers\n"
        "31/03/2026;1234,56;;;01234 567890X;;;\n",
        [-1250, 10000],
        id="no header, and a last line with the balance",
    ),
    pytest.param(
        "1234\tEUR\t20260302\t1000,00\t980,00\t20260302\t-20,00\tCAFE\n"
        "1234\tEUR\t20260303\t980,00\t1080,00\t20260303\t100,00\tLOON\n",
        [-2000, 10000],
        id="no header, balances before and after",
    ),
    pytest.param(
        "Transaction Date,Clearing Date,Description,Type,Amount (USD)\n"
        "03/13/2026,03/14/2026,COFFEE,Purchase,4.50\n03/15/2026,03/16/2026,ACH,Payment,-100.00\n",
        [-450, 10000],
        id="charges positive, known by the word purchase",
    ),
    pytest.param(
        "Account,Transaction Date,Description,CAD$,USD$\n01234,3/13/2026,CAFE,-12.50,,\n",
        [-1250],
        id="a column of amounts per currency",
    ),
    pytest.param(
        "Buchungstag;Vorgang;Währung;Umsatz; \n13.03.2026;CAFE;EUR;12,50;S\n"
        "14.03.2026;LOHN;EUR;100,00;H\n",
        [-1250, 10000],
        id="Soll and Haben in a column without a name",
    ),
    pytest.param(
        "13.03.2026;A;100;1000,50\n14.03.2026;B;200;1200,50\n15.03.2026;C;300;1500,50\n",
        [10000, 20000, 30000],
        id="no header, whole amounts beside a balance with cents",
    ),
    pytest.param(
        "Date;Libellé;Débit;Rentrées\n13/03/2026;A;3,50;\n14/03/2026;B;;10,00\n",
        [-350, 1000],
        id="an unknown name for the column of credits",
    ),
    pytest.param(
        "Date;Libellé;Montant;Type\n13/03/2026;A;-1,00;Debit\n14/03/2026;B;2,00;Debit\n",
        [-100, 200],
        id="one word for all rows says how they were paid",
    ),
    pytest.param(
        "Datum,Omschrijving,Mutatie,,Saldo,\n30-03-2026,RENTE,EUR,\"-0,19\",EUR,\"13,88\"\n",
        [-19],
        id="a heading that spans the currency and the amount",
    ),
    pytest.param(
        "Date,Bank,City,Country,Memo,Amount\n2026:03:01,X,Vilnius LT,FEE,-7.8,\n"
        "2026:03:02,X,Vilnius LT,PAY,889.81,\n",
        [-780, 88981],
        id="rows that do not stand under their headings",
    ),
    pytest.param(
        "sep=;\nDate;Libellé;Montant\n13/03/2026;CAFE;-3,50\n",
        [-350],
        id="a first line that names the delimiter",
    ),
    pytest.param(
        "Date\tLibellé\tMontant\r13/03/2026\tCAFE\t-3,50\r", [-350], id="tabs and bare returns"
    ),
    pytest.param(
        "Date;Libellé;Montant\n13/03/2026;CAF&eacute; &amp; CO;-3,50\n", [-350], id="web text"
    ),
    pytest.param(
        "Date,Montant,Libellé\n2026/3/2,-0.46,X\n2026/3/13,-.5,Y\n", [-46, -50], id="short numbers"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "minor"), SIGNED)
def test_amounts_get_their_sign(tmp_path: Path, text: str, minor: list[int]) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")

    assert hand_in(path).minor == minor
