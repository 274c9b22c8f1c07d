"""The same statement in several papers is one candidate with several sources.

A new candidate is an echo of the first one of the same actor on the same target with the same position, said within
two days in another article, whose words hold its words or are held by them (`same_words`, made by a migration: case
and punctuation do not matter, and fewer than five words prove nothing). An echo is decided with its original. What the
pipeline finds in copies of an article needs no echo: a copy holds no statements of its own.

Two articles that are read at the very same moment may both keep an original; an editor then decides twice.
"""

import pgtrigger

ON_INSERT = pgtrigger.Trigger(
    name="find_echo",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
IF NEW.state = 'candidate' AND NEW.echo_of_id IS NULL THEN
    SELECT s.id INTO NEW.echo_of_id FROM stances_statement s
    WHERE s.state = 'candidate' AND s.echo_of_id IS NULL AND s.article_id <> NEW.article_id
      AND s.actor_id = NEW.actor_id AND s.target_id = NEW.target_id AND s.position = NEW.position
      AND s.said_on BETWEEN NEW.said_on - 2 AND NEW.said_on + 2 AND same_words(s.quote, NEW.quote)
    ORDER BY s.id LIMIT 1;
END IF;
RETURN NEW;
""",
)
ON_DELETE = pgtrigger.Trigger(
    name="promote_echo",
    when=pgtrigger.After,
    operation=pgtrigger.Delete,
    declare=[("heir", "bigint")],
    func="""
SELECT min(id) INTO heir FROM stances_statement WHERE echo_of_id = OLD.id;
IF heir IS NOT NULL THEN
    UPDATE stances_statement SET echo_of_id = nullif(heir, id) WHERE echo_of_id = OLD.id;
END IF;
RETURN NULL;
""",
)
