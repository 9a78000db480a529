"""What holds of every store at rest: counters are exact, logs have no hole, nothing is half there."""

from sqlalchemy import Table

from gateway.db.search import row_words, searched_names
from gateway.db.tables import COUNTED, COUNTED_CHILDREN, metadata
from tests.torture.states import Run

SEARCHED = [table for table in metadata.sorted_tables if searched_names(table)]
STORED = "SELECT organization_id, table_name, kind, status, n FROM counters WHERE n <> 0 AND table_name NOT LIKE '%.%'"
# Counters of children that are not as many as there are.
CHILDREN = """SELECT c.organization_id, c.parent_id, c.n FROM child_counters c
    WHERE c.table_name = '{0}' AND c.n <> (SELECT count(*) FROM {0} t
        WHERE t.organization_id = c.organization_id AND t.connection_request_id = c.parent_id)"""
# Parents of many children whose counter was not made.
UNCOUNTED = """SELECT t.organization_id, t.connection_request_id, count(*) FROM {0} t
    WHERE t.connection_request_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM child_counters c WHERE c.table_name = '{0}'
        AND c.organization_id = t.organization_id AND c.parent_id = t.connection_request_id)
    GROUP BY t.organization_id, t.connection_request_id HAVING count(*) > 100"""
MARKS = """SELECT t.organization_id, max(t.number) FROM {0} t GROUP BY t.organization_id HAVING max(t.number) >
    (SELECT coalesce(max(c.n), 0) FROM counters c
     WHERE c.organization_id = t.organization_id AND c.table_name = '{0}.number')"""
# A log that does not count from 1 without a hole.
HOLES = """SELECT organization_id, count(*), min(id), max(id) FROM events
    GROUP BY organization_id HAVING min(id) <> 1 OR max(id) <> count(*)"""
# A decided request has one decision, and an approval where it is approved; a pending one has neither.
DECISIONS = """SELECT r.organization_id, r.id, r.status FROM connection_requests r
    WHERE (CASE WHEN r.status = 'pending' THEN 0 ELSE 1 END) <>
            (SELECT count(*) FROM decisions d WHERE d.organization_id = r.organization_id
             AND d.connection_request_id = r.id AND d.outcome = r.status)
       OR (CASE WHEN r.status = 'approved' THEN 1 ELSE 0 END) <>
            (SELECT count(*) FROM approvals a WHERE a.organization_id = r.organization_id
             AND a.connection_request_id = r.id)"""
# Subjects of events that have gone without a word, or were told of after they had gone.
SUBJECTS = """SELECT e.organization_id, e.type, e.subject_id FROM events e
    WHERE e.subject_type = '{0}' AND e.type LIKE '%.created'
      AND NOT EXISTS (SELECT 1 FROM {0} t WHERE t.organization_id = e.organization_id AND t.id = e.subject_id)
      AND NOT EXISTS (SELECT 1 FROM events d WHERE d.organization_id = e.organization_id AND d.id > e.id
        AND d.subject_type = e.subject_type AND d.subject_id = e.subject_id AND d.type LIKE '%.deleted')"""
UNFINISHED_KEYS = """SELECT organization_id, id FROM idempotency_keys
    WHERE (outcome IS NULL) = (sealed_outcome IS NULL)"""
OF_A_STORE = {
    "the log has a hole": HOLES,
    "a decision and a status that do not fit": DECISIONS,
    "an idempotency key without an outcome": UNFINISHED_KEYS,
    **{f"a counter of {each} is not exact": CHILDREN.format(each) for each in map(str, COUNTED_CHILDREN)},
    **{f"a counter of {each} is missing": UNCOUNTED.format(each) for each in map(str, COUNTED_CHILDREN)},
    **{
        f"the largest number of {each} was not noted": MARKS.format(each)
        for each in ("connected_accounts", "commerce_customers")
    },
    **{
        f"a row of {each} without its event, or the other way round": SUBJECTS.format(each)
        for each in ("connection_requests", "people", "connected_accounts", "api_tokens", "connector_configs")
    },
}


async def broken(run: Run, *, is_file: bool) -> list[str]:
    """What does not hold of a store, in a sentence each.

    Args:
        run: runs statements in it.
        is_file: whether it is one of SQLite, which is asked about itself.
    """
    found = [f"{sentence}: {rows[:3]}" for sentence, sql in OF_A_STORE.items() if (rows := await run(sql))]
    counted = {tuple(each) for each in await run(_counted())}
    if different := counted ^ set(await run(STORED)):
        found.append(f"counters are not exact: {sorted(different)[:6]}")
    for table in SEARCHED:
        if wrong := await _wrong_words(run, table):
            found.append(f"words of {table.name} are not those of the rows: {sorted(wrong)[:6]}")
    if is_file:
        found += [f"SQLite: {each}" for each in await run("PRAGMA foreign_key_check")]
        found += [f"SQLite: {each}" for each in await run("PRAGMA integrity_check") if each != ("ok",)]
    return found


async def _wrong_words(run: Run, table: Table) -> set[tuple[str, str, str]]:
    """The words that rows are found by and do not have, and the other way round, each behind its row."""
    names = ", ".join(searched_names(table))
    rows = await run(f"SELECT organization_id, id, {names} FROM {table.name}")
    words = {(each[0], each[1], word) for each in rows for word in row_words(each[2:])}
    noted = await run(
        f"SELECT organization_id, row_id, word FROM search_words WHERE table_name = '{table.name}'"
    )
    return words ^ {(each[0], each[1], each[2]) for each in noted}


def _counted() -> str:
    """How many rows there are of each table that is counted, by what they are counted by."""
    parts = []
    for table in COUNTED:
        by = [name if name in table.c else "''" for name in ("kind", "status")]
        grouped = ", ".join(["organization_id", *(each for each in by if each != "''")])
        parts.append(
            f"SELECT organization_id, '{table.name}', {', '.join(by)}, count(*) FROM {table.name} GROUP BY {grouped}"
        )
    return " UNION ALL ".join(parts)
