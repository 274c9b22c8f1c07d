"""Whose the words in quotation marks are, as journalists write it."""

from __future__ import annotations

import pytest

WORDS = "We will never accept the 28-point plan"


@pytest.mark.parametrize(
    ("text", "actor"),
    [
        (f"“{WORDS},” Macron said.", "France"),
        # a quotation goes on after the words that say whose it is; what follows is another sentence
        (f"“It is late,” said Macron. “{WORDS}.” Peskov said that the talks had failed.", "France"),
        (f"“{WORDS}.” Merz said in the interview.", "Germany"),
        (f"“{WORDS}.” Merz told reporters.", "Germany"),
        # who is named in a quotation does not say it
        (f"Lavrov spoke in Moscow. “{WORDS}, as Zelenskyy knows,” he said.", "Russia"),
        # the subject of the main clause is who is spoken of
        (f"Macron spoke in Paris. He said that Trump is in a hurry. “{WORDS},” he added.", "France"),
        # the sentence before tells, where nothing else does
        (f"Kyiv had its doubts. Merz was outspoken as well. “{WORDS}.”", "Germany"),
        # no more than a name and a colon
        (f"Two did not like it. Chancellor Merz (C.D.U.): “{WORDS}.”", "Germany"),
        # by his office or calling
        (f"Peskov spoke to reporters on Friday. “{WORDS},” the spokesman said.", "Russia"),
        (f"Zelenskyy addressed the nation on Friday. “{WORDS},” the politician said.", "Ukraine"),
    ],
)
def test_speaker_of_a_quotation(read, text, actor):
    assert {s.actor for s in read(text) if s.direct} == {actor}


def test_straight_marks_that_open_anew_do_not_turn_quotations_inside_out(read):
    text = f'Macron said: "The day is here. "{WORDS}. "No one will." Peskov did not comment.'
    (found,) = [s for s in read(text) if s.direct]
    assert (found.actor, found.quote) == ("France", WORDS + ".")
