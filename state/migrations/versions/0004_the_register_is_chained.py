"""Each entry of a company's consent register carries the hash of the one before it and of its own contents"""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# As it was when this was written, and not as `connector.domain.consent_chain` may be some day: these are the hashes of
# schema 1, and a test compares the two.
SCHEMA = 1
BEGINNING = '0' * 64
_NAMES = ('company', 'phone', 'state', 'method', 'recorded_by', 'wording', 'evidence', 'source')
_ROWS_AT_ONCE = 1_000


def upgrade() -> None:
    op.drop_index('consents_entry', 'consents')
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('place', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('previous_hash', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('entry_hash', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('entered_at', sa.DateTime(timezone=True), nullable=True))
    _chain()
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.alter_column('place', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('previous_hash', existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column('entry_hash', existing_type=sa.String(length=64), nullable=False)
        batch_op.create_unique_constraint('one_consent_per_place', ['company', 'place'])
        batch_op.create_unique_constraint('one_consent_follows_each', ['company', 'previous_hash'])


def downgrade() -> None:
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.drop_constraint('one_consent_follows_each', type_='unique')
        batch_op.drop_constraint('one_consent_per_place', type_='unique')
        batch_op.drop_column('entered_at')
        batch_op.drop_column('entry_hash')
        batch_op.drop_column('previous_hash')
        batch_op.drop_column('place')
    op.create_index('consents_entry', 'consents', ['company', 'entry'])


def _chain() -> None:
    connection = op.get_bind()
    consents = sa.table(
        'consents',
        sa.column('entry', sa.Integer()),
        *(sa.column(name, sa.String()) for name in _NAMES),
        sa.column('recorded_at', sa.DateTime(timezone=True)),
        sa.column('place', sa.Integer()),
        sa.column('previous_hash', sa.String()),
        sa.column('entry_hash', sa.String()),
    )
    given = (consents.c.entry, *(consents.c[name] for name in _NAMES), consents.c.recorded_at)
    chained = (
        sa.update(consents)
        .where(consents.c.entry == sa.bindparam('which'))
        .values({name: sa.bindparam(name) for name in ('place', 'previous_hash', 'entry_hash')})
    )
    tails: dict[str, tuple[int, str]] = {}
    last = 0
    while rows := connection.execute(
        sa.select(*given).where(consents.c.entry > last).order_by(consents.c.entry).limit(_ROWS_AT_ONCE)
    ).all():
        values = []
        for row in rows:
            place, previous = tails.get(row.company, (0, BEGINNING))
            own = _hash(row, place + 1, previous)
            values.append({'which': row.entry, 'place': place + 1, 'previous_hash': previous, 'entry_hash': own})
            tails[row.company] = (place + 1, own)
        connection.execute(chained, values)
        last = rows[-1].entry


def _hash(row: sa.Row[tuple[object, ...]], place: int, previous: str) -> str:
    at: datetime = row.recorded_at
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    values = {
        'schema': SCHEMA,
        'place': place,
        'previous': previous,
        'recorded_at': at.isoformat(timespec='microseconds'),
        'entered_at': None,
        **{name: getattr(row, name) for name in _NAMES},
    }
    spelt = json.dumps(values, sort_keys=True, separators=(',', ':'), ensure_ascii=True)
    return hashlib.sha256(spelt.encode()).hexdigest()
