"""Tells a user's mistake from the world's."""


def is_user_error(error: Exception) -> bool:
    """True for what a person can mend in the command line, a YAML or a file of theirs."""
    from datasets_cfg.config import ConfigError
    from judges.rubric import RubricError
    from tasks.schema import UserError
    from warehouse.home import WarehouseError

    return isinstance(error, UserError | ConfigError | RubricError | WarehouseError)
