"""A payment link, a payment and a text may be for several receivables of one customer"""

import warnings

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import SAWarning


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

def upgrade() -> None:
    _key('links', ['company', 'link_id', 'ledger_id'])
    _key('payments', ['company', 'payment_id', 'ledger_id'])
    with op.batch_alter_table('links') as links:
        links.add_column(sa.Column('joint', sa.String(), nullable=True))
        links.drop_constraint('one_link_per_reference', type_='unique')
        links.create_unique_constraint('one_link_per_reference', ['company', 'reference', 'ledger_id'])
    with op.batch_alter_table('payments') as payments:
        payments.add_column(sa.Column('shared', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('payments') as payments:
        payments.alter_column('shared', server_default=None)
    op.add_column('effects', sa.Column('leader', sa.String(), nullable=True))
    op.add_column('effects', sa.Column('followers', sa.Integer(), nullable=True))
    op.create_index('effects_leader', 'effects', ['leader'])


def downgrade() -> None:
    op.drop_index('effects_leader', 'effects')
    with op.batch_alter_table('effects') as effects:
        effects.drop_column('followers')
        effects.drop_column('leader')
    # What an earlier version could not tell apart goes; a rebuild from the services brings back what it needs.
    op.execute("DELETE FROM links WHERE joint IS NOT NULL")
    op.execute("DELETE FROM payments WHERE shared")
    with op.batch_alter_table('payments') as payments:
        payments.drop_column('shared')
    with op.batch_alter_table('links') as links:
        links.drop_constraint('one_link_per_reference', type_='unique')
        links.create_unique_constraint('one_link_per_reference', ['company', 'reference'])
        links.drop_column('joint')
    _key('payments', ['company', 'payment_id'])
    _key('links', ['company', 'link_id'])


def _key(table: str, columns: list[str]) -> None:
    """Another primary key. SQLite can only write the table anew, with whatever else stands in it."""
    name = f'{table}_pkey'
    if op.get_bind().dialect.name == 'sqlite':
        with warnings.catch_warnings():
            # It says that the key is another one than the table had. That is the purpose.
            warnings.filterwarnings('ignore', message='.*specifies columns .* as primary_key=True', category=SAWarning)
            with op.batch_alter_table(table, recreate='always') as batch:
                batch.create_primary_key(name, columns)
    else:
        op.drop_constraint(name, table, type_='primary')
        op.create_primary_key(name, table, columns)
