"""What documents show of the code is drawn from the code as it is."""

from tools import draw_states


def test_the_table_of_states_in_the_documents_is_the_one_of_the_code() -> None:
    text = draw_states.PAGE.read_text(encoding="utf-8")
    assert text == draw_states.page_with(text), "run make docs"
