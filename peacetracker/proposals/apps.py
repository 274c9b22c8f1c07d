from django.apps import AppConfig

from peacetracker.database.refusals import explain


class ProposalsConfig(AppConfig):
    name = "peacetracker.proposals"
    verbose_name = "Proposals"

    def ready(self) -> None:
        explain(
            {
                "party_lasts_a_day": "A role lasts at least a day: the first day comes before the last.",
                "same_party_role_never_overlaps": (
                    "The actor has this role in that period already. Correct or end that one first."
                ),
                "target_has_a_name": "A proposal, provision or issue needs a name.",
                "a_proposal_and_no_other_has_status_and_date": ("A proposal needs a status and the day it was tabled."),
                "a_provision_and_no_other_has_proposal_and_number": (
                    "A provision needs a proposal and a number from 1 on."
                ),
                "only_a_proposal_is_a_resolution": "Only a proposal is a resolution that states vote on.",
                "number_names_one_provision": "The proposal has a provision of this number already.",
                "only_an_issue_has_a_pax_category": "Only an issue has a PA-X category.",
                "provision_belongs_to_a_proposal_of_its_process": (
                    "A provision belongs to a proposal of the same process."
                ),
                "kind_of_a_target_never_changes": "The kind of a target never changes: make a new one.",
                "process_of_a_target_never_changes": "The process of a target never changes: make a new one.",
                "proposal_of_a_provision_never_changes": ("A provision stays with its proposal: make a new one."),
                "actor_sponsors_a_proposal_once": "This actor is a sponsor of the proposal already.",
                "only_proposals_have_sponsors": "Only proposals have sponsors.",
                "provision_has_an_issue_once": "The provision is about this issue already.",
                "provisions_are_about_issues": ("A provision is about an issue, not about another kind of target."),
                "proposal_relation_stands_once": "This relation between the two proposals stands already.",
                "no_proposal_answers_itself": "A proposal does not answer itself: choose an earlier one.",
                "relations_join_proposals": "Only proposals revise, counter or supersede one another.",
                "correspondence_stands_once": "These two provisions correspond already.",
                "correspondence_joins_two_proposals": ("A correspondence joins provisions of two different proposals."),
                "correspondence_has_one_direction": ("A provision does not correspond to itself: choose another."),
                "target_cites_a_page_once": "This page is cited already.",
            }
        )
