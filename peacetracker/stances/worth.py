"""What a candidate is worth to an editor: the desk shows the most valuable first.

The sum, 0 to 100, of

| points | for |
| --- | --- |
| 45 to 60 | another position than the one held on its day: a likely shift, 5 points a step on the scale |
| 30 | a first position: the record says nothing of the actor on the target on that day |
| 15 | an actor, a target or a day that is still missing |
| 10 | the position held, on another condition |
| 0 | the position held: it confirms |
| 20, 10 | an actor who is belligerent, mediator or guarantor in the process; supporter or observer |
| 0 to 15 | the machine's confidence; 15 where an editor made it |
| 0 to 5 | the source's reliability, F to A |

A shift by a party thus always comes before the tenth “calls for peace”. The database reckons it (the function
`statement_worth`, made by a migration) whenever a candidate or a stance of its cell changes; a source's grade and a
party's role take effect when `reweigh` next runs.
"""

import pgtrigger
from django.db import connection

_WORTH = (
    "statement_worth({0}.actor_id, {0}.target_id, {0}.position, {0}.condition, {0}.said_on, {0}.confidence, "
    "{0}.article_id)"
)
MOST_AT_ONCE = 500  # candidates of a cell that a decision weighs anew at once; `reweigh` sees to the rest

ON_STATEMENT = pgtrigger.Trigger(
    name="weigh",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert
    | pgtrigger.UpdateOf("actor_id", "target_id", "position", "condition", "said_on", "confidence", "state"),
    func=f"IF NEW.state = 'candidate' THEN NEW.worth = {_WORTH.format('NEW')}; END IF; RETURN NEW;",
)

# Whoever decides on a candidate at the same moment holds its row and may wait for our stance: pass it over.
_REWEIGH = f"""
UPDATE stances_statement s SET worth = w.worth FROM (
    SELECT c.id, {_WORTH.format("c")} AS worth FROM stances_statement c
    WHERE c.state = 'candidate' AND {{which}}
    LIMIT {MOST_AT_ONCE} FOR NO KEY UPDATE SKIP LOCKED
) w WHERE s.id = w.id AND s.worth <> w.worth
"""


def on_stance() -> list[pgtrigger.Trigger]:
    """Weigh the candidates of the cells whose stances change. Transition tables serve one operation a trigger."""
    tables = {
        "insert": (pgtrigger.Insert, pgtrigger.Referencing(new="new_rows"), "new_rows"),
        "update": (
            pgtrigger.Update,
            pgtrigger.Referencing(old="old_rows", new="new_rows"),
            "(SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows)",
        ),
        "delete": (pgtrigger.Delete, pgtrigger.Referencing(old="old_rows"), "old_rows"),
    }
    return [
        pgtrigger.Trigger(
            name=f"weigh_{name}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=referencing,
            func=_REWEIGH.format(
                which=f"(c.actor_id, c.target_id) IN (SELECT r.actor_id, r.target_id FROM {rows} r WHERE r.published)"
            )
            + "; RETURN NULL;",
        )
        for name, (operation, referencing, rows) in tables.items()
    ]


def reweigh() -> int:
    """Weigh all candidates anew and say how many changed; those that somebody is deciding on are left out."""
    changed = f"""
        UPDATE stances_statement s SET worth = w.worth FROM (
            SELECT c.id, {_WORTH.format("c")} AS worth FROM stances_statement c WHERE c.id IN (
                SELECT d.id FROM stances_statement d
                WHERE d.state = 'candidate' AND d.worth <> {_WORTH.format("d")} FOR NO KEY UPDATE SKIP LOCKED
            )
        ) w WHERE s.id = w.id
    """
    with connection.cursor() as cursor:
        cursor.execute(changed)
        return int(cursor.rowcount)
