"""Report lines as lists: a fifth of what a submission takes on disk were the names of their fields."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Writes each line's values in the order of `normalising.report.Line`."""
    op.execute(
        """
        UPDATE submission SET report = (
            SELECT json_agg(json_build_array(
                line ->> 'field', line -> 'value', line -> 'raw', line ->> 'rule', line -> 'warning'
            ) ORDER BY place)
            FROM json_array_elements(report) WITH ORDINALITY AS written (line, place)
        )
        WHERE json_array_length(report) > 0
        """
    )
