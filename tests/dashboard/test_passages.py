from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peacetracker.dashboard.passages import Span, marked, passages

# Speed is the machine's, not ours to test here.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(alphabet="ab 🕊é\n", min_size=1, max_size=80))
    starts = draw(st.lists(st.integers(0, len(text) - 1), max_size=5))
    return text, [Span(n, start, draw(st.integers(start + 1, len(text)))) for n, start in enumerate(starts)]


@steady
@given(texts_with_spans())
def test_marking_keeps_the_text_and_every_quote(drawn: tuple[str, list[Span]]) -> None:
    text, spans = drawn
    segments = marked(text, spans)
    assert "".join(segment.text for segment in segments) == text
    for span in spans:
        quote = "".join(segment.text for segment in segments if span.id in segment.statements)
        assert quote == text[span.start : span.end]
        assert sum(span.id in segment.first_of for segment in segments) == 1


@steady
@given(texts_with_spans(), st.integers(0, 20))
def test_passages_hold_every_statement_once_and_whole(drawn: tuple[str, list[Span]], around: int) -> None:
    text, spans = drawn
    found = passages(text, spans, around)
    assert sorted(one for passage in found for one in passage.statements) == sorted(span.id for span in spans)
    for span in spans:
        (passage,) = [passage for passage in found if span.id in passage.statements]
        quote = "".join(segment.text for segment in passage.segments if span.id in segment.statements)
        assert quote == text[span.start : span.end]


def test_passage_is_cut_at_words_and_says_so() -> None:
    text = "Alpha beta gamma. He said no. Delta epsilon zeta."
    start = text.index("He said no.")
    (passage,) = passages(text, [Span(1, start, start + 11)], around=9)
    assert "".join(segment.text for segment in passage.segments) == "gamma. He said no. Delta"
    assert passage.cut_before
    assert passage.cut_after
