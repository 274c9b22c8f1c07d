from django.apps import AppConfig

from peacetracker.database.refusals import explain


class PressConfig(AppConfig):
    name = "peacetracker.press"
    verbose_name = "Press"

    def ready(self) -> None:
        explain(
            {
                "a_page_with_links_and_no_other_has_a_selector": (
                    "A page with links needs a CSS selector, and no other kind of feed has one."
                ),
                "a_failed_article_says_why": "A failed article needs the reason why.",
                "a_parsed_article_has_a_text": "A parsed article has a text.",
                "article_takes_a_known_way": "An article cannot go from that state to this one.",
                "no_article_copies_itself": "An article is not a copy of itself: choose the first one.",
                "reliability_is_admiralty_a_to_f": "Reliability goes from A to F.",
            }
        )
