"""What the messaging service said of a number, so that it is asked once in 90 days"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('looked_up',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('line', sa.String(), nullable=False),
    sa.Column('reassigned', sa.Boolean(), nullable=True),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('company', 'phone')
    )


def downgrade() -> None:
    op.drop_table('looked_up')
