"""The words by which banks name their columns, in French, English, German, Spanish, Italian, Dutch
and a few more languages, gathered from public exports.
"""

import re
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a column says about its row."""

    BOOKED_ON = "booked_on"
    PURCHASED_ON = "purchased_on"
    VALUE_ON = "value_on"
    DATE = "date"
    AMOUNT = "amount"
    DEBIT = "debit"
    CREDIT = "credit"
    FLAG = "flag"
    BALANCE = "balance"
    CURRENCY = "currency"
    FEE = "fee"
    ORIGINAL_AMOUNT = "original_amount"
    ORIGINAL_CURRENCY = "original_currency"
    LABEL = "label"
    MEMO = "memo"
    PAYEE = "payee"
    EXTERNAL_ID = "external_id"
    STATUS = "status"
    CARD = "card"
    ACCOUNT = "account"
    MCC = "mcc"
    CITY = "city"
    COUNTRY = "country"


# Each line: a role, then the headings that name it, best first. Exact after normalising.
EXACT: Final = {
    Role.BOOKED_ON: """
        date comptable|date de comptabilisation|date comptabilisation|date d enregistrement
        date debit credit|date de debit|booking date|booked date|date booked|date posted
        posted date|post date|posting date|posted on|processed date|process date
        date processed|date completed|completed date|completed|settlement date|settled date
        date settled|buchungstag|buchungsdatum|buchung|buchungs datum|verbuchungsdatum
        fecha contable|fecha de contabilizacion|fecha asiento|data contabile
        data contabilizzazione|data registrazione|data di registrazione|boekdatum
        boekingsdatum|datum boeking|datum van boeking|uitvoeringsdatum|bokforingsdag
        bokfort dato|bogfort|data ksiegowania|datum zauctovani|konyveles datuma|date op|dateop
        bank date|clearing date|дата платежа|дата обработки|дата обработки операции
        дата проводки|дата списания""",
    Role.PURCHASED_ON: """
        transaction date|date of transaction|date operation|date d operation
        date de l operation|operation date|date d achat|date achat|date de vente
        date de transaction|date de la transaction|purchase date|date of purchase|date started
        started date|trans date|transdate|belegdatum|kaufdatum|umsatzdatum|datum transactie
        transactiedatum|fecha operacion|fecha de operacion|fecha de la operacion
        fecha transaccion|f operacion|data operazione|data dell operazione|data movimento
        data transakcji|data operacji|datum provedeni|datum transakce|tranzakcio datuma
        kopdatum|transaktionsdatum|execution date|run date|利用日|ご利用日|дата операции
        дата совершения операции""",
    Role.VALUE_ON: """
        value date|date de valeur|date valeur|date val|dateval|valuta|valutadatum|valuta datum
        wertstellung|wertstellungsdatum|wertstellung valuta|wert|fecha valor|f valor
        data valuta|rentedatum|ertek nap|erteknap|data waluty|valuta dato|valutadag|value
        date effective|effective date""",
    Role.DATE: """
        date|datum|fecha|data|dato|day|jour|created|created at|date created|created date
        journal date|date et heure|date heure|date time|datetime|date utc|datum zeit|timestamp
        date mutation|date du mouvement|date ecriture|日付|取引日|ご利用日|お取引日|交易日期
        거래일|거래일시|дата|data do balancete|reservation date|entry date|statement date""",
    Role.AMOUNT: """
        amount|montant|betrag|importe|importo|bedrag|transaction amount|net amount|netamount
        montant net|montant operation|montant de l operation|montant de la transaction
        montant du mouvement|umsatz|buchungsbetrag|betrag in|umsatz in|total amount incl vat
        montant ttc|montant total ttc|total amount|amount in|net|neto|netto|nett|bruto|brutto
        gross|brut|avant commission|valor|valore|belopp|belob|belop|kwota|kwota transakcji
        kwota operacji|castka|objem|zauctovana castka|osszeg|tranzakcio osszege|mutatie
        bedrag in|amount eur|sum|summa|suma|importe operacion|importe de la operacion
        movimento|transaction value|value amount|mouvement|montant impute|сумма|сумма операции
        сумма в валюте счета|金額|ご利用金額|利用金額|交易金额|거래금액|settlement amount
        入出金|支払総額|сумма платежа|payment amount|amt|posted amount|billing amount
        amount billed""",
    Role.DEBIT: """
        debit|debits|debit amount|montant debit|debet|debe|dare|soll|lastschrift|belastung
        withdrawal|withdrawals|withdrawal amount|withdrawal amt|money out|paid out|outflow|out
        depense|depenses|sortie|sorties|retrait|uscite|addebiti|addebito|cargo|cargos|gasto
        gastos|ausgang|ausgaben|uit|af|expense|expenses|spent|payments out|charge|charges
        debito|wyplaty|obciazenia|vydaje|ut|расход|出金|出金金額|お引出し|お支払金額|支出
        出金額|출금액|amount debit|amount out""",
    Role.CREDIT: """
        credit|credits|credit amount|montant credit|kredit|haben|abono|abonos|avere|gutschrift
        deposit|deposits|deposit amount|deposit amt|money in|paid in|inflow|in|recette
        recettes|entree|entrees|depot|entrate|accrediti|accredito|ingreso|ingresos|eingang
        einnahmen|bij|income|received|payments in|uznania|wplaty|prijmy|inn|приход|入金
        入金金額|お預入れ|お預り金額|收入|入金額|입금액|credito|amount credit|amount in""",
    Role.FLAG: """
        d c|dc|d k|dk|debit credit|credit debit|cr dr|dr cr|af bij|bij af|soll haben|s h|sens
        debit credit indicator|credit debit indicator|cdt dbt ind|indicator|sign|signe
        vorzeichen|bevetel kiadas|debet credit|debet kredit|debe haber|dare avere|cd flag
        debit or credit|transaction type|type|tipo""",
    Role.BALANCE: """
        balance|solde|saldo|kontostand|running balance|account balance|accountbalance
        available balance|cash balance|solde apres operation|saldo na trn|saldo na mutatie
        saldo nach buchung|saldo disponible|saldo contabile|egyenleg|zustatek|stan konta
        saldo po operacji|final balance|closing balance|ledger balance|balance after|остаток
        残高|差引残高|取引後残高|running bal|余额|잔액|nouveau solde|solde courant
        resultant balance|balance eur|saldo eur|book balance|current balance|end balance
        soldes""",
    Role.CURRENCY: """
        currency|devise|wahrung|waehrung|divisa|moneda|valuta conto|munt|muntsoort|ccy|curr
        currency code|transaction currency|buchungswahrung|payment currency|account currency
        devise du compte|waluta|mena|mena uctu|devizanem|tranzakcio devizaneme|valuta code
        валюта|валюта счета|валюта платежа|通貨|币种|통화|settlement currency|billing currency
        devise de reglement""",
    Role.FEE: """
        fee|fees|frais|commission|commissions|comision|commissione|kosten|gebuhr|gebuehr
        poplatek|provision|total fees|transaction fee|transaction fees|prowizja|commissie""",
    Role.ORIGINAL_AMOUNT: """
        original amount|orig amount|montant d origine|montant brut devise origine|local amount
        montant devise|montant en devise|montant dans la devise d origine|originalbetrag
        betrag fremdwahrung|fremdwahrungsbetrag|foreign amount|foreign currency amount
        amount in foreign currency|importe original|importo originale|oorspr bedrag
        oorspronkelijk bedrag|amount currency|puvodni castka|сумма в валюте операции
        transaction amount original|amount original|montant original|ursprunglicher betrag""",
    Role.ORIGINAL_CURRENCY: """
        original currency|orig currency|devise d origine|code devise origine|devise origine
        local currency|originalwahrung|fremdwahrung|foreign currency|divisa original
        oorspr munt|currency original|devise originale|валюта операции|munt transactie""",
    Role.LABEL: """
        libelle court|libelle simplifie|short description|description courte|intitule""",
    Role.MEMO: """
        libelle|libelle operation|libelle de l operation|detail de l ecriture|details|detail
        description|transaction description|memo|label|narrative|transaction details|reference
        informations complementaires|verwendungszweck|buchungstext|text|omschrijving
        omschrijving 1|omschrijving 2|omschrijving 3|mededelingen|vrije mededeling|concepto
        descripcion|desc|concept|causale|descrizione|descrizione completa
        descrizione operazione|transaktionsbeschreibung|transaktionsbeschreibung zusatz
        payment reference|remarque|communication|communications|observaciones|notes|note
        comment|vwz1|vwz2|vwz3|historico|zprava|message|message for me|message for payee
        kozlemeny|opis|opis operacji|tytul|action|subject|item|particulars|transaction remarks
        beskrivelse|tekst|text 1|описание|описание операции|摘要|内容|お取引内容|ご利用店名
        적요|rubriek|statement description|reconciliation|vwz4|beschreibung|narration|title
        transaction|intitule operation|vorgang|kundenreferenz|remarks|spending category
        入出金内容|利用店名 商品名|transaction description 1|description 1|description 2
        wording|laji|selgitus|betreff|umsatztext|zahlungsgrund|remittance information|motif
        objet|nature|additional description|seller message""",
    Role.PAYEE: """
        payee|merchant|merchant name|counter party|recipient|sender receiver name|counterparty
        counterparty name|partner name|name|nom|partner neve|beneficiary|beneficiaire
        empfanger|empfaengername|empfangername|tiers|auftraggeber empfanger
        beguenstigter zahlungspflichtiger|begunstigter zahlungspflichtiger|naam
        naam tegenpartij|naam omschrijving|nom commercant|raison sociale commercant
        raison sociale|enseigne|nombre|nazev protiuctu|comercio|esercente|kontrahent
        supplier found|supplierfound|marchand|fournisseur|payer|zahlungsempfanger
        auftraggebername|counteraccount name|commercant|verkaufer|handlare""",
    Role.EXTERNAL_ID: """
        id|transaction id|transactionid|transferwise id|id transakce|id de transaccion
        identifiant|identifiant de la transaction|identifiant transaction|record id|txn id
        numero de transaction|n de transaction|transaktions id|transaktionsnummer|unique id
        transactiereferentie|transaction reference number|id transaction|numero d operation
        journal number|fitid""",
    Role.STATUS: """
        status|state|statut|etat|estado|stato|situation|cleared|transaction status|stav|статус
        zustand|etat de l operation|statut de l operation|info""",
    Role.CARD: """
        card|card number|card no|carte|numero carte|numero de carte|n carte|no carte|pan
        card used for transaction|card last four digits|card last 4|kartennummer|kaartnummer
        numero tarjeta|tarjeta|numero carta|carta|kartyaszam|karte|card account number
        umsatz getatigt von|4 derniers chiffres|номер карты|cardnumber|card member number""",
    Role.ACCOUNT: """
        account number|accountnum|account no|account|iban|numero de compte|compte|n compte
        num compte|rekening|rekeningnummer|iban bbn|iban bban|auftragskonto|kontonummer
        auftraggeberkonto|szamlaszam|cislo uctu|номер счета|account num|iban auftraggeberkonto
        cuenta|conto|konto|numero compte|account id""",
    Role.MCC: "mcc|merchant category code|code mcc|category code",
    Role.CITY: "city|ville|merchant city|ort|stad|ciudad|citta",
    Role.COUNTRY: "merchant country|code pays|country code|landerkennzeichen|pays",
}  # fmt: skip

# A heading that holds one of these is some other amount, whatever else it says.
OTHER_AMOUNT: Final = re.compile(
    r"\b(shipping|insurance|sales tax|tax|tva|vat|iva|refunded|converted|exchange|interest|price|"
    r"quantity|envio|impuesto|transfer amount|limit|rate|kurs|cashback|points|tip|discount)\b"
)
INCLUDING_TAX: Final = re.compile(r"\b(incl|ttc|including|inclus)\b")
_LOOSE_LINES: Final = (
    (Role.ORIGINAL_AMOUNT, r"(origin|fremd|foreign|etranger|devise).*(montant|amount|betrag)"),
    (Role.ORIGINAL_AMOUNT, r"(montant|amount|betrag|importe).*(origin|fremd|foreign|etrang)"),
    (Role.ORIGINAL_AMOUNT, r"bedrag.*(origin|vreemd)|origin.*bedrag"),
    (Role.VALUE_ON, r"\b(valeur|valuta|valor|wertstell\w*|value)\b.*\b(date|datum|fecha|data)\b"),
    (Role.VALUE_ON, r"\b(date|datum|fecha|data)\b.*\b(valeur|valuta|valor|wertstell\w*|value)\b"),
    (Role.BOOKED_ON, r"\b(date|fecha|data)\b.*(comptab|contab|book|post|settle|ksieg)"),
    (Role.BOOKED_ON, r"\b(datum|tag)\b.*(buchung|boek)"),
    (Role.BOOKED_ON, r"(buchung|boek|booking|post\w*|settle\w*|комп).*\b(date|datum|tag)\b"),
    (Role.PURCHASED_ON, r"\b(date|datum|fecha|data)\b.*(operati|operac|operaz|transa|achat|purch)"),
    (Role.PURCHASED_ON, r"(operation|transa\w*|purchase).*\b(date|datum)\b"),
    (Role.DATE, r"^(date|datum|fecha|data)\b|\b(date|datum|fecha)$"),
    (Role.BALANCE, r"\b(solde|saldo|balance|kontostand)\b"),
    (Role.DEBIT, r"\b(debit|debet|soll|withdrawals?|paid out|money out|outflow)\b"),
    (Role.CREDIT, r"\b(credit|kredit|haben|deposits?|paid in|money in|inflow)\b"),
    (Role.AMOUNT, r"\b(montant|amount|betrag|importe|importo|bedrag|belopp|kwota|castka|сумма)\b"),
    (Role.CURRENCY, r"\b(devise|currency|wahrung|waehrung|divisa|moneda|waluta|валюта)\b"),
    (Role.CARD, r"\b(card (no|number)|numero (de )?carte|kartennummer|karten nr)\b"),
    (Role.MEMO, r"\b(libelle|description|verwendungszweck|omschrijving|concepto|memo)\b"),
    (Role.EXTERNAL_ID, r"^(transaction|transaktions?) ?(id|nr|no|number)$"),
)  # fmt: skip
LOOSE: Final = tuple((role, re.compile(pattern)) for role, pattern in _LOOSE_LINES)

# Words only used in countries that write the day first. "Data", "valuta", "saldo" stand in many.
DAY_FIRST: Final = re.compile(
    r"\b(montant|libelle|devise|solde|remarque|date d|date de|operation|comptable|valeur|compte|"
    r"betrag|buchung\w*|wertstellung|verwendungszweck|wahrung|waehrung|datum|importe|fecha|"
    r"concepto|divisa|moneda|importo|descrizione|causale|bedrag|omschrijving|munt|belopp|kwota|"
    r"castka|mena|uctu|дата|сумма|приход|расход|valuta|saldo|data)\b"
)
