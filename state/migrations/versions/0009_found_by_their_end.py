"""Effects are found by when they were concluded, however many there are"""

from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('effects_finished', 'effects', ['company', 'finished_at'])


def downgrade() -> None:
    op.drop_index('effects_finished', 'effects')
