"""`babelgate serve`: show the front page and the reports on loopback, read-only."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8377, help="on 127.0.0.1; 0 takes a free one")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from tasks.report.serve import serving

    with serving(environment.home(), arguments.port) as server:
        print(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0
