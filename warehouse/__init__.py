"""DuckDB warehouse: migrations, views, the loader and the locked query runner."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.connect import open_published as open_published


def __getattr__(name: str) -> object:
    """`warehouse.open_published`, looked up when it is used, so that `import warehouse` costs nothing."""
    if name != "open_published":
        raise AttributeError(f"module 'warehouse' has no attribute {name!r}")
    from warehouse.connect import open_published

    return open_published
