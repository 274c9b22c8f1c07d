"""The rule that a published stance rests on an accepted statement of its actor on its target.

It is checked at COMMIT, so that evidence may be swapped within a transaction. Two locks keep it true when two
editors act at once: the check locks the stance, so that two checks of one stance come one after the other and the
second sees what the first committed; and linking locks the statement (`Evidence.Meta.triggers`), so that it waits
for whoever is about to un-accept it. Drafts are locked too: one that somebody is about to publish still looks like a
draft, and passing it over would not wait for them. Both locks in the check would deadlock.
"""

import pgtrigger

CONSTRAINT = "published_stance_rests_on_an_accepted_statement"

_CHECK = f"""
FOR stance IN
    SELECT id, actor_id, target_id, published FROM stances_stance
    WHERE {{which}} ORDER BY id FOR NO KEY UPDATE
LOOP
    IF stance.published AND NOT EXISTS (
        SELECT 1 FROM stances_evidence e JOIN stances_statement s ON s.id = e.statement_id
        WHERE e.stance_id = stance.id AND s.state = 'accepted'
          AND s.actor_id = stance.actor_id AND s.target_id = stance.target_id
    ) THEN
        RAISE EXCEPTION 'Published stance % has no accepted statement of its actor on its target.', stance.id
        USING ERRCODE = 'check_violation', CONSTRAINT = '{CONSTRAINT}';
    END IF;
END LOOP;
RETURN NULL;
"""


def _deferred(which: str, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="evidence_rule",
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        operation=operation,
        declare=[("stance", "record")],
        func=_CHECK.format(which=which),
    )


ON_STANCE = _deferred("id = NEW.id", pgtrigger.Insert | pgtrigger.UpdateOf("published", "actor_id", "target_id"))
ON_EVIDENCE = _deferred("id = OLD.stance_id", pgtrigger.Delete | pgtrigger.UpdateOf("stance_id", "statement_id"))
ON_STATEMENT = _deferred(
    "id IN (SELECT stance_id FROM stances_evidence WHERE statement_id = NEW.id)",
    pgtrigger.UpdateOf("state", "actor_id", "target_id"),
)
