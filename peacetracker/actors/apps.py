from django.apps import AppConfig

from peacetracker.database.refusals import explain


class ActorsConfig(AppConfig):
    name = "peacetracker.actors"
    verbose_name = "Actors"

    def ready(self) -> None:
        from peacetracker.actors.merging import keep_the_name
        from peacetracker.actors.models import Actor
        from peacetracker.database.merging import afterwards

        afterwards(Actor, keep_the_name)
        explain(
            {
                "actor_has_a_name": "An actor needs a name.",
                "iso_code_is_a_states_and_well_formed": (
                    "Only a state has an ISO code: three capital letters, such as FRA."
                ),
                "iso_code_names_one_state": "Another state has this ISO code.",
                "alias_has_a_text": "An alias needs a text.",
                "alias_names_one_actor_in_a_language": ("An actor goes by this alias in this language already."),
                "nobody_is_affiliated_with_themselves": (
                    "An actor is not affiliated with itself: choose another organisation."
                ),
                "affiliation_lasts_a_day": (
                    "An affiliation lasts at least a day: the first day comes before the last."
                ),
                "same_affiliation_never_overlaps": (
                    "The actor has this role there in that period already. Correct or end that one first."
                ),
            }
        )
