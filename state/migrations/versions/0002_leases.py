"""Who works on a company"""

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('leases',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('lineage', sa.String(), nullable=False),
    sa.Column('claim', sa.String(), nullable=True),
    sa.Column('before', sa.String(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('elsewhere', sa.String(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('company')
    )


def downgrade() -> None:
    op.drop_table('leases')
