"""One step of the pipeline a file: plain functions that need no server to be called or tested."""
