"""Every word on screen exists in French, and the compiled catalogue is the written one."""

from babel.messages.catalog import Message
from babel.messages.checkers import python_format

from tools import messages


def key(message: Message) -> tuple[object, str | None]:
    return message.id, message.context


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def test_there_are_words_to_translate() -> None:
    assert len(messages.in_sources()) > 20


def test_every_word_of_pages_and_code_is_in_the_catalogue() -> None:
    known = {key(message) for message in messages.in_french()}
    missing = [message.id for message in messages.in_sources() if key(message) not in known]
    assert not missing, "run make messages, then translate"


def test_every_word_has_its_french() -> None:
    french = messages.in_french()
    untranslated = [
        message.id
        for message in french
        if message.id and (message.fuzzy or not all(form.strip() for form in forms(message)))
    ]
    assert not untranslated


def test_the_french_fills_in_the_same_values() -> None:
    french = messages.in_french()
    for message in french:
        if message.id and message.python_format:
            python_format(french, message)


def test_the_compiled_catalogue_is_the_written_one() -> None:
    binary = messages.CATALOGUE.with_suffix(".mo").read_bytes()
    assert binary == messages.compiled(messages.in_french()), "run make messages"
