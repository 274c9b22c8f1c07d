from django.apps import AppConfig

from peacetracker.database.refusals import explain


class StancesConfig(AppConfig):
    name = "peacetracker.stances"
    verbose_name = "Statements and stances"

    def ready(self) -> None:
        from peacetracker.database.merging import when_refused
        from peacetracker.stances.merging import RESOLVERS

        for model, resolver in RESOLVERS.items():
            when_refused(model, resolver)
        explain(
            {
                "published_stance_rests_on_an_accepted_statement": (
                    "A published stance must rest on an accepted statement of its actor on its target. Accept or add "
                    "another statement as evidence first, or withdraw the stance."
                ),
                "statement_is_spoken_or_a_vote": "A statement is spoken or a vote.",
                "one_published_stance_at_a_time": (
                    "The actor already has a published stance on this target in that period. End that one first, or "
                    "record the new position from a day: the running stance then ends there."
                ),
                "position_begins_once_a_day": (
                    "A published stance of this actor on this target already begins on that day. Correct that one."
                ),
                "quote_is_verbatim": (
                    "The quote is not what stands at that span of the article. Copy it exactly, or correct the span."
                ),
                "quotes_stay_verbatim": (
                    "A statement quotes words that the new text lacks at that place. Correct or remove it first."
                ),
                "span_is_as_long_as_the_quote": "The span and the quote differ in length. Correct start and end.",
                "statement_stands_once": "This statement stands already: same span, actor and target.",
                "accepted_statement_has_actor_target_and_date": (
                    "An accepted statement needs an actor, a target and the day it was said. Fill them in first."
                ),
                "only_conditional_statements_have_conditions": (
                    "Only “supports with conditions” and “opposes unless changed” have a condition. Remove it, or "
                    "change the position."
                ),
                "only_conditional_stances_have_conditions": (
                    "Only “supports with conditions” and “opposes unless changed” have a condition. Remove it, or "
                    "change the position."
                ),
                "stance_has_a_first_day": "A stance needs a first day.",
            }
        )
