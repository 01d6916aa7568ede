"""The words inside cells: states of a row, directions of money, lines that only sum up."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from cardsync_files.delimited.headings import plain_words


class State(StrEnum):
    """What a status cell says of its row."""

    BOOKED = "booked"
    ANNOUNCED = "announced"
    CANCELLED = "cancelled"


def _words(text: str) -> frozenset[str]:
    return frozenset(plain_words(word) for word in text.replace("\n", "|").split("|"))


_STATES: Final = {
    State.ANNOUNCED: _words(
        "pending|waiting|processing|authorized|authorised|authorization|autorizzato"
        "|non contabilizzato|en attente|en cours|en cours de traitement|a venir|en instance"
        "|non comptabilise|attente"
        "|vorgemerkt|umsatz vorgemerkt|offen|in behandeling|gereserveerd|pendiente|retenido"
        "|in attesa|provisional|hold|scheduled|oczekujaca|v обработке|в обработке|hold authorised"
    ),
    State.CANCELLED: _words(
        "reverted|cancelled|canceled|declined|failed|rejected|denied|voided|refused|expired"
        "|annule|annulee|refuse|refusee|rejete|rejetee|abgelehnt|storniert|abgebrochen|geweigerd"
        "|geannuleerd|cancelado|cancelada|rechazado|rechazada|annullato|rifiutato|отклонено|отменено"
    ),
    State.BOOKED: _words(
        "ok|completed|complete|settled|posted|booked|cleared|paid|succeeded|success|successful|done"
        "|processed|executed|finished|comptabilise|comptabilisee|execute|executee|regle|reglee"
        "|termine|terminee|valide|validee|gebucht|umsatz gebucht|geboekt|verwerkt|contabilizado"
        "|realizado|liquidado|contabilizzato|eseguito|zaksiegowana|выполнено|исполнено|проведено"
        "|executada|efectuado|available|refunded|partially refunded|confirmed|approved"
    ),
}
_STATE_OF: Final = {word: state for state, words in _STATES.items() for word in words}

# Pairs of words that say "money out, money in"; a column uses one pair.
_DIRECTIONS: Final = tuple(
    (_words(out), _words(back))
    for out, back in (
        ("d|debit|debet|dbit|dr|db|debito|debiteur", "c|credit|k|kredit|crdt|cr|credito|crediteur"),
        ("af|uit", "bij|in"),
        ("s|soll", "h|haben"),
        ("outflow|out|money out|paid out", "inflow|in|money in|paid in"),
        ("expense|depense|dépense|sortie|withdrawal", "income|recette|entrée|entree|deposit"),
        ("debe|cargo|gasto|dare|uscita|addebito", "haber|abono|ingreso|avere|entrata|accredito"),
        ("расход|списание|дебет", "приход|зачисление|кредит"),
        ("出金|支出", "入金|收入"),
    )
)
_SIGNS: Final = (frozenset({"-"}), frozenset({"+"}))

_SUMMING_UP: Final = re.compile(
    r"\b(opening|closing|beginning|ending|starting|final|initial|previous|available) balance"
    r"|\bbalance (brought|carried) forward|^turnover$|^(solde|ancien solde|nouveau solde)$"
    r"|\b(ancien|nouveau) solde\b|\bsolde (precedent|initial|final|crediteur|debiteur|reporte|au)\b"
    r"|\bsaldo (anterior|inicial|final|actual|iniziale|finale|precedente|vorig|nieuw)\b"
    r"|\b(anfangs|end|schluss|alter|neuer) ?(saldo|kontostand)\b|\b(begin|eind)saldo\b"
    r"|^(kontostand|saldo|solde|balance)\b( \w+)?( [\d ]+)?$|\b(poczatkowe|koncowe)\b|остаток на"
)
_TOTAL: Final = re.compile(
    r"\b(total|totaux|totale|totaal|summe|gesamt\w*|sous total|subtotal|solde|saldo|balance"
    r"|kontostand|итого|合計|合计)\b"
)

# On a row of money received, in a file where spend is negative.
_INCOME: Final = re.compile(
    r"\b(payment (received|from|complete)|paiement recu|remboursement|refund\w*|avoir|rebate"
    r"|reimburse\w*|deposit|salar\w+|paie|payroll|gehalt|lohn|nomina|stipendio|loon|gutschrift"
    r"|virements?|vir|versement|remise|transfer\w*|uberweisung|ueberweisung|bonifico|giro"
    r"|overschrijving|transferencia|traspaso|interest|interets|zinsen|dividend\w*|top ?up|cashback"
    r"|einzahlung|zahlungseingang|ingreso|abono|accredito|ontvangen|storting|credit)\b"
)
# On a row that lowers what a card owes, in a file where charges are positive.
_CARD_CREDIT: Final = re.compile(
    r"\b(payments?|paiements?|autopay\w*|auto ?pay|thank you|merci|refund\w*|return|avoir|rebate"
    r"|remboursement|prelevement automatique|gutschrift|einzahlung|betaling|credit)\b"
)
_THANKS: Final = re.compile(
    r"\b(payment received|payment[ ,]*thank ?(you|s)|thank you for your payment|paiement recu"
    r"|(enregistre|paiement)s?[ ,]*merci|zahlung erhalten|betaling ontvangen|pago recibido)\b"
)
_PURCHASE: Final = re.compile(
    r"\b(purchase|sale|achat|cb|carte|card payment|pos|debit card|kartenzahlung|pago con tarjeta"
    r"|compra|acquisto|betaalpas|bankomat|lastschrift|prlv|prelevement|direct debit)\b"
)


class Said(StrEnum):
    """What the words of a row tell about its direction."""

    INCOME = "income"
    CARD_CREDIT = "card_credit"
    THANKS = "thanks"
    PURCHASE = "purchase"


_SAID: Final = {
    Said.INCOME: _INCOME,
    Said.CARD_CREDIT: _CARD_CREDIT,
    Said.THANKS: _THANKS,
    Said.PURCHASE: _PURCHASE,
}


def state_of(cell: str) -> State | None:
    """Return the state that ``cell`` names, ``None`` if it names none."""
    return _STATE_OF.get(plain_words(cell))


def directions_of(cells: Iterable[str]) -> dict[str, bool] | None:
    """Map each distinct cell to "money goes out" if the cells are a pair of such words."""
    distinct = set(cells)
    if not distinct or len(distinct) > 4:
        return None
    if distinct <= _SIGNS[0] | _SIGNS[1]:
        return {cell: cell == "-" for cell in distinct}
    plain = {cell: plain_words(cell) for cell in distinct}
    for out, back in _DIRECTIONS:
        if all(word in out or word in back for word in plain.values()):
            return {cell: word in out for cell, word in plain.items()}
    return None


def sums_up(cell: str) -> bool:
    """Say whether a dated line is an opening or closing balance, not a transaction."""
    return _SUMMING_UP.search(plain_words(cell)) is not None


def may_sum_up(cell: str) -> bool:
    """Say whether a line without a date may be a total."""
    return _TOTAL.search(plain_words(cell)) is not None


def says(what: Said, text: str) -> bool:
    """Say whether the words of a row speak of ``what``."""
    words = plain_words(text)
    if what is Said.PURCHASE and _THANKS.search(words):
        return False
    return _SAID[what].search(words) is not None
