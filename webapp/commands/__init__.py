"""The sub-commands of ``cardsync``, one module each, loaded only when called."""
