"""What the owner said of notices before they went out; companies that texted before count as live"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# Whoever upgrades goes on: a company that has texted is live, and is told once that new ones begin otherwise. One that
# has never texted anybody begins in draft like a new one.
LIVE = """
INSERT INTO attention (key, company, subject, happened, not_done, command, opened_at)
SELECT company || '/live/0005', company, 'draft',
 company || ': this version of Duebird begins new companies in draft, where each text waits for your approval. '
 || 'This company has texted before, and counts as live: its texts go out as they did.',
 'Nothing was changed for it.',
 'duebird go-live ' || company || ' --back if you want to approve its texts; else close this item.',
 CURRENT_TIMESTAMP
FROM companies WHERE EXISTS (SELECT 1 FROM texts WHERE texts.company = companies.company)
"""
DRAFT = """
INSERT INTO holds (company, scope, subject, why, since)
SELECT company, 'draft', '*', 'no text had gone out before the version that begins in draft', CURRENT_TIMESTAMP
FROM companies WHERE NOT EXISTS (SELECT 1 FROM texts WHERE texts.company = companies.company)
"""


def upgrade() -> None:
    op.create_table(
        'approvals',
        sa.Column('entry', sa.Integer(), nullable=False),
        sa.Column('company', sa.String(), nullable=False),
        sa.Column('ledger_id', sa.String(), nullable=False),
        sa.Column('verdict', sa.String(), nullable=False),
        sa.Column('step', sa.String(), nullable=False),
        sa.Column('phone', sa.String(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.Column('currency', sa.String(length=3), nullable=False),
        sa.Column('body', sa.String(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('void', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('entry'),
    )
    op.create_index('approvals_receivable', 'approvals', ['company', 'ledger_id'])
    op.add_column('holds', sa.Column('until', sa.Date(), nullable=True))
    op.execute(LIVE)
    op.execute(DRAFT)


def downgrade() -> None:
    op.execute("DELETE FROM holds WHERE scope IN ('draft', 'dispute', 'promise', 'reply')")
    with op.batch_alter_table('holds') as holds:
        holds.drop_column('until')
    op.drop_index('approvals_receivable', 'approvals')
    op.drop_table('approvals')
