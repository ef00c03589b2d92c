"""The first tables"""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attention',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('happened', sa.String(), nullable=False),
    sa.Column('not_done', sa.String(), nullable=False),
    sa.Column('command', sa.String(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('key')
    )
    with op.batch_alter_table('attention', schema=None) as batch_op:
        batch_op.create_index('attention_open', ['company', 'closed_at'], unique=False)

    op.create_table('calls',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('service', sa.String(), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reads', sa.Integer(), nullable=False),
    sa.Column('writes', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('company', 'service', 'hour')
    )
    op.create_table('companies',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('ledger_kind', sa.String(), nullable=False),
    sa.Column('tenant_id', sa.String(), nullable=False),
    sa.Column('processor_account', sa.String(), nullable=False),
    sa.Column('ledger_name', sa.String(), nullable=False),
    sa.Column('bound_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('company'),
    sa.UniqueConstraint('ledger_kind', 'tenant_id', name='one_company_per_books')
    )
    op.create_table('consents',
    sa.Column('entry', sa.Integer(), nullable=False),
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('wording', sa.String(), nullable=False),
    sa.Column('method', sa.String(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.String(), nullable=False),
    sa.Column('evidence', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('entry'),
    sa.UniqueConstraint('company', 'phone', 'state', 'source', name='one_consent_per_source')
    )
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.create_index('consents_phone', ['company', 'phone'], unique=False)

    op.create_table('cursors',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('company', 'name')
    )
    op.create_table('customers',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('customer_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('given_name', sa.String(), nullable=True),
    sa.Column('mobile', sa.String(), nullable=True),
    sa.Column('other_phone', sa.String(), nullable=True),
    sa.Column('phone', sa.String(), nullable=True),
    sa.Column('country', sa.String(), nullable=True),
    sa.Column('region', sa.String(), nullable=True),
    sa.Column('postal_code', sa.String(), nullable=True),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('markers', sa.String(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('company', 'customer_id')
    )
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.create_index('customers_phone', ['company', 'phone'], unique=False)

    op.create_table('effect_events',
    sa.Column('entry', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('before', sa.String(), nullable=True),
    sa.Column('after', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('request', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('entry')
    )
    with op.batch_alter_table('effect_events', schema=None) as batch_op:
        batch_op.create_index('effect_events_key', ['key'], unique=False)

    op.create_table('effects',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=True),
    sa.Column('purpose', sa.String(), nullable=True),
    sa.Column('step', sa.String(), nullable=True),
    sa.Column('request', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('slot', sa.Integer(), nullable=False),
    sa.Column('looks', sa.Integer(), nullable=False),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_by', sa.String(), nullable=True),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remote_id', sa.String(), nullable=True),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('key')
    )
    with op.batch_alter_table('effects', schema=None) as batch_op:
        batch_op.create_index('effects_due', ['company', 'status', 'priority', 'due_at'], unique=False)
        batch_op.create_index('effects_phone', ['company', 'phone', 'planned_at'], unique=False)
        batch_op.create_index('effects_subject', ['company', 'subject'], unique=False)

    op.create_table('hints',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('object_id', sa.String(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('raw', sa.String(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('worked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('company', 'event_id')
    )
    with op.batch_alter_table('hints', schema=None) as batch_op:
        batch_op.create_index('hints_unworked', ['company', 'worked_at'], unique=False)

    op.create_table('holds',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('scope', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('company', 'scope', 'subject')
    )
    op.create_table('inbound_texts',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('text_id', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('meaning', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('company', 'text_id')
    )
    with op.batch_alter_table('inbound_texts', schema=None) as batch_op:
        batch_op.create_index('inbound_phone', ['company', 'phone'], unique=False)

    op.create_table('links',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('link_id', sa.String(), nullable=False),
    sa.Column('ledger_id', sa.String(), nullable=False),
    sa.Column('url', sa.String(), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('texted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('company', 'link_id'),
    sa.UniqueConstraint('company', 'reference', name='one_link_per_reference')
    )
    with op.batch_alter_table('links', schema=None) as batch_op:
        batch_op.create_index('links_live', ['company', 'retired_at'], unique=False)
        batch_op.create_index('links_receivable', ['company', 'ledger_id'], unique=False)

    op.create_table('payments',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('payment_id', sa.String(), nullable=False),
    sa.Column('session_id', sa.String(), nullable=False),
    sa.Column('link_id', sa.String(), nullable=False),
    sa.Column('ledger_id', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('method', sa.String(), nullable=False),
    sa.Column('live', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('verdict', sa.String(), nullable=False),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('amount > 0', name='a_payment_is_more_than_nothing'),
    sa.PrimaryKeyConstraint('company', 'payment_id')
    )
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.create_index('payments_receivable', ['company', 'ledger_id'], unique=False)
        batch_op.create_index('payments_verdict', ['company', 'verdict'], unique=False)

    op.create_table('receivables',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('ledger_id', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=True),
    sa.Column('customer_id', sa.String(), nullable=False),
    sa.Column('customer_name', sa.String(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('promised_on', sa.Date(), nullable=True),
    sa.Column('sent_by_ledger', sa.Boolean(), nullable=True),
    sa.Column('payable_elsewhere', sa.Boolean(), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('admitted', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('review_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('company', 'ledger_id')
    )
    with op.batch_alter_table('receivables', schema=None) as batch_op:
        batch_op.create_index('receivables_customer', ['company', 'customer_id'], unique=False)
        batch_op.create_index('receivables_number', ['company', 'number'], unique=False)
        batch_op.create_index('receivables_review', ['company', 'review_at'], unique=False)
        batch_op.create_index('receivables_state', ['company', 'state'], unique=False)

    op.create_table('texts',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('text_id', sa.String(), nullable=False),
    sa.Column('effect_key', sa.String(), nullable=False),
    sa.Column('ledger_id', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('error_code', sa.String(), nullable=True),
    sa.Column('segments', sa.Integer(), nullable=True),
    sa.Column('price', sa.String(), nullable=True),
    sa.Column('price_currency', sa.String(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('looks', sa.Integer(), nullable=False),
    sa.Column('check_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('company', 'text_id'),
    sa.UniqueConstraint('company', 'effect_key', name='one_text_per_effect')
    )
    with op.batch_alter_table('texts', schema=None) as batch_op:
        batch_op.create_index('texts_check', ['company', 'check_at'], unique=False)
        batch_op.create_index('texts_phone', ['company', 'phone', 'sent_at'], unique=False)
        batch_op.create_index('texts_receivable', ['company', 'ledger_id'], unique=False)

    op.create_table('unreachable',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('company', 'phone')
    )


def downgrade() -> None:
    op.drop_table('unreachable')
    with op.batch_alter_table('texts', schema=None) as batch_op:
        batch_op.drop_index('texts_receivable')
        batch_op.drop_index('texts_phone')
        batch_op.drop_index('texts_check')

    op.drop_table('texts')
    with op.batch_alter_table('receivables', schema=None) as batch_op:
        batch_op.drop_index('receivables_state')
        batch_op.drop_index('receivables_review')
        batch_op.drop_index('receivables_number')
        batch_op.drop_index('receivables_customer')

    op.drop_table('receivables')
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_index('payments_verdict')
        batch_op.drop_index('payments_receivable')

    op.drop_table('payments')
    with op.batch_alter_table('links', schema=None) as batch_op:
        batch_op.drop_index('links_receivable')
        batch_op.drop_index('links_live')

    op.drop_table('links')
    with op.batch_alter_table('inbound_texts', schema=None) as batch_op:
        batch_op.drop_index('inbound_phone')

    op.drop_table('inbound_texts')
    op.drop_table('holds')
    with op.batch_alter_table('hints', schema=None) as batch_op:
        batch_op.drop_index('hints_unworked')

    op.drop_table('hints')
    with op.batch_alter_table('effects', schema=None) as batch_op:
        batch_op.drop_index('effects_subject')
        batch_op.drop_index('effects_phone')
        batch_op.drop_index('effects_due')

    op.drop_table('effects')
    with op.batch_alter_table('effect_events', schema=None) as batch_op:
        batch_op.drop_index('effect_events_key')

    op.drop_table('effect_events')
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.drop_index('customers_phone')

    op.drop_table('customers')
    op.drop_table('cursors')
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.drop_index('consents_phone')

    op.drop_table('consents')
    op.drop_table('companies')
    op.drop_table('calls')
    with op.batch_alter_table('attention', schema=None) as batch_op:
        batch_op.drop_index('attention_open')

    op.drop_table('attention')
