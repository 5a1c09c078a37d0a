"""Believe a proposed plan only when the plan store has it: nobody could show another one.

The planner stores a plan in the transaction that announces it, so the plan is there before its
proposal. The store is not derived from the log and a rebuild does not touch it, so a rebuild gives
the same result.
"""

from collections.abc import Sequence

import asyncpg

from groupage.domain.rejections import RejectionCode
from groupage.store.plan_codec import digest_of
from processors.worker import dead_letters
from processors.worker.batch import PartitionBatch

_STORED = "select plan_id, body from public.plan where plan_id = any($1)"


async def quarantine_unknown_plans(parts: Sequence[PartitionBatch], pool: asyncpg.Pool) -> None:
    """Make dead letters of proposals whose plan is not stored; one query for all of them."""
    plan_ids = [proposal.plan_id for part in parts for proposal in part.proposals]
    if not plan_ids:
        return
    digests = {row[0]: digest_of(row[1]) for row in await pool.fetch(_STORED, plan_ids)}
    for part in parts:
        for proposal in part.proposals:
            stored = digests.get(proposal.plan_id)
            if stored and stored == proposal.digest:
                continue
            has = "no plan" if stored is None else f"another plan (digest {stored or 'missing'})"
            reason = (
                f"plan {proposal.plan_id} is proposed with digest {proposal.digest[:100]}; the "
                f"database has {has} with that id"
            )
            row = dead_letters.from_record(
                proposal.record, part, code=RejectionCode.PLAN_NOT_STORED, reason=reason
            )
            part.dead_letters.append(row)
            part.drop(proposal.record.offset)
