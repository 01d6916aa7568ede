"""cardsync: bank and card transactions become expenses; none is lost, none is doubled."""
