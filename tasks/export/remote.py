"""Brings what was exported to an object store, or to anything else that fsspec writes to."""

from pathlib import Path

from tasks.schema import UserError


def upload(local: Path, url: str) -> None:
    """Copies a file to `url`, or a folder's files below it; s3:// wants the extra `s3` and the credentials of AWS.

    Each file is there whole or not at all, as its store promises. UserError where there is no such store or it refuses.
    """
    import fsspec

    files = sorted(path for path in local.rglob("*") if path.is_file()) if local.is_dir() else [local]
    try:
        system, place = fsspec.url_to_fs(url)
        for path in files:
            target = f"{place.rstrip('/')}/{path.relative_to(local)}" if local.is_dir() else place
            system.makedirs(system._parent(target), exist_ok=True)
            system.put_file(str(path), target)
    except Exception as error:  # every store raises errors of its own
        raise UserError(f"{url} cannot be written: {str(error).splitlines()[0] if str(error) else error!r}") from error
