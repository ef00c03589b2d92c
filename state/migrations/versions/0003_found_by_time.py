"""Texts, attempts and the last consent are found by their time, however many there are"""

from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('texts_sent', 'texts', ['company', 'sent_at'])
    op.create_index('effects_claimed', 'effects', ['company', 'claimed_at'])
    op.create_index('consents_entry', 'consents', ['company', 'entry'])


def downgrade() -> None:
    op.drop_index('consents_entry', 'consents')
    op.drop_index('effects_claimed', 'effects')
    op.drop_index('texts_sent', 'texts')
